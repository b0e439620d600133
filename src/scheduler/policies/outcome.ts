import { call } from '../greenlets/call.js'
import { allSettled, type Settled } from '../waits/combinators.js'
import type { Coroutine } from '../kernel/frames.js'

/**
 * Runs `work` and returns how it ended.
 *
 * Only errors of the work itself are outcomes, its own timeouts among them. A kill, a timeout or an abort from further out
 * is raised here, where the caller waits, and cancels the work: a `catch` could not tell the two apart.
 * @internal
 */
export function* outcomeOf(work: () => unknown): Coroutine<Settled<unknown>> {
  const [outcome] = yield* allSettled([call(work)])
  return outcome
}
