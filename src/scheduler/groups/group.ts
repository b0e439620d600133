import { checkOptions, type OptionNames } from '../checks/check-options.js'
import { checkCount } from '../checks/check-count.js'
import { countWaiting } from '../checks/named.js'
import { badArgument } from '../checks/bad-argument.js'
import { misuse } from '../checks/errors.js'
import type { Returned } from '../kernel/frames.js'
import type { Operation } from '../kernel/operation.js'
import type { WaitOptions } from '../kernel/wait-options.js'
import { YieldableWait } from '../kernel/wait-iterator.js'
import { limited } from '../waits/with-timeout.js'
import { Greenlet } from '../greenlets/greenlet.js'
import { Results, type ImapOptions } from './imap-results.js'
import { readKill, type Kill } from '../greenlets/kill-options.js'
import { GroupCalls } from './group-calls.js'
import { JoinGroup, KillGroup } from './join-group.js'
import { Add, Spawn, Start, WaitForPlace } from './place-attempts.js'
import { Mapping } from './mapping-run.js'
import { applyIn, mapIn, type ApplyOptions } from './pool-mapping.js'
import { checkSource, type Source } from './source.js'

/** Options of {@link Group.join}. */
export interface JoinGroupOptions extends WaitOptions {
  /** Raise the error of the first that ended with one, when all have ended. */
  raiseError?: boolean | undefined
}

const imapOptionNames: OptionNames = { own: ['maxSize'] }

/** How a group stands, for monitoring and tests. */
export interface GroupStats {
  /** How many greenlets are in it. */
  size: number
  /** How many it takes at most. */
  maxSize: number
  /** How many more it takes now. */
  freeCount: number
  /** How many wait for a place. */
  waiting: number
  /** How many wait for its end. */
  joining: number
}

/**
 * Greenlets that belong together: they can be waited for and killed together. One that ends leaves the group at that
 * moment, before anybody who waits for it goes on. `Pool` is a group with a limit. (gevent: `gevent.pool.Group`.)
 *
 * ```ts
 * const group = new Group()
 * for (const url of urls) yield* group.spawn(download, url)
 * yield* group.join()
 * ```
 *
 * `for (const greenlet of group)` gives those that are in it now.
 */
export class Group extends GroupCalls {
  /**
   * Starts a greenlet in the group. In a pool it waits for a free place: places go to those who wait for one in the
   * order in which they came. Like every operation it does nothing unless it is waited for.
   *
   * @param options limits of the wait for a place, before the function: `pool.spawn({ timeout: 1000 }, fn)`.
   * @param fn as for `spawn`.
   * @throws Timeout when the time is up.
   * @returns the greenlet, as soon as it has its place: `const greenlet = yield* pool.spawn(fn)`. Outside of greenlets,
   *   `await pool.spawn(fn)` gives the greenlet's *value*, because a greenlet can be awaited itself.
   * Cancel safety: a spawn that was killed or timed out did not happen: its greenlet never runs, and the place goes to
   * the next.
   */
  spawn<A extends unknown[], R>(fn: (...args: A) => R, ...args: A): Operation<Greenlet<Returned<R>>>
  spawn<A extends unknown[], R>(
    options: WaitOptions,
    fn: (...args: A) => R,
    ...args: A
  ): Operation<Greenlet<Returned<R>>>
  spawn(...call: unknown[]): Operation<Greenlet> {
    const { options, fn, args } = this.readCall(call, 'spawn')
    return new Spawn(this, () => new Greenlet(fn, ...args), options)
  }

  /**
   * Starts a greenlet that was not started yet in the group, for a subclass of `Greenlet`. Otherwise as
   * {@link Group.spawn}; one that is killed while it waits for its place gives up waiting.
   *
   * @throws TypeError when the greenlet was started already; `Timeout` when the time is up.
   * Cancel safety: as for {@link Group.spawn}. A greenlet that had its place already is ended by it.
   */
  start<T>(greenlet: Greenlet<T>, options?: WaitOptions): Operation<Greenlet<T>> {
    this.checkGreenlet(greenlet, 'start')
    if (greenlet.state !== 'created') {
      throw misuse(
        new TypeError(`${this.toString()}.start(greenlet): it was started already; write group.add(greenlet)`),
      )
    }
    return new Start(this, greenlet, options)
  }

  /**
   * Takes in a greenlet that runs already; one that has ended, or is in it, changes nothing. It takes a place at once:
   * a pool may come to hold more than its size, and gives no places away until it holds less.
   *
   * @returns an operation that ends when the group holds no more than its size, for those who add running greenlets in
   *   a loop. It need not be waited for.
   * @throws Timeout when the time is up.
   * Cancel safety: an add whose wait was killed or timed out did not happen: the greenlet is let go, and runs on.
   */
  add(greenlet: Greenlet, options?: WaitOptions): Operation<void> {
    this.checkGreenlet(greenlet, 'add')
    return new Add(this, greenlet, options)
  }

  /**
   * Waits until there is a free place, and does not take it. In line with those who `spawn`: when its turn has come,
   * the place may go to the next in line before this greenlet does anything with it.
   *
   * @returns the number of free places; 0 when the time is up.
   * Cancel safety: it takes nothing.
   */
  waitAvailable(options?: WaitOptions): Operation<number> {
    return new WaitForPlace(this, options)
  }

  /**
   * Waits until the group is empty, which it may be for a moment only.
   *
   * @param options `raiseError`: raise, in the end or when the time is up, the error of the first that ended with one
   *   meanwhile.
   * @returns whether it was empty: `false` when the time is up.
   * Cancel safety: nothing is lost; the greenlets go on.
   */
  join(options: JoinGroupOptions = {}): Operation<boolean> {
    return new JoinGroup(this, options.raiseError === true, options)
  }

  /**
   * Kills all greenlets of the group at once, and those in line for a place, which never run: their spawners get them
   * as they are. What it returns can be waited for, until the group is empty; those that come into the group during
   * that wait are killed too.
   *
   * @param kill as for `greenlet.kill`: what to raise in them, a `GreenletExit` by default, and options.
   * @returns an operation that gives whether all have ended: `false` when its `timeout` is up.
   * Cancel safety: the kills were made when it was called.
   */
  kill(...kill: Kill): Operation<boolean> {
    const { error, grace, limits } = readKill(kill)
    const killing = new KillGroup(this, error, grace, limits)
    killing.killMembers()
    return killing
  }

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
    new YieldableWait(this.start(greenlet)).begin(greenlet)
    return greenlet
  }

  /**
   * Calls `fn(item)` for every item, each in a greenlet of the group, and waits for all.
   *
   * An error stops it: no further item is taken, the greenlets of later items are killed, those of earlier items go on.
   * gevent lets all of them run on, and so leaves greenlets behind whose results can reach nobody. When it is over,
   * none of its greenlets is left.
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
   * Leaving the loop early kills the greenlets that it started; `for await` waits for their cleanup too. An error of
   * the iterable itself comes after the results of all items before it.
   *
   * @param items an array, an iterable or an async iterable.
   * @param options `maxSize`: how many items may be taken whose results were not read yet. By default twice the size of
   *   the pool, and in a group without limit any number.
   * Cancel safety: a result that was not delivered because of a kill or a timeout comes with the following `next`.
   */
  imap<T, R>(fn: (item: T) => R, items: Source<T>, options: ImapOptions = {}): Results<Returned<R>> {
    return this.results(fn, items, options, true)
  }

  /** The same as `imap`, but gives the results in the order in which they come to be. */
  imapUnordered<T, R>(fn: (item: T) => R, items: Source<T>, options: ImapOptions = {}): Results<Returned<R>> {
    return this.results(fn, items, options, false)
  }

  /** Kills all and waits until they have ended, for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill()
  }

  /** How it stands: for monitoring and tests. */
  stats(): GroupStats {
    const { size, maxSize, freeCount, line, joins } = this
    return { size, maxSize, freeCount, waiting: line.size, joining: joins.size }
  }

  /** @internal */
  summary(): string {
    const { size, maxSize, waiting } = this.stats()
    return countWaiting(waiting, maxSize === Infinity ? String(size) : `${size} of ${maxSize}`)
  }

  private results<T, R>(
    fn: (item: T) => R,
    items: Source<T>,
    options: ImapOptions,
    ordered: boolean,
  ): Results<Returned<R>> {
    const where = ordered ? 'imap' : 'imapUnordered'
    this.checkMapping(fn, items, where)
    checkOptions(options, imapOptionNames)
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

  private checkGreenlet(greenlet: unknown, method: string): void {
    if (greenlet instanceof Greenlet) return
    throw badArgument(
      `${this.toString()}.${method}(greenlet)`,
      'a Greenlet',
      greenlet,
      'write group.spawn(fn, ...args) to start a function',
    )
  }
}
