import type { OptionNames } from '../checks/check-options.js'
import { badArgument } from '../checks/bad-argument.js'
import { misuse } from '../checks/errors.js'
import { Gathering, type Gathered } from './gathering.js'
import { Greenlet } from '../greenlets/greenlet.js'
import type { EndListener } from '../kernel/fiber/completion.js'
import { Operation } from '../kernel/operation.js'
import type { Wait } from '../kernel/wait.js'
import { checkWaitOptions, limitsOf, waitOptionsAnd, type WaitOptions } from '../kernel/wait-options.js'
import { readKill, type Kill } from '../greenlets/kill-options.js'
import { show } from '../checks/show.js'

/** Options of {@link wait} and `iwait`. */
export interface CountOptions extends WaitOptions {
  /** Be content with so many of them. */
  count?: number | null | undefined
}

/** Options of {@link joinAll}. */
export interface JoinAllOptions extends CountOptions {
  /** Raise the error of the first that ends with one. */
  raiseError?: boolean | undefined
}

/** Something that {@link wait} can wait for: an operation, or what has a method `wait()` (`Event`, `Semaphore`, …). */
export type Waitable = Operation<unknown> | { wait(): Operation<unknown> }

/**
 * Waits until all greenlets have ended.
 *
 * ```ts
 * const finished = yield* joinAll(urls.map((url) => spawn(download, url)), { timeout: 5000 })
 * ```
 *
 * @param greenlets any iterable of them.
 * @param options `count`: be content with so many; `raiseError`: raise the error of the first that ends with one (the
 *   others go on); `timeout`: milliseconds, after which it gives those that have ended by then.
 * @returns the greenlets that have ended, in the order in which they did; one that is listed twice is there twice. Of a
 *   list of known length it is as long, unless `count` or a time limit lets it be shorter.
 * @throws only what `raiseError` and `signal` bring. (gevent: `joinall`.)
 * Cancel safety: nothing is lost; the greenlets go on.
 */
export function joinAll<const L extends readonly Greenlet[]>(
  greenlets: L,
  options?: JoinAllOptions & { count?: undefined; timeout?: undefined },
): Operation<{ -readonly [K in keyof L]: L[number] }>
export function joinAll<G extends Greenlet>(greenlets: Iterable<G>, options?: JoinAllOptions): Operation<G[]>
export function joinAll<G extends Greenlet>(greenlets: Iterable<G>, options: JoinAllOptions = {}): Operation<G[]> {
  checkWaitOptions(options, joinAllOptionNames)
  const list = listOf(greenlets, 'joinAll')
  const goal = checkCount(options.count, list.length, 'joinAll')
  return new JoinAll(list, goal, options.raiseError === true, (finished) => finished, limitsOf(options))
}

/** @internal */
export const countOptionNames: OptionNames = waitOptionsAnd('count')
const joinAllOptionNames = waitOptionsAnd('count', 'raiseError')

class JoinAll<G extends Greenlet, R> extends Operation<R, Joining<G, R> | undefined> {
  constructor(
    readonly greenlets: readonly G[],
    readonly goal: number,
    readonly raiseError: boolean,
    readonly result: (finished: G[]) => R,
    options: WaitOptions | undefined,
  ) {
    super(options)
  }

  beginWait(wait: Wait<R, Joining<G, R> | undefined>): void {
    const joining = new Joining(this, wait)
    wait.detail = joining
    joining.begin()
  }

  cancelWait(wait: Wait<R, Joining<G, R> | undefined>): void {
    wait.detail?.stop()
  }

  override undoFailure(_wait: Wait<R, Joining<G, R> | undefined>, error: unknown): void {
    this.greenlets.find((greenlet) => greenlet.error === error)?.unobserve()
  }

  override expireWait(wait: Wait<R, Joining<G, R> | undefined>): void {
    wait.resolve(this.result(this.finished()))
  }

  /** Returns the greenlets that have ended, in the order in which they did, but no more than are asked for. */
  finished(): G[] {
    return inOrderOfEnd(this.greenlets.filter((greenlet) => greenlet.dead)).slice(0, this.goal)
  }

  override describe(): string {
    const left = this.greenlets.filter((greenlet) => !greenlet.dead)
    const more = left.length > 3 ? ` and ${left.length - 3} more` : ''
    return `the end of ${left.slice(0, 3).join(', ')}${more}`
  }

  override holders(): Iterable<Greenlet> {
    return this.greenlets.filter((greenlet) => !greenlet.dead)
  }
}

/**
 * One wait for a {@link JoinAll}: a single listener for all of its greenlets, which only counts them, since there may
 * be 100,000. In which order they ended they say themselves.
 */
class Joining<G extends Greenlet, R> implements EndListener {
  private missing: number
  private over = false

  constructor(
    private readonly operation: JoinAll<G, R>,
    private readonly wait: Wait<R>,
  ) {
    this.missing = operation.goal
  }

  begin(): void {
    const { greenlets, raiseError } = this.operation
    const failed = raiseError ? this.operation.finished().find((greenlet) => !greenlet.successful) : undefined
    if (failed !== undefined) this.fail(failed)
    else if (this.missing === 0) this.succeed()
    else for (const greenlet of greenlets) if (!this.over) this.join(greenlet)
  }

  private join(greenlet: G): void {
    if (greenlet.dead) this.greenletEnded(greenlet)
    else if (!greenlet.listen(this)) {
      greenlet.listen({
        greenletEnded: () => {
          this.greenletEnded(greenlet)
        },
      })
    }
  }

  greenletEnded(greenlet: Greenlet): void {
    if (this.over) return
    this.missing--
    if (this.operation.raiseError && !greenlet.successful) this.fail(greenlet)
    else if (this.missing === 0) this.succeed()
  }

  private fail(greenlet: Greenlet): void {
    this.stop()
    this.wait.reject(greenlet.observe())
  }

  private succeed(): void {
    this.stop()
    this.wait.resolve(this.operation.result(this.operation.finished()))
  }

  stop(): void {
    this.over = true
    const { greenlets, goal } = this.operation
    if (this.missing === 0 && goal === greenlets.length) return
    for (const greenlet of greenlets) greenlet.unlisten(this)
  }
}

/**
 * Waits until all objects are ready: greenlets have ended, an `Event` is set, a `Semaphore` can be acquired (it is not),
 * an operation is done.
 *
 * @param objects any iterable of operations, or of things with a method `wait()`.
 * @param options `count`: be content with so many; `timeout`: milliseconds, after which it gives those that are ready.
 * @returns the objects that are ready, in the order in which they came to be. What an operation gave, or the error that
 *   it raised, is not told: use `all` or `allSettled` for that. (gevent: `gevent.wait`.)
 * Cancel safety: that of the operations.
 */
export function wait<T extends Waitable>(objects: Iterable<T>, options: CountOptions = {}): Operation<T[]> {
  checkWaitOptions(options, countOptionNames)
  const list = byCompletion(waitablesOf(objects, 'wait'))
  const goal = checkCount(options.count, list.length, 'wait')
  return new Gathering(
    goal === 0 ? [] : list.map(readiness),
    {
      enough: (_part, ended) => ended >= goal,
      result: ({ ended }: Gathered) => ended.map((part) => list[part.index]!),
      partial: true,
    },
    limitsOf(options),
  )
}

/**
 * Kills all greenlets at once; what it returns can be waited for.
 *
 * @param greenlets any iterable of them; those that never ran end without running.
 * @param error what to raise in them, a `GreenletExit` by default.
 * @returns an operation that ends when all of them have: whether they did, `false` when its `timeout` is up.
 * Cancel safety: the kills were made when it was called.
 */
export function killAll(greenlets: Iterable<Greenlet>, ...kill: Kill): Operation<boolean> {
  const list = listOf(greenlets, 'killAll')
  const { error, grace, limits } = readKill(kill)
  for (const greenlet of list) greenlet.kill(error, grace === undefined ? undefined : { grace })
  return new JoinAll(list, list.length, false, () => list.every((greenlet) => greenlet.dead), limits)
}

/**
 * Puts the greenlets that have ended already in front, in the order in which they did: a script that awaits finds all of
 * them ended when their work was short.
 * @internal
 */
export function byCompletion<T>(objects: readonly T[]): readonly T[] {
  const ended = objects.filter((object) => object instanceof Greenlet && object.dead) as (T & Greenlet)[]
  if (ended.length === 0) return objects
  const left = objects.filter((object) => !(object instanceof Greenlet && object.dead))
  return [...inOrderOfEnd(ended), ...left]
}

function inOrderOfEnd<G extends Greenlet>(ended: G[]): G[] {
  let last = -1
  for (const { endedAs } of ended) {
    if (endedAs < last) return ended.sort((a, b) => a.endedAs - b.endedAs)
    last = endedAs
  }
  return ended
}

/** How to wait until `object` is ready. @internal */
export function readiness(object: Waitable): Operation<unknown> {
  if (object instanceof Greenlet) return object.join()
  return object instanceof Operation ? object : object.wait()
}

/** The objects as a list. @throws TypeError unless each can be waited for. @internal */
export function waitablesOf<T extends Waitable>(objects: Iterable<T>, where: string): T[] {
  const list = arrayOf(objects, `${where}(objects)`, `${where}([event, greenlet])`)
  const index = list.findIndex((object) => !canWaitFor(object))
  if (index === -1) return list
  throw misuse(
    new TypeError(
      `${where}(objects): ${show(list[index])} cannot be waited for; ` +
        'pass greenlets, operations, or things with a method wait() like Event and Semaphore',
    ),
  )
}

function canWaitFor(object: unknown): object is Waitable {
  return object instanceof Operation || typeof (object as { wait?: unknown } | null | undefined)?.wait === 'function'
}

/**
 * The items of a list. A single thing that can be waited for can be iterated, too, but not for that.
 * @throws TypeError when it is none.
 * @internal
 */
export function arrayOf<T>(objects: Iterable<T>, call: string, example: string): T[] {
  const { [Symbol.iterator]: iterate } = Object(objects) as Partial<Iterable<T>>
  if (typeof iterate === 'function' && !(objects instanceof Operation)) return [...objects]
  throw badArgument(call, 'an array', objects, `write ${example}`)
}

function listOf<G extends Greenlet>(greenlets: Iterable<G>, where: string): G[] {
  const list = arrayOf(greenlets, `${where}(greenlets)`, `${where}([greenlet])`)
  for (const greenlet of list as readonly unknown[]) {
    if (!(greenlet instanceof Greenlet))
      throw badArgument(`${where}(greenlets)`, 'greenlets', greenlet, 'start each with spawn(fn, ...args)')
  }
  return list
}

/** Checks a `count`, and limits it to what there is. @internal */
export function checkCount(count: number | null | undefined, available: number, where: string): number {
  if (count === undefined || count === null) return available
  if (Number.isInteger(count) && count >= 0) return Math.min(count, available)
  throw misuse(new RangeError(`${where}: { count } must be a whole number from 0, got ${show(count)}`))
}
