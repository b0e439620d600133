import { call, until, withTimeout, type Coroutine } from '../scheduler/index.js'
import { outcomeOf } from '../scheduler/policies/outcome.js'
import { protect } from '../scheduler/waits/shield.js'

/** How long an answer of the engine is waited for when nobody wants it any more. */
const PATIENCE = 5000

/**
 * Waits for what an engine hands over. If that wait ends by a kill, it waits on until the engine has answered, and gives
 * back what came.
 *
 * @param asked the engine's answer.
 * @param giveBack what is done with an answer that nobody gets.
 * @param stop asks the engine to answer now.
 * @internal
 */
export function* receive<T>(
  asked: Promise<T>,
  giveBack: (value: T) => unknown,
  stop: () => unknown = () => undefined,
): Coroutine<T> {
  try {
    return yield* until(asked)
  } catch (error) {
    yield* protect(() => returnLate(asked, giveBack, stop))
    throw error
  }
}

function* returnLate<T>(asked: Promise<T>, giveBack: (value: T) => unknown, stop: () => unknown): Coroutine<void> {
  yield* outcomeOf(() => withTimeout(PATIENCE, stop))
  const outcome = yield* outcomeOf(() => withTimeout(PATIENCE, () => until(asked, { late: giveBack })))
  // Otherwise it failed, and nothing came; or it comes too late for anybody to wait for it.
  if (outcome.status === 'fulfilled') yield* call(giveBack, outcome.value as T)
}
