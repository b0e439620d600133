import { green, toOperation } from '../greenlets/call.js'
import { forceIfOverdue } from '../kernel/fiber/kill-grace.js'
import type { Coroutine, Returned } from '../kernel/frames.js'
import type { Operation } from '../kernel/operation.js'
import { thread } from '../kernel/thread.js'

/**
 * Holds kills and timeouts off until `work` is done: `yield* shield(connection.rollback())`. What came meanwhile is
 * raised at the next wait after it, or when the next shield is entered, so that a loop of shields can be ended. In the
 * cleanup after a kill or timeout further shields are entered, so that every `finally` has its turn. Timeouts, `timeout`
 * options and scopes that begin inside of it work as ever.
 *
 * @param work a function, or an operation, coroutine or promise.
 * @returns what `work` gives.
 * Cancel safety: once begun it is not interrupted, so give `work` a limit of its own:
 * `shield(withTimeout(1000, rollback()))`. Put what belongs together into one shield. (Trio: `CancelScope(shield=True)`.)
 */
export function shield<W>(work: W): Operation<W extends () => infer R ? Returned<R> : Returned<W>> {
  return shielded(toOperation(work, 'shield(work)'), false) as never
}

/** Holds kills and timeouts off as {@link shield} does, for the library's own cleanup: `work` is begun whatever is pending. @internal */
export function protect<W>(work: W): Operation<W extends () => infer R ? Returned<R> : Returned<W>> {
  return shielded(toOperation(work, 'protect(work)'), true) as never
}

const shielded = green(function* shield(work: Operation<unknown>, isCleanup: boolean): Coroutine<unknown> {
  const greenlet = thread.greenlet!
  const interruptions = greenlet.ensureInterruptions()
  if (!isCleanup && !interruptions.unwinding) greenlet.checkpoint()
  if (interruptions.shields === 0) forceIfOverdue(greenlet, interruptions)
  interruptions.shields++
  try {
    return yield* work
  } finally {
    interruptions.shields--
  }
})
