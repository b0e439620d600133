import { green, toOperation } from './call.js'
import type { Coroutine, Returned } from '../kernel/frames.js'
import type { Operation } from '../kernel/operation.js'
import { thread } from '../kernel/thread.js'

const shielded = green(function* shield(work: Operation<unknown>): Coroutine<unknown> {
  const interruptions = thread.greenlet!.ensureInterruptions()
  interruptions.shields++
  try {
    return yield* work
  } finally {
    interruptions.shields--
  }
})

/**
 * Holds kills and timeouts off until `work` is done: `yield* shield(connection.rollback())`. What came meanwhile is
 * raised at the next wait after it. Timeouts, `timeout` options and scopes that begin inside of it work as ever.
 *
 * @param work a function, or an operation, coroutine or promise.
 * @returns what `work` gives.
 * Cancel safety: it is not interrupted, so give `work` a limit of its own: `shield(withTimeout(1000, rollback()))`.
 * (Trio: `CancelScope(shield=True)`.)
 */
export function shield<W>(work: W): Operation<W extends () => infer R ? Returned<R> : Returned<W>> {
  return shielded(toOperation(work, 'shield(work)')) as never
}
