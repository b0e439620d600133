import { call, green } from '../waits/call.js'
import { checkCount } from '../checks/check-count.js'
import { misuse } from '../checks/errors.js'
import { isCoroutine, type Body, type Coroutine, type Returned } from '../kernel/frames.js'
import { Greenlet } from './greenlet.js'
import { Results, type ImapOptions } from './imap-results.js'
import { checkSource, type Source } from './source.js'
import { Mapping } from './mapping-run.js'
import { Named } from '../checks/named.js'
import type { Operation } from '../kernel/operation.js'
import { Wait } from '../kernel/wait.js'
import type { WaitOptions } from '../kernel/wait-options.js'
import { protect } from '../waits/shield.js'
import { show } from '../checks/show.js'
import { thread } from '../kernel/thread.js'
import { limited } from '../waits/with-timeout.js'

/** What {@link Pool.applyAsync} takes. */
export interface ApplyOptions<T> {
  /** Spawned with the value when there is one; not after an error or a kill. */
  callback?: ((value: T) => unknown) | undefined
}

/** What may precede the function in a call. */
type CallOptions = ApplyOptions<unknown> & WaitOptions

/** What groups and pools do with functions, beyond spawning them. (gevent: `GroupMappingMixin`.) */
export abstract class Mapper extends Named {
  /** How many greenlets it takes at most. */
  abstract get maxSize(): number
  abstract has(greenlet: Greenlet): boolean
  abstract spawn<A extends unknown[], R>(fn: (...args: A) => R, ...args: A): Operation<Greenlet<Returned<R>>>
  abstract start<T>(greenlet: Greenlet<T>, options?: WaitOptions): Operation<Greenlet<T>>
  abstract waitAvailable(options?: WaitOptions): Operation<number>

  /**
   * Calls `fn(...args)` in a greenlet of the group and waits for what it returns. From a greenlet of the same group it
   * is called on the spot: waiting for a place would mean waiting for oneself.
   *
   * @param options limits, before the function: `pool.apply({ timeout: 1000 }, resize, image)`.
   * @throws what `fn` raises; `Timeout` when the time is up.
   * Cancel safety: a kill or timeout kills the greenlet that was started for it, and waits for its cleanup.
   */
  apply<A extends unknown[], R>(fn: (...args: A) => R, ...args: A): Operation<Returned<R>>
  apply<A extends unknown[], R>(options: WaitOptions, fn: (...args: A) => R, ...args: A): Operation<Returned<R>>
  apply(...call: unknown[]): Operation<unknown> {
    const { options, fn, args } = this.readCall(call, 'apply')
    return limited(applyIn(this, fn, args), options)
  }

  /**
   * Calls `fn(...args)` in a greenlet of the group and does not wait, not even for a place: the greenlet stands in line
   * for one, and starts when it has it.
   *
   * ```ts
   * const greenlet = pool.applyAsync(resize, image)
   * const other = pool.applyAsync({ callback: (size) => console.log(size) }, resize, otherImage)
   * ```
   *
   * @param options `callback`: spawned with the value, in a greenlet of its own; not after an error.
   * @returns the greenlet. Killing it takes it out of the line, too.
   */
  applyAsync<A extends unknown[], R>(fn: (...args: A) => R, ...args: A): Greenlet<Returned<R>>
  applyAsync<A extends unknown[], R>(
    options: ApplyOptions<Returned<R>>,
    fn: (...args: A) => R,
    ...args: A
  ): Greenlet<Returned<R>>
  applyAsync(...call: unknown[]): Greenlet {
    const { options, fn, args } = this.readCall(call, 'applyAsync')
    const greenlet = new Greenlet(fn, ...args)
    const callback = options?.callback
    if (callback !== undefined) {
      this.checkFunction(callback, 'applyAsync')
      greenlet.onEnded(() => {
        if (greenlet.successful && greenlet.killed === undefined) new Greenlet(callback, greenlet.value).start()
      })
    }
    new Wait(this.start(greenlet)).begin(greenlet)
    return greenlet
  }

  /**
   * Calls `fn(item)` for every item, each in a greenlet of the group, and waits for all.
   *
   * An error stops it: no further item is taken, the greenlets of later items are killed, those of earlier items go on.
   * gevent lets all of them run on, and so leaves greenlets behind whose results can reach nobody. When it is over, none
   * of its greenlets is left.
   *
   * @param fn as for `spawn`, but it gets one item.
   * @param items an array, an iterable or an async iterable. An item is taken when there is a place for it.
   * @param options limits for all of it.
   * @returns the results in the order of the items.
   * @throws the error of the first *item* that fails; those of other items that failed as well are reported; `Timeout`
   *   when the time is up.
   * Cancel safety: a kill or timeout kills its greenlets, and waits for their cleanup.
   */
  map<T, R>(fn: (item: T) => R, items: Source<T>, options?: WaitOptions): Operation<Returned<R>[]> {
    this.checkMapping(fn, items, 'map')
    return limited(mapIn(this, fn as (item: unknown) => unknown, items), options) as Operation<Returned<R>[]>
  }

  /**
   * Calls `fn(item)` for every item, each in a greenlet of the group, and gives the results one after another in the
   * order of the items. Items are taken as there is room for them, so that there can be any number.
   *
   * ```ts
   * for (const next of pool.imap(title, urls)) {
   *   const item = yield* next              // raises the error of this item; the loop can go on after it
   *   if (item.done) break
   *   console.log(item.value)
   * }
   * for await (const value of pool.imap(title, urls)) console.log(value)      // outside of greenlets
   * ```
   *
   * Leaving the loop early kills the greenlets that it started; `for await` waits for their cleanup too. An error of the
   * iterable itself comes after the results of all items before it.
   *
   * @param items an array, an iterable or an async iterable.
   * @param options `maxSize`: how many items may be taken whose results were not read yet. By default twice the size of
   *   the pool, and in a group without limit any number.
   * Cancel safety: a result that was not delivered because of a kill or a timeout comes with the following `next`.
   */
  imap<T, R>(fn: (item: T) => R, items: Source<T>, options: ImapOptions = {}): Results<Returned<R>> {
    return this.results(fn, items, options, true)
  }

  /** The same as {@link Pool.imap}, but gives the results in the order in which they come to be. */
  imapUnordered<T, R>(fn: (item: T) => R, items: Source<T>, options: ImapOptions = {}): Results<Returned<R>> {
    return this.results(fn, items, options, false)
  }

  private results<T, R>(
    fn: (item: T) => R,
    items: Source<T>,
    options: ImapOptions,
    ordered: boolean,
  ): Results<Returned<R>> {
    const where = ordered ? 'imap' : 'imapUnordered'
    this.checkMapping(fn, items, where)
    const { maxSize = Math.max(2 * this.maxSize, 1) } = options
    checkCount(maxSize, `${this.toString()}.${where}: { maxSize }`, 1, 'write Infinity for no limit')
    return new Results(() => new Mapping(this, fn as (item: unknown) => Returned<R>, items, { ordered, maxSize }))
  }

  private checkMapping(fn: unknown, items: unknown, method: string): void {
    if (typeof fn !== 'function' && typeof items === 'function') {
      throw misuse(
        new TypeError(`${this.toString()}.${method}: the function comes first; write group.${method}(fn, items)`),
      )
    }
    this.checkFunction(fn, method)
    checkSource(items, `${this.toString()}.${method}`)
  }

  /** Takes `(fn, ...args)` or `(options, fn, ...args)` apart. @throws TypeError unless `fn` is a function. */
  protected readCall(call: unknown[], method: string): { options: CallOptions | undefined; fn: Body; args: unknown[] } {
    const hasOptions = this.areOptions(call[0])
    const [fn, ...args] = hasOptions ? call.slice(1) : call
    this.checkFunction(fn, method)
    return { options: hasOptions ? (call[0] as CallOptions) : undefined, fn: fn as Body, args }
  }

  /** Whether what a call begins with are options, and not its function. */
  protected areOptions(first: unknown): boolean {
    return typeof first === 'object' && first !== null && !isCoroutine(first)
  }

  /** @throws TypeError unless `fn` is a function. */
  protected checkFunction(fn: unknown, method: string): void {
    if (typeof fn === 'function') return
    const call = `group.${method}(fn, ...args)`
    const message = isCoroutine(fn)
      ? `expected the generator function, got what it returned; write ${call}, not group.${method}(fn(...args))`
      : `expected a function, got ${show(fn)}; write ${call}`
    throw misuse(new TypeError(`${this.toString()}.${method}(fn): ${message}`))
  }
}

const applyIn = green(function* apply(group: Mapper, fn: Body, args: unknown[]): Coroutine<unknown> {
  if (thread.greenlet !== null && group.has(thread.greenlet)) return yield* call(fn, ...args)
  const greenlet = yield* group.spawn(fn, ...args)
  try {
    return yield* greenlet
  } finally {
    // Nothing that comes meanwhile takes the place of what ends this: it may be a kill.
    if (!greenlet.dead) yield* protect(greenlet.kill())
  }
})

const mapIn = green(function* map(group: Mapper, fn: Body, items: Source<unknown>): Coroutine<unknown[]> {
  const mapping = new Mapping<unknown>(group, fn, items, { ordered: true, maxSize: Infinity, stopOnError: true })
  const results: unknown[] = []
  try {
    for (;;) {
      const item = yield* mapping.next
      if (item.done) return results
      results.push(item.value)
    }
  } finally {
    yield* protect(mapping.close())
  }
})
