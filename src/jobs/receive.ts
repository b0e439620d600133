import { until, withTimeout, type Coroutine } from '../scheduler/index.js'
import { outcomeOf } from '../scheduler/policies/outcome.js'
import { protect } from '../scheduler/waits/shield.js'
import type { Engine, Held } from './engine.js'

/** How long an answer of the engine is waited for when nobody wants it any more. */
const PATIENCE = 5000

/**
 * Waits for jobs that an engine hands over. If that wait ends by a kill, it waits on until the engine has answered, and gives
 * back what came.
 *
 * @param asked the engine's answer, which comes soon.
 * @param stop asks the engine to answer now.
 * @internal
 */
export function* receive<H extends Held>(
  engine: Engine<H>,
  asked: Promise<H[]>,
  stop: () => unknown = () => undefined,
): Coroutine<H[]> {
  const giveBack = (late: H[]): Promise<unknown> =>
    Promise.all(late.map(async (held) => engine.giveBack(held, held.attempt - 1, 0)))
  try {
    return yield* until(asked)
  } catch (error) {
    yield* protect(function* () {
      stop()
      // If it failed, nothing came. What comes too late for anybody to wait for it goes back as well.
      const outcome = yield* outcomeOf(() => withTimeout(PATIENCE, () => until(asked, { late: giveBack })))
      if (outcome.status === 'fulfilled') {
        const held = outcome.value as H[]
        yield* outcomeOf(() => withTimeout(PATIENCE, () => until(giveBack(held))))
      }
    })
    throw error
  }
}
