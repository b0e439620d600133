import { checkCount } from '../checks/check-count.js'
import { Empty, Full, ShutDown, misuse } from '../checks/errors.js'
import { Gate } from '../sync/gate.js'
import { Line } from './fifo-store.js'
import { Named, type NamedOptions } from '../checks/named.js'
import { mayShareOperations, type Operation } from '../kernel/operation.js'
import type { Wait } from '../kernel/wait.js'
import type { WaitOptions } from '../kernel/wait-options.js'
import { Get, Peek, Put, QueueIterator } from './queue-waits.js'
import { show } from '../checks/show.js'
import type { Store } from './store.js'
import { WaitList } from '../kernel/line.js'

/** What a queue takes on construction. */
export type QueueOptions = NamedOptions

/**
 * A first-in first-out queue between greenlets. Getters and putters are served in the order in which they came; an item
 * goes straight to the getter who has waited longest, so that nobody can snatch it. (gevent: `gevent.queue.Queue`.)
 *
 * ```ts
 * const jobs = new Queue<string>(100)
 * spawn(function* () { for (;;) console.log(yield* jobs.get()) })
 * yield* jobs.put('hello')         // waits while there are 100
 * ```
 *
 * Until a queue is shut down, `for (const next of each(queue))` gives its items in a greenlet, and
 * `for await (const item of queue)` outside of greenlets.
 */
export class Queue<T> extends Named {
  /** @internal */
  readonly getters: WaitList<unknown> = new WaitList<unknown>()
  /** @internal */
  readonly putters: WaitList<void> = new WaitList<void>()
  private readonly getting = new Get(this, undefined)
  private limit: number
  private closed = false
  private dropping = false
  private entered = 0
  private unfinished = 0
  private readonly finished = new Gate(this, true, 'join')

  /**
   * @param maxSize how many items it holds at most; without one there is no limit.
   * @param store where the items are kept; for subclasses.
   * @throws TypeError, RangeError when `maxSize` is not a whole number from 1: a queue without room is a `Channel`.
   */
  constructor(
    maxSize: number = Infinity,
    options?: QueueOptions,
    private readonly store: Store<T> = new Line<T>(),
  ) {
    super(options)
    this.limit = this.checkLimit(maxSize)
  }

  /** How many items it holds. */
  get size(): number {
    return this.store.size
  }

  /** How many items it holds at most; raising it lets waiting putters in. */
  get maxSize(): number {
    return this.limit
  }

  set maxSize(maxSize: number) {
    this.limit = this.checkLimit(maxSize)
    this.admit()
  }

  /** Whether it holds no item. */
  get empty(): boolean {
    return this.store.size === 0
  }

  /** Whether it holds as many items as it may. */
  get full(): boolean {
    return this.store.size >= this.limit
  }

  /** How many items were put for which nobody has called {@link Queue.taskDone} yet. */
  get unfinishedTasks(): number {
    return this.unfinished
  }

  /**
   * Adds an item; waits while the queue is full.
   *
   * @throws ShutDown after `shutdown()`; Timeout when the time is up.
   * Cancel safety: a put that was killed or timed out did not happen, unless a getter has the item already.
   */
  put(item: T, options?: WaitOptions): Operation<void> {
    return new Put(this, item, options)
  }

  /**
   * Takes the next item out; waits while there is none.
   *
   * @throws ShutDown after `shutdown()`, when no item is left; Timeout when the time is up.
   * Cancel safety: no item is lost. One that was handed over already goes to the next getter, or back to its place,
   * for which the queue may grow beyond `maxSize` for a moment.
   */
  get(options?: WaitOptions): Operation<T> {
    return options === undefined && mayShareOperations() ? this.getting : new Get(this, options)
  }

  /** The next item, which stays in the queue; otherwise as {@link Queue.get}. */
  peek(options?: WaitOptions): Operation<T> {
    return new Peek(this, options)
  }

  /** Adds an item without waiting; it may be called from anywhere, a callback too. @throws Full, ShutDown. */
  putNowait(item: T): void {
    if (this.closed) throw this.shutDownError()
    if (this.offer(item) === 0) throw new Full(this.fullText())
  }

  /** Takes the next item out without waiting; it may be called from anywhere. @throws Empty, ShutDown. */
  getNowait(): T {
    this.checkAvailable()
    return this.take()
  }

  /** The next item, without waiting and without taking it out. @throws Empty, ShutDown. */
  peekNowait(): T {
    this.checkAvailable()
    return this.look()
  }

  /**
   * Notes that one item that was taken out has been dealt with, for {@link Queue.join}.
   * @throws RangeError when it was called for every item already.
   */
  taskDone(): void {
    if (this.unfinished === 0) {
      throw misuse(
        new RangeError(
          `${this.toString()}.taskDone(): it was called for every item that was ever put, so this call is one too ` +
            'many. Call it once for each item, when that is done: `try { … } finally { queue.taskDone() }`',
        ),
        'GVENT_TASK_DONE',
      )
    }
    this.settleOne()
  }

  /**
   * Waits until all items that were put have been dealt with: {@link Queue.taskDone} was called for each.
   *
   * @returns whether they have: `false` when the time is up.
   * Cancel safety: nothing is lost.
   */
  join(options?: WaitOptions): Operation<boolean> {
    return this.finished.wait(options)
  }

  /**
   * Ends the queue: putters get `ShutDown` from now on, getters when no item is left.
   *
   * @param options `immediate`: drop the items that are left, which then count as dealt with.
   */
  shutdown(options: { immediate?: boolean | undefined } = {}): void {
    if (typeof options !== 'object' || options === null) throw this.notOptions(options)
    this.closed = true
    this.dropping ||= options.immediate === true
    while (this.dropping && this.store.size > 0) {
      this.store.shift()
      this.settleOne()
    }
    this.putters.drain((wait) => wait.reject(this.shutDownError()))
    if (this.store.size > 0) return
    this.getters.drain((wait) => {
      wait.operation.beginWait(wait)
    })
  }

  /** How it stands: for monitoring and tests. */
  stats(): {
    size: number
    maxSize: number
    getters: number
    putters: number
    unfinishedTasks: number
    shutDown: boolean
  } {
    const { size, maxSize, getters, putters, unfinishedTasks, closed } = this
    return { size, maxSize, getters: getters.size, putters: putters.size, unfinishedTasks, shutDown: closed }
  }

  /** Gives the items until the queue is shut down and empty. */
  [Symbol.asyncIterator](): QueueIterator<T> {
    return new QueueIterator(this)
  }

  /** @internal */
  summary(): string {
    const room = this.limit === Infinity ? '' : ` of ${this.limit}`
    const parts = [`${this.size}${room} items`]
    if (this.putters.size > 0) parts.push(`${this.putters.size} putting`)
    if (this.getters.size > 0) parts.push(`${this.getters.size} getting`)
    if (this.closed) parts.push('shut down')
    return parts.join(', ')
  }

  protected checkLimit(maxSize: number): number {
    const where = `new ${this.constructor.name}(maxSize)`
    checkCount(maxSize, where, 1, 'leave it out for no limit, and take a Channel for a queue without room')
    return maxSize
  }

  protected fullText(): string {
    return `${this.toString()} is full: it holds ${this.size} items. Wait with \`yield* queue.put(item)\``
  }

  private checkAvailable(): void {
    if (this.available) return
    if (this.closed) throw this.shutDownError()
    throw new Empty(`${this.toString()} is empty. Wait with \`yield* queue.get()\``)
  }

  /** @internal */
  get shutDown(): boolean {
    return this.closed
  }

  /** @internal */
  shutDownError(): ShutDown {
    return new ShutDown(`${this.toString()} was shut down`)
  }

  /** Whether the next item goes in at once. @internal */
  get hasRoom(): boolean {
    return this.store.size < this.limit && !this.closed
  }

  /** Whether there is something to take or to look at. @internal */
  get available(): boolean {
    return this.store.size > 0 || this.putters.firstToServe !== null
  }

  // A queue with room has no putters waiting, and one that holds something no getters.
  /**
   * Takes `item` in. Where it would be the only one it goes straight to who waits for it, which saves an eighth of what
   * passing it on costs; otherwise it goes into the store, and out of that to those who wait.
   * @returns its number; 0 when there is no room.
   * @internal
   */
  offer(item: T): number {
    const wait = this.getters.firstToServe
    if (wait !== null && wait.operation instanceof Get && this.store.size === 0) {
      const number = this.count()
      this.getters.remove(wait)
      wait.detail = number
      wait.resolve(item)
      return number
    }
    if (this.store.size >= this.limit && !this.isAwaited()) return 0
    const number = this.enter(item)
    if (this.getters.first !== null) this.serve()
    return number
  }

  private enter(item: T): number {
    this.store.push(item, this.entered + 1)
    return this.count()
  }

  /** Counts an item that came in. @returns its number. */
  private count(): number {
    if (this.unfinished++ === 0) this.finished.close()
    return ++this.entered
  }

  /** Whether somebody waits to take an item, and not only to look at it. */
  private isAwaited(): boolean {
    for (let wait = this.getters.first; wait !== null; wait = wait.after) {
      if (!(wait.operation instanceof Peek) && !wait.rival) return true
    }
    return false
  }

  /** Gives what is there to those who wait for it. @internal */
  serve(): void {
    const { getters } = this
    let wait = getters.firstToServe
    while (wait !== null && this.available) {
      getters.remove(wait)
      wait.operation.beginWait(wait)
      // Nearly always nobody is left.
      wait = getters.first === null ? null : getters.firstToServe
    }
  }

  private admit(): void {
    for (let wait = this.putters.firstToServe; wait !== null; wait = this.putters.firstToServe) {
      if (this.store.size >= this.limit) return
      this.admitOne(wait)
    }
  }

  private admitOne(wait: Wait<void>): void {
    this.putters.remove(wait)
    try {
      wait.detail = this.enter((wait.operation as Put<T>).item)
    } catch (error) {
      // The items could not be compared: that is the putter's concern, not of whoever made room.
      wait.reject(error)
      return
    }
    wait.resolve()
  }

  /** The next item. @internal */
  look(): T {
    return this.store.size > 0 ? this.store.peek() : (this.putters.firstToServe!.operation as Put<T>).item
  }

  /** Takes the next item out; its number goes into `wait`. @internal */
  take(wait?: { detail: unknown }): T {
    const { store } = this
    if (store.size === 0) this.admitOne(this.putters.firstToServe!)
    const item = store.shift()
    if (wait !== undefined) wait.detail = store.shifted
    if (this.putters.first !== null) this.admit()
    return item
  }

  /** Takes back what `take` gave. @internal */
  giveBack(item: T, number: number): void {
    if (this.dropping) {
      this.settleOne()
      return
    }
    this.store.restore(item, number)
    this.serve()
  }

  /** Takes the item of that number out again, unless somebody has it. @internal */
  withdraw(number: number): void {
    if (!this.store.withdraw(number)) return
    this.settleOne()
    this.admit()
  }

  private settleOne(): void {
    if (this.unfinished > 0 && --this.unfinished === 0) this.finished.open()
  }

  private notOptions(options: unknown): TypeError {
    return misuse(
      new TypeError(
        `${this.toString()}.shutdown(options): expected options, got ${show(options)}; ` +
          'write shutdown({ immediate: true }) to drop the items that are left',
      ),
    )
  }
}
