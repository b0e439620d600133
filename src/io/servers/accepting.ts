import { thread } from '../../scheduler/kernel/thread.js'
import type { Coroutine } from '../../scheduler/kernel/frames.js'
import type { Operation } from '../../scheduler/kernel/operation.js'
import { sleep } from '../../scheduler/waits/sleep.js'
import { ClosedError } from '../net/socket-errors.js'
import type { WorkSource } from '../net/work-source.js'
import { isInterruption, type Handlers } from './handlers.js'

/** The pause, in milliseconds, after accepting failed; it doubles each time. (gevent's `min_delay`.) */
const SHORTEST_PAUSE = 10
/** As long as that it may get. (gevent's `max_delay`.) */
const LONGEST_PAUSE = 1000

/**
 * Accepts what comes from a source, as there are places for handlers, until the source is closed.
 *
 * @param admit passes on what was accepted; it gives `false` where that failed.
 * @param server named in reports of errors.
 * @internal
 */
export function* acceptFrom<T>(
  source: WorkSource<T>,
  handlers: Handlers,
  admit: (item: T) => Operation<unknown>,
  server: { toString(): string },
): Coroutine<void> {
  let pause = SHORTEST_PAUSE
  for (;;) {
    try {
      const place = handlers.untilPlace()
      if (place !== undefined) yield* place
      if (yield* admitOrDrop(source, yield* source.accept(), admit)) {
        pause = SHORTEST_PAUSE
        continue
      }
    } catch (error) {
      if (isInterruption(error)) throw error
      if (error instanceof ClosedError && source.closed) return
      thread.hub.reportFailure(`${server.toString()}: accepting failed; it tries again after a pause`, error)
    }
    yield* sleep(pause)
    pause = Math.min(2 * pause, LONGEST_PAUSE)
  }
}

/** Passes on what was accepted. One for whom that fails is let go, and reported. @returns whether that went well. */
function* admitOrDrop<T>(source: WorkSource<T>, item: T, admit: (item: T) => Operation<unknown>): Coroutine<boolean> {
  try {
    return (yield* admit(item)) !== false
  } catch (error) {
    if (isInterruption(error)) source.putBack(item)
    else source.drop(item)
    throw error
  }
}
