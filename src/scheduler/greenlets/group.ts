import { misuse } from '../checks/errors.js'
import type { Returned } from '../kernel/frames.js'
import { Greenlet } from './greenlet.js'
import type { EndListener } from '../kernel/fiber.js'
import { Add, Available, JoinGroup, KillGroup, Spawn, Start } from './group-waits.js'
import { readKill, type Kill } from './kill-options.js'
import { Mapper } from './pool-mapping.js'
import { countWaiting } from '../checks/named.js'
import type { Operation } from '../kernel/operation.js'
import type { Wait } from '../kernel/wait.js'
import type { WaitOptions } from '../kernel/wait-options.js'
import { show } from '../checks/show.js'
import { WaitList } from '../kernel/line.js'

/** What {@link Group.join} takes. */
export interface JoinGroupOptions extends WaitOptions {
  /** Raise the error of the first that ended with one, when all have ended. */
  raiseError?: boolean | undefined
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
export class Group extends Mapper implements EndListener {
  /** The waits for its end. @internal */
  readonly joins: WaitList<boolean> = new WaitList<boolean>()
  /** The waits of those who added more than it takes. @internal */
  readonly crowd: WaitList<void> = new WaitList<void>()
  private readonly members = new Set<Greenlet>()

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
    return Array.from(this.members).values()
  }

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
   * @returns an operation that ends when the group holds no more than its size, for those who add running greenlets in a
   *   loop. It need not be waited for.
   * @throws Timeout when the time is up.
   * Cancel safety: an add whose wait was killed or timed out did not happen: the greenlet is let go, and runs on.
   */
  add(greenlet: Greenlet, options?: WaitOptions): Operation<void> {
    this.checkGreenlet(greenlet, 'add')
    return new Add(this, greenlet, options)
  }

  /**
   * Lets a greenlet go, which runs on; its place is free.
   * @returns whether it was in the group. One that was not changes nothing.
   */
  discard(greenlet: Greenlet): boolean {
    if (!this.members.delete(greenlet)) return false
    greenlet.unlisten(this)
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
   * Kills all greenlets of the group at once, and those in line for a place, which never run: whoever spawned them gets
   * them as they are. What it returns can be waited for, until the group is empty; those that come into the group during
   * that wait are killed too.
   *
   * @param kill as for `greenlet.kill`: what to raise in them, a `GreenletExit` by default, and options.
   * @returns an operation that gives whether all have ended: `false` when its `timeout` is up.
   * Cancel safety: the kills were made when it was called.
   */
  kill(...kill: Kill): Operation<boolean> {
    const { error, options } = readKill(kill)
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

  /** @internal */
  summary(): string {
    const { size, maxSize, waiting } = this.stats()
    return countWaiting(waiting, maxSize === Infinity ? String(size) : `${size} of ${maxSize}`)
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

  /** @internal */
  greenletEnded(greenlet: Greenlet): void {
    if (!greenlet.successful && this.joins.first !== null) {
      for (const wait of this.joins) (wait.operation as JoinGroup).failed(wait, greenlet)
    }
    this.members.delete(greenlet)
    this.left()
  }

  /** A greenlet left. */
  protected left(): void {
    if (this.size <= this.maxSize) this.crowd.drain((wait) => wait.resolve())
    if (this.size > 0) return
    this.joins.drain((wait) => {
      ;(wait.operation as JoinGroup).finish(wait, true)
    })
  }

  /** Takes in a greenlet, whether there is a place or not. @returns whether it has come in. @internal */
  takeIn(greenlet: Greenlet): boolean {
    if (greenlet.dead || this.has(greenlet)) return false
    this.enter(greenlet)
    return true
  }

  /** Takes in all who wait to start a greenlet, whether there is a place or not: they are to be killed. @internal */
  takeInLine(): void {
    // Here nobody waits for a place.
  }

  /** Takes in a greenlet that has its place. */
  protected enter(greenlet: Greenlet): void {
    if (greenlet.dead) return
    const { size } = this.members
    // One look-up in place of two: a server does this for every request.
    if (this.members.add(greenlet).size === size) return
    greenlet.listen(this)
    if (this.joins.first === null) return
    for (const wait of this.joins) (wait.operation as JoinGroup).entered(greenlet)
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
