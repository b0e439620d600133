import { call, green } from './call.js'
import { misuse } from './errors.js'
import { isCoroutine, type Body, type Coroutine, type Returned } from './frames.js'
import { Available, Fits, JoinGroup, KillGroup, Spawn, Start } from './group-waits.js'
import { Greenlet } from './greenlet.js'
import { Results, type ImapOptions } from './imap.js'
import { checkSource, type Source } from './input.js'
import { Mapping } from './mapping.js'
import { Wait, type Operation, type WaitOptions } from './operation.js'
import { show } from './show.js'
import { thread } from './thread.js'
import { WaitList } from './wait-list.js'

/** What a group and a pool take on construction. */
export interface GroupOptions {
  /** For reports. */
  name?: string
}

/** What {@link Group.join} takes. */
export interface JoinGroupOptions extends WaitOptions {
  /** Raise the error of the first that ended with one, when all have ended. */
  raiseError?: boolean | undefined
}

/** What {@link Group.applyAsync} takes. */
export interface ApplyOptions<T> {
  /** Spawned with the value when there is one; not after an error. */
  callback?: ((value: T) => unknown) | undefined
}

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
export class Group {
  /** For reports. */
  readonly name: string
  /** The waits for its end. @internal */
  readonly joins: WaitList<boolean> = new WaitList<boolean>()
  /** The waits of those who added more than it takes. @internal */
  readonly crowd: WaitList<void> = new WaitList<void>()
  private readonly members = new Map<Greenlet, () => void>()

  constructor({ name = '' }: GroupOptions = {}) {
    this.name = name
  }

  /** How many greenlets are in it. */
  get size(): number {
    return this.members.size
  }

  /** How many greenlets it takes at most: in a group that is not a pool there is no limit. */
  get maxSize(): number {
    return Infinity
  }

  /** How many more greenlets it takes now. */
  get freeCount(): number {
    return Infinity
  }

  /** Whether it takes no more greenlets now. */
  get full(): boolean {
    return this.freeCount <= 0
  }

  /** Whether `greenlet` is in it. */
  has(greenlet: Greenlet): boolean {
    return this.members.has(greenlet)
  }

  /** Those that are in it now, in the order in which they came. */
  [Symbol.iterator](): IterableIterator<Greenlet> {
    return Array.from(this.members.keys()).values()
  }

  /**
   * Starts a greenlet in the group. In a pool it waits for a free place: places go to those who wait for one in the
   * order in which they came. Like every operation it does nothing unless it is waited for.
   *
   * @param fn as for `spawn`.
   * @returns the greenlet, as soon as it has its place: `const greenlet = yield* pool.spawn(fn)`. Outside of greenlets,
   *   `await pool.spawn(fn)` gives the greenlet's *value*, because a greenlet can be awaited itself.
   * Cancel safety: a spawn that was killed or timed out did not happen: its greenlet never runs, and the place goes to
   * the next.
   */
  spawn<A extends unknown[], R>(fn: (...args: A) => R, ...args: A): Operation<Greenlet<Returned<R>>> {
    this.checkFunction(fn, 'spawn')
    return new Spawn(this, () => new Greenlet<Returned<R>>(fn, ...args))
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
   * @returns an operation that ends when the group holds no more than its size, for those who add running greenlets in a
   *   loop. It need not be waited for.
   * Cancel safety: the greenlet is in the group as soon as this is called.
   */
  add(greenlet: Greenlet): Operation<void> {
    this.checkGreenlet(greenlet, 'add')
    this.enter(greenlet)
    return new Fits(this)
  }

  /**
   * Lets a greenlet go, which runs on; its place is free.
   * @returns whether it was in the group. One that was not changes nothing.
   */
  discard(greenlet: Greenlet): boolean {
    const forget = this.members.get(greenlet)
    if (forget === undefined) return false
    forget()
    this.members.delete(greenlet)
    this.left()
    return true
  }

  /**
   * Waits until there is a free place, and does not take it. In line with those who `spawn`: when its turn has come, the
   * place may go to the next in line before this greenlet does anything with it.
   *
   * @returns the number of free places; 0 when the time is up.
   * Cancel safety: it takes nothing.
   */
  waitAvailable(options?: WaitOptions): Operation<number> {
    return new Available(this, options)
  }

  /**
   * Calls `fn(...args)` in a greenlet of the group and waits for what it returns. From a greenlet of the same group it
   * is called on the spot: waiting for a place would mean waiting for oneself.
   *
   * @throws what `fn` raises.
   * Cancel safety: a kill or timeout kills the greenlet that was started for it, and waits for its cleanup.
   */
  apply<A extends unknown[], R>(fn: (...args: A) => R, ...args: A): Operation<Returned<R>> {
    this.checkFunction(fn, 'apply')
    return applyIn(this, fn as Body, args) as Operation<Returned<R>>
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
  applyAsync(first: unknown, ...rest: unknown[]): Greenlet {
    const hasOptions = typeof first === 'object' && first !== null && !isCoroutine(first)
    const [fn, ...args] = (hasOptions ? rest : [first, ...rest]) as [(...args: unknown[]) => unknown, ...unknown[]]
    this.checkFunction(fn, 'applyAsync')
    const greenlet = new Greenlet(fn, ...args)
    const { callback } = (hasOptions ? first : {}) as ApplyOptions<unknown>
    if (callback !== undefined) {
      this.checkFunction(callback, 'applyAsync')
      greenlet.linkValue(({ value }) => callback(value))
    }
    new Wait(new Start(this, greenlet)).begin(greenlet)
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
   * @returns the results in the order of the items.
   * @throws the error of the first *item* that fails; those of other items that failed as well are reported.
   * Cancel safety: a kill or timeout kills its greenlets, and waits for their cleanup.
   */
  map<T, R>(fn: (item: T) => R, items: Source<T>): Operation<Returned<R>[]> {
    this.checkMapping(fn, items, 'map')
    return mapIn(this, fn as (item: unknown) => unknown, items) as Operation<Returned<R>[]>
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

  /** The same as {@link Group.imap}, but gives the results in the order in which they come to be. */
  imapUnordered<T, R>(fn: (item: T) => R, items: Source<T>, options: ImapOptions = {}): Results<Returned<R>> {
    return this.results(fn, items, options, false)
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
   * Kills all greenlets of the group at once. What it returns can be waited for, until the group is empty; those that
   * come into the group during that wait are killed too.
   *
   * @param error what to raise in them, a `GreenletExit` by default.
   * @returns an operation that gives whether all have ended: `false` when its `timeout` is up.
   * Cancel safety: the kills were made when it was called.
   */
  kill(error?: Error, options?: WaitOptions): Operation<boolean> {
    const killing = new KillGroup(this, error, options)
    killing.killMembers()
    return killing
  }

  /** Kills all and waits until they have ended, for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill()
  }

  /** How it stands: for monitoring and tests. */
  stats(): GroupStats {
    const { size, maxSize, freeCount, joins } = this
    return { size, maxSize, freeCount, waiting: 0, joining: joins.size }
  }

  toString(): string {
    return this.name === '' ? this.constructor.name : `${this.constructor.name} ${JSON.stringify(this.name)}`
  }

  /** Gives `wait` its place, now or later. @internal */
  claim(wait: Wait<unknown>): void {
    if (!(wait.operation instanceof Spawn)) {
      wait.resolve(this.freeCount)
      return
    }
    const greenlet = wait.detail as Greenlet
    // In this order, so that whoever waits runs before the greenlet does, and can be killed before it ran.
    wait.resolve(greenlet)
    this.enter(greenlet)
    greenlet.start()
  }

  /** Takes a wait that has no place yet out of the line. @internal */
  withdraw(_wait: Wait<unknown>): void {
    // Here nobody waits for a place.
  }

  /** A greenlet left. */
  protected left(): void {
    if (this.size <= this.maxSize) this.crowd.drain((wait) => wait.resolve())
    if (this.size > 0) return
    this.joins.drain((wait) => {
      ;(wait.operation as JoinGroup).finish(wait, true)
    })
  }

  private enter(greenlet: Greenlet): void {
    if (greenlet.dead || this.members.has(greenlet)) return
    const forget = greenlet.onEnded(() => {
      this.ended(greenlet)
    })
    this.members.set(greenlet, forget)
    if (this.joins.first === null) return
    for (const wait of this.joins) (wait.operation as JoinGroup).entered(greenlet)
  }

  private ended(greenlet: Greenlet): void {
    if (!greenlet.successful && this.joins.first !== null) {
      for (const wait of this.joins) (wait.operation as JoinGroup).failed(wait, greenlet)
    }
    this.members.delete(greenlet)
    this.left()
  }

  private results<T, R>(
    fn: (item: T) => R,
    items: Source<T>,
    options: ImapOptions,
    ordered: boolean,
  ): Results<Returned<R>> {
    const where = ordered ? 'imap' : 'imapUnordered'
    this.checkMapping(fn, items, where)
    const maxSize = this.checkMaxSize(options.maxSize, where)
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

  private checkMaxSize(maxSize: number = Math.max(2 * this.maxSize, 1), method: string): number {
    if (maxSize === Infinity || (Number.isInteger(maxSize) && maxSize > 0)) return maxSize
    throw misuse(
      new RangeError(
        `${this.toString()}.${method}: { maxSize } must be a whole number from 1, got ${show(maxSize)}; ` +
          'write Infinity for no limit',
      ),
    )
  }

  private checkFunction(fn: unknown, method: string): void {
    if (typeof fn === 'function') return
    const call = `group.${method}(fn, ...args)`
    const message = isCoroutine(fn)
      ? `expected the generator function, got what it returned; write ${call}, not group.${method}(fn(...args))`
      : `expected a function, got ${show(fn)}; write ${call}`
    throw misuse(new TypeError(`${this.toString()}.${method}(fn): ${message}`))
  }

  private checkGreenlet(greenlet: unknown, method: string): void {
    if (greenlet instanceof Greenlet) return
    throw misuse(
      new TypeError(
        `${this.toString()}.${method}(greenlet): expected a Greenlet, got ${show(greenlet)}; ` +
          'write group.spawn(fn, ...args) to start a function',
      ),
    )
  }
}

// What `console.log` shows in Node: `<Pool "images" 3 of 10, 2 waiting>`. No declaration can have a method of that name.
Object.defineProperty(Group.prototype, Symbol.for('nodejs.util.inspect.custom'), {
  value(this: Group): string {
    const { size, maxSize, waiting } = this.stats()
    const limit = maxSize === Infinity ? '' : ` of ${maxSize}`
    return `<${this.toString()} ${size}${limit}${waiting === 0 ? '' : `, ${waiting} waiting`}>`
  },
})

const applyIn = green(function* apply(group: Group, fn: Body, args: unknown[]): Coroutine<unknown> {
  if (thread.greenlet !== null && group.has(thread.greenlet)) return yield* call(fn, ...args)
  const greenlet = yield* group.spawn(fn, ...args)
  try {
    return yield* greenlet
  } finally {
    if (!greenlet.dead) yield* greenlet.kill()
  }
})

const mapIn = green(function* map(group: Group, fn: Body, items: Source<unknown>): Coroutine<unknown[]> {
  const mapping = new Mapping<unknown>(group, fn, items, { ordered: true, maxSize: Infinity, stopOnError: true })
  const results: unknown[] = []
  try {
    for (;;) {
      const item = yield* mapping.next
      if (item.done) return results
      results.push(item.value)
    }
  } finally {
    yield* mapping.close()
  }
})
