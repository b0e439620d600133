import { Event, getHub, until, withTimeout, type Coroutine } from '../../scheduler/index.js'
import { outcomeOf } from '../../scheduler/policies/outcome.js'
import { protect } from '../../scheduler/waits/shield.js'
import { answerOf, type Answer } from '../answer.js'
import type { StoreCalls } from './store.js'

/** How often one who waits asks again at least, in milliseconds: news may be missed. */
const LOOK = 1000
/** How long an answer is waited for when nobody wants it any more. */
const PATIENCE = 5000

/** One who waits for something that a store gives. @internal */
export interface Waiter<R> {
  readonly id: string
  /** How many milliseconds the store keeps the place in line for one that does not ask again. */
  readonly lease: number
  /** Asks for it. */
  ask(): Answer<R>
  /** The answer about a place that the store has given without being asked again. @param known when it was asked last. */
  given?(fence: number, known: number): R
  /** After how many milliseconds to ask again; `undefined` if it was given. */
  pauseAfter(answer: R): number | undefined
  /** Gives up, or gives back. */
  leave(): Answer<unknown>
}

/**
 * Waits until a store has given something.
 *
 * A store that cannot be reached at the beginning is an error at once; later it is asked again as long as it may keep the
 * place in line. After a kill there is neither a place in line nor anything else.
 *
 * @internal
 */
export function* waitInLine<R>(calls: StoreCalls, waiter: Waiter<R>): Coroutine<R> {
  const { id, lease } = waiter
  const woken = new Event()
  let stopWatching: (() => void) | undefined
  let asked: Answer<R> | undefined
  const ask = (): Coroutine<R> => answerOf((asked = waiter.ask()))
  const fences: number[] = []
  const watch = (): void => {
    stopWatching ??= calls.watch(id, (fence) => {
      if (fence !== undefined) fences.push(fence)
      woken.set()
    })
  }
  let isGiven = false
  try {
    // Otherwise a store opens a connection for it, which one that need not wait does without.
    if (calls.isWatching()) watch()
    let known = getHub().now()
    let answer = yield* withTimeout(lease, ask)
    for (;;) {
      const pause = waiter.pauseAfter(answer)
      if (pause === undefined) {
        isGiven = true
        return answer
      }
      watch()
      yield* woken.wait({ timeout: Math.min(pause, LOOK, lease / 3) })
      woken.clear()
      const fence = fences.pop()
      // Later the place may be another's by now.
      if (fence !== undefined && getHub().now() - known < lease && waiter.given !== undefined) {
        isGiven = true
        return waiter.given(fence, known)
      }
      const now = getHub().now()
      const outcome = yield* outcomeOf(() => withTimeout(lease, ask))
      if (outcome.status === 'fulfilled') {
        answer = outcome.value as R
        known = now
      } else if (getHub().now() - known >= lease) throw outcome.reason
    }
  } finally {
    stopWatching?.()
    if (!isGiven) yield* protect(() => withdraw(asked, waiter))
  }
}

/** Leaves when the store has answered: the two may go there by different ways. */
function* withdraw<R>(asked: Answer<R> | undefined, waiter: Waiter<R>): Coroutine<void> {
  if (asked instanceof Promise) {
    const late = (): unknown => waiter.leave()
    yield* outcomeOf(() => withTimeout(PATIENCE, () => until(asked, { late })))
  }
  yield* outcomeOf(() => withTimeout(PATIENCE, () => answerOf(waiter.leave())))
}
