import { checkCount } from '../checks/check-count.js'
import type { OptionNames } from '../checks/check-options.js'
import { badArgument } from '../checks/bad-argument.js'
import { misuse } from '../checks/errors.js'
import { Empty, Full } from '../checks/state-errors.js'
import type { NamedOptions } from '../checks/named.js'
import { operationListener, type Operation } from '../kernel/operation.js'
import type { WaitOptions } from '../kernel/wait-options.js'
import { FifoStore } from './fifo-store.js'
import { Get, Peek } from './get.js'
import { HandOff } from './hand-off.js'
import { Put } from './put.js'
import { QueueIterator } from './queue-iterator.js'
import type { Store } from './store.js'

/** Options of a queue. */
export interface QueueOptions<T = unknown> extends NamedOptions {
  /** The first items. They are put as by `putNowait`. */
  items?: Iterable<T> | undefined
}

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
export class Queue<T> extends HandOff<T> {
  // It has no state of its own, so that all who get without options share one.
  private readonly getting = new Get(this, undefined)

  /**
   * @param maxSize how many items it holds at most; without one there is no limit.
   * @param store where the items are kept; for subclasses.
   * @throws TypeError, RangeError when `maxSize` is not a whole number from 1: a queue without room is a `Channel`.
   */
  constructor(maxSize: number = Infinity, options?: QueueOptions<T>, store: Store<T> = new FifoStore<T>()) {
    super(store, options)
    this.limit = this.checkLimit(maxSize)
    const items = options?.items
    if (items === undefined) return
    if (typeof (items as Partial<Iterable<T>> | null)?.[Symbol.iterator] !== 'function') {
      throw badArgument(`new ${this.constructor.name}(maxSize, { items })`, 'an iterable', items)
    }
    for (const item of items) this.putNowait(item)
  }

  /** @internal */
  protected override get optionNames(): OptionNames {
    return queueOptionNames
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
    this.putters.serve()
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
    return options === undefined && operationListener === null ? this.getting : new Get(this, options)
  }

  /** The next item, which stays in the queue; otherwise as {@link Queue.get}. */
  peek(options?: WaitOptions): Operation<T> {
    return new Peek(this, options)
  }

  /** Adds an item without waiting; it may be called from anywhere, a callback too. @throws Full, ShutDown. */
  putNowait(item: T): void {
    if (this.closed) throw this.shutDownError()
    if (!this.accepts) throw new Full(this.fullText())
    this.offer(item)
  }

  /** Takes the next item out without waiting; it may be called from anywhere. @throws Empty, ShutDown. */
  getNowait(): T {
    this.checkAvailable()
    return this.take({ detail: 0 })
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
          `${this.toString()}.taskDone(): it was already called once for each item, so this call is one too ` +
            'many. Call it once for each item, when the item is done: `try { … } finally { queue.taskDone() }`',
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
    this.close(options.immediate === true)
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
    checkCount(maxSize, where, 1, 'leave it out for no limit, and use a Channel for a queue without a buffer')
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

  private notOptions(options: unknown): TypeError {
    return badArgument(`${this.toString()}.shutdown(options)`, 'options', options)
  }
}

const queueOptionNames: OptionNames = { own: ['name', 'items'] }
