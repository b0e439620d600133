import { misuse } from './errors.js'
import { Gathering, type Gathered } from './gathering.js'
import { Greenlet } from './greenlet.js'
import { Operation, type WaitOptions } from './operation.js'
import { show } from './show.js'

/** What {@link wait} and `iwait` take. */
export interface CountOptions extends WaitOptions {
  /** Be content with so many of them. */
  count?: number | undefined
}

/** What {@link joinAll} takes. */
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
 * @returns the greenlets that have ended, in the order in which they did; one that is listed twice is there twice.
 * @throws only what `raiseError` and `signal` bring. (gevent: `joinall`.)
 * Cancel safety: nothing is lost; the greenlets go on.
 */
export function joinAll<T>(greenlets: Iterable<Greenlet<T>>, options: JoinAllOptions = {}): Operation<Greenlet<T>[]> {
  const list = listOf(greenlets, 'joinAll')
  const goal = checkCount(options.count, list.length, 'joinAll')
  const { raiseError = false } = options
  return new Gathering(
    goal === 0 ? [] : list.map((greenlet) => greenlet.join()),
    {
      enough: (part, ended) => ended >= goal || (raiseError && !list[part.index]!.successful),
      result: ({ ended }) => {
        const finished = ended.map((part) => list[part.index]!)
        if (raiseError) {
          for (const greenlet of finished) {
            if (!greenlet.successful) throw greenlet.observe()
          }
        }
        return finished
      },
      partial: true,
    },
    options,
  )
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
  const list = Array.from(objects)
  const goal = checkCount(options.count, list.length, 'wait')
  return new Gathering(
    goal === 0 ? [] : list.map(readiness),
    {
      enough: (_part, ended) => ended >= goal,
      result: ({ ended }: Gathered) => ended.map((part) => list[part.index]!),
      partial: true,
    },
    options,
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
export function killAll(greenlets: Iterable<Greenlet>, error?: Error, options?: WaitOptions): Operation<boolean> {
  const list = listOf(greenlets, 'killAll')
  for (const greenlet of list) greenlet.kill(error)
  return new Gathering(
    list.map((greenlet) => greenlet.join()),
    { enough: () => false, result: () => list.every((greenlet) => greenlet.dead), partial: true },
    options,
  )
}

/** How to wait until `object` is ready. @internal */
export function readiness(object: Waitable): Operation<unknown> {
  if (object instanceof Greenlet) return object.join()
  if (object instanceof Operation) return object
  if (typeof (object as { wait?: unknown } | null)?.wait === 'function') return object.wait()
  throw misuse(
    new TypeError(
      `wait(objects): ${show(object)} cannot be waited for; ` +
        'pass greenlets, operations, or things with a method wait() like Event and Semaphore',
    ),
  )
}

function listOf<T>(greenlets: Iterable<Greenlet<T>>, where: string): Greenlet<T>[] {
  const list = Array.from(greenlets)
  const stranger = list.find((greenlet: unknown) => !(greenlet instanceof Greenlet))
  if (stranger === undefined) return list
  throw misuse(
    new TypeError(`${where}(greenlets): expected greenlets, got ${show(stranger)}; start each with spawn(fn, ...args)`),
  )
}

/** Checks a `count`, and limits it to what there is. @internal */
export function checkCount(count: number | undefined, available: number, where: string): number {
  if (count === undefined) return available
  if (Number.isInteger(count) && count >= 0) return Math.min(count, available)
  throw misuse(new RangeError(`${where}: { count } must be a whole number from 0, got ${show(count)}`))
}
