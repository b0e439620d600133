import { toOperation, green } from '../greenlets/call.js'
import { badArgument } from '../checks/bad-argument.js'
import { GreenletExit, misuse } from '../checks/errors.js'
import type { Coroutine, Returned } from '../kernel/frames.js'
import { Invocation } from '../kernel/fiber/invocation.js'
import { Gathering, type Gathered, type Goal, type Part } from './gathering.js'
import type { Greenlet } from '../greenlets/greenlet.js'
import { arrayOf, joinAll, killAll } from './join.js'
import type { Operation } from '../kernel/operation.js'
import { YieldableWait } from '../kernel/wait-iterator.js'
import type { WaitOptions } from '../kernel/wait-options.js'
import { protect } from './shield.js'

/** The work that combinators wait for: an operation, a greenlet, a coroutine or a promise. */
export type Work<T = unknown> = Operation<T> | Generator<unknown, T, never> | PromiseLike<T>

type Values<W extends readonly unknown[]> = { -readonly [K in keyof W]: Returned<W[K]> }

/** The result of {@link allSettled} for each. */
export type Settled<T> = { status: 'fulfilled'; value: T } | { status: 'rejected'; reason: unknown }

/** The result of {@link select}: the name of the operation that took effect, and its value. */
export type Selected<O> = { [K in keyof O]: { name: K; value: Returned<O[K]> } }[keyof O]

/**
 * Waits for the first to end, and gives its value or raises its error. The others are cancelled before that.
 *
 * ```ts
 * const winner = yield* race([fetch(mirrorA), fetch(mirrorB)])
 * ```
 *
 * @param works operations, greenlets, coroutines or promises, begun in this order: the first that can go on at once
 * wins.
 *   Coroutines and green functions run in greenlets of their own, and those that lost are killed; a greenlet that lost
 *   goes on: it is somebody else's.
 * @returns the value of the first. Exactly one takes effect: no item, permit or connection is taken by the others.
 * @throws the first one's error; RangeError when there is none to wait for.
 * Cancel safety: all are cancelled, and what one had got already is handed on.
 */
export function race<W extends readonly Work[]>(works: W, options?: WaitOptions): Operation<Returned<W[number]>> {
  checkNotEmpty(works, 'race')
  return gather(
    'race',
    works,
    { exclusive: true, enough: () => true, result: ({ ended }) => valueOf(ended[0]!) },
    options,
  ) as never
}

/**
 * The same as {@link race}, with names: says which operation took effect.
 *
 * ```ts
 * const { name, value } = yield* select({ job: jobs.get(), stop: stopping.wait() })
 * ```
 *
 * @param works an object of operations, greenlets, coroutines or promises.
 * @returns the name and the value of the first. Exactly one takes effect. (Go: `select`, first come first served.)
 */
export function select<O extends Record<string, Work>>(works: O, options?: WaitOptions): Operation<Selected<O>> {
  if (typeof works !== 'object' || works === null) throw badArgument('select(works)', 'an object of operations', works)
  const names = Object.keys(works)
  checkNotEmpty(names, 'select')
  const result = ({ ended }: Gathered): unknown => ({ name: names[ended[0]!.index], value: valueOf(ended[0]!) })
  return gather('select', Object.values(works), { exclusive: true, enough: () => true, result }, options) as never
}

/**
 * Waits for all, and gives their values in the order of `works`. The first error cancels the others and is raised; what
 * those had got that had ended is handed on.
 *
 * @param works operations, greenlets, coroutines or promises; coroutines and green functions run in greenlets.
 * @throws the first error, after the others were cancelled and have cleaned up.
 * Cancel safety: all are cancelled, and what those had got that had ended is handed on.
 */
export function all<const W extends readonly Work[]>(works: W, options?: WaitOptions): Operation<Values<W>> {
  const goal: Goal<unknown> = {
    enough: (part) => part.failed,
    result: ({ parts, ended }) => {
      const failure = ended.find((part) => part.failed)
      return failure === undefined ? parts.map(valueOf) : valueOf(failure)
    },
  }
  return gather('all', listOf(works, 'all'), goal, options) as never
}

/**
 * Waits for the first that succeeds, and gives its value. The others are cancelled before that.
 *
 * @throws AggregateError of all errors, in the order of `works`, when none succeeds.
 * Cancel safety: as for {@link race}.
 */
export function any<W extends readonly Work[]>(works: W, options?: WaitOptions): Operation<Returned<W[number]>> {
  const goal: Goal<unknown> = {
    exclusive: true,
    enough: (part) => !part.failed,
    result: ({ parts, ended }) => {
      const success = ended.find((part) => !part.failed)
      if (success !== undefined) return success.value
      throw new AggregateError(
        parts.map((part) => part.value),
        'any(): none of the operations succeeded',
      )
    },
  }
  return gather('any', listOf(works, 'any'), goal, options) as never
}

/**
 * Waits until all have ended, well or not.
 *
 * @returns for each `{ status: 'fulfilled', value }` or `{ status: 'rejected', reason }`, in the order of `works`.
 * Cancel safety: as for {@link all}.
 */
export function allSettled<const W extends readonly Work[]>(
  works: W,
  options?: WaitOptions,
): Operation<{ -readonly [K in keyof W]: Settled<Returned<W[K]>> }> {
  const settled = (part: Part): Settled<unknown> =>
    part.failed ? { status: 'rejected', reason: part.value } : { status: 'fulfilled', value: part.value }
  const goal: Goal<unknown> = { enough: () => false, result: ({ parts }) => parts.map(settled) }
  return gather('allSettled', listOf(works, 'allSettled'), goal, options) as never
}

// Coroutines and green functions run in greenlets of their own here. Those that lost were killed at the moment when it
// was over; their cleanup may wait, and the result is not delivered before it is done. A waiter that is killed
// meanwhile never sees the result, so what it took is handed on; the kill too is not raised before the cleanup is done.
const gatherAndCleanUp = green(function* gather(gathering: Gathering<unknown>): Coroutine<unknown> {
  const wait = new YieldableWait<unknown, Gathered | undefined>(gathering)
  let failure: unknown
  let cleanedUp = false
  try {
    return yield* wait
  } catch (error) {
    failure = error
    throw error
  } finally {
    const gathered = wait.detail
    const running = runningOf(gathered)
    try {
      if (running.length > 0) {
        const killed = killAll(running)
        // A timeout that is up meanwhile does not take the place of a kill.
        yield* GreenletExit.isExit(failure) ? protect(killed) : killed
      }
      cleanedUp = true
    } finally {
      if (!cleanedUp) {
        gathered?.cancel(false)
        yield* protect(joinAll(running))
      }
    }
  }
})

function runningOf(gathered: Gathered | undefined): Greenlet[] {
  return (gathered?.parts ?? []).flatMap((part) => {
    const greenlet = part.operation instanceof Invocation ? part.operation.greenletOf(part) : undefined
    return greenlet === undefined || greenlet.dead ? [] : [greenlet]
  })
}

function gather(
  where: string,
  works: readonly unknown[],
  goal: Goal<unknown>,
  options: WaitOptions | undefined,
): Operation<unknown> {
  const operations = works.map((work) => toOperation(work, `${where}(works)`))
  const gathering = new Gathering(operations, goal, options)
  return operations.some((operation) => operation instanceof Invocation) ? gatherAndCleanUp(gathering) : gathering
}

function valueOf(part: Part): unknown {
  if (part.failed) throw part.value
  return part.value
}

function listOf(works: Iterable<unknown>, where: string): unknown[] {
  return arrayOf(works, `${where}(works)`, `${where}([a, b])`)
}

function checkNotEmpty(works: readonly unknown[], where: string): void {
  if (listOf(works, where).length > 0) return
  throw misuse(new RangeError(`${where}() of nothing would wait for ever: pass at least one operation`))
}
