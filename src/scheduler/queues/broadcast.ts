import { checkCount } from '../checks/check-count.js'
import { ShutDown, misuse } from '../checks/errors.js'
import { Named, type NamedOptions } from '../checks/named.js'
import { show } from '../checks/show.js'
import { WaitList } from '../kernel/line.js'
import { Operation } from '../kernel/operation.js'
import type { Wait } from '../kernel/wait.js'
import type { WaitOptions } from '../kernel/wait-options.js'
import { Deque } from './deque.js'
import { Subscription, type Feed } from './subscription.js'

/** Options of {@link Broadcast}. */
export interface BroadcastOptions extends NamedOptions {
  /**
   * What happens when a subscriber falls behind by more items than are kept: `'drop'` (the default) drops the oldest, and
   * the subscriber gets {@link Lagged}; `'wait'` holds the senders.
   */
  overflow?: 'drop' | 'wait' | undefined
}

/**
 * A channel on which every subscriber sees every item that is put after it subscribed. (tokio: `sync::broadcast`.)
 *
 * ```ts
 * const events = new Broadcast<string>(100)
 * spawn(function* () {
 *   using subscription = events.subscribe()
 *   for (;;) console.log(yield* subscription.get())
 * })
 * yield* events.put('started')
 * ```
 */
export class Broadcast<T> extends Named implements Feed<T> {
  private readonly kept = new Deque<T>()
  private readonly subscriptions = new Set<Subscription<T>>()
  private readonly putters = new WaitList<void>()
  private readonly waits: boolean
  private closed = false
  /** The number of the first item that is kept; items are counted from 0. */
  private first = 0

  /**
   * @param capacity how many items are kept for subscribers that have not seen them.
   * @throws TypeError, RangeError for options out of range.
   */
  constructor(
    /** How many items are kept for subscribers that have not seen them. */
    readonly capacity: number,
    options?: BroadcastOptions,
  ) {
    super(options)
    checkCount(capacity, 'new Broadcast(capacity)', 1)
    const overflow = options?.overflow ?? 'drop'
    if (overflow !== 'drop' && overflow !== 'wait') {
      throw misuse(
        new TypeError(`new Broadcast(capacity, { overflow }): expected 'drop' or 'wait', got ${show(overflow)}`),
      )
    }
    this.waits = overflow === 'wait'
  }

  /** Begins to receive the items that are put from now on; end it by `using`, or `close()`. */
  subscribe(): Subscription<T> {
    const subscription = new Subscription<T>(this, this.end)
    this.subscriptions.add(subscription)
    return subscription
  }

  /**
   * Gives an item to all subscribers; with `{ overflow: 'wait' }` it waits while the slowest has no room for it.
   *
   * @throws ShutDown after `shutdown()`; Timeout when the time is up.
   * Cancel safety: a put that was killed or timed out while it waited did not happen.
   */
  put(item: T, options?: WaitOptions): Operation<void> {
    return new BroadcastPut(this, item, options)
  }

  /**
   * Gives an item to all subscribers without waiting; it may be called from anywhere.
   *
   * @returns whether there was room: always, unless the broadcast is one that holds its senders.
   * @throws ShutDown after `shutdown()`.
   */
  putNowait(item: T): boolean {
    if (this.closed) throw this.shutDownError()
    return this.offer(item)
  }

  /** Ends the broadcast: putters get `ShutDown` from now on, subscribers when they have seen all items. */
  shutdown(): void {
    this.closed = true
    this.putters.drain((wait) => wait.reject(this.shutDownError()))
    for (const subscription of this.subscriptions) subscription.serve()
  }

  /** Returns a snapshot for monitoring and tests. */
  stats(): { size: number; capacity: number; subscribers: number; putters: number; shutDown: boolean } {
    const { kept, capacity, subscriptions, putters, closed } = this
    return { size: kept.size, capacity, subscribers: subscriptions.size, putters: putters.size, shutDown: closed }
  }

  /** @internal */
  summary(): string {
    return `${this.subscriptions.size} subscribers, ${this.kept.size} of ${this.capacity} items${this.closed ? ', shut down' : ''}`
  }

  /** The number of the next item that is put. @internal */
  get end(): number {
    return this.first + this.kept.size
  }

  /** @internal */
  get shutDown(): boolean {
    return this.closed
  }

  /** How many of the items from `number` on were dropped. @internal */
  droppedFrom(number: number): number {
    return Math.max(0, this.first - number)
  }

  /** The item of that number, which is kept. @internal */
  item(number: number): T {
    return this.kept.at(number - this.first)
  }

  /** @internal */
  shutDownError(): ShutDown {
    return new ShutDown(`${this.toString()} was shut down`)
  }

  private get hasRoom(): boolean {
    return !this.waits || this.kept.size < this.capacity || this.subscriptions.size === 0
  }

  /** Takes `item` in, if there is room. @internal */
  offer(item: T): boolean {
    if (this.subscriptions.size === 0) return true
    if (!this.hasRoom) return false
    if (this.kept.size >= this.capacity) this.drop()
    this.kept.push(item)
    for (const subscription of this.subscriptions) subscription.serve()
    return true
  }

  /** @internal */
  beginPut(wait: Wait<void>, item: T): void {
    if (this.closed) wait.reject(this.shutDownError())
    else if (this.putters.size === 0 && this.offer(item)) wait.resolve()
    else this.putters.add(wait)
  }

  /** @internal */
  cancelPut(wait: Wait<void>): void {
    this.putters.remove(wait)
  }

  /** A subscription has seen the item of that number. @internal */
  seen(number: number): void {
    if (number === this.first) this.dropSeen()
  }

  /** @internal */
  unsubscribe(subscription: Subscription<T>): void {
    if (this.subscriptions.delete(subscription)) this.dropSeen()
  }

  /** Drops the items that all subscriptions have seen, and lets putters in. */
  private dropSeen(): void {
    let seen = this.end
    for (const { next } of this.subscriptions) seen = Math.min(seen, next)
    while (this.first < seen) this.drop()
    // Out of the line first: a subscriber that takes the item at once makes room, which comes back to this place.
    while (this.putters.first !== null && this.hasRoom) {
      const wait = this.putters.shift()!
      this.offer((wait.operation as BroadcastPut<T>).item)
      wait.resolve()
    }
  }

  private drop(): void {
    this.kept.shift()
    this.first++
  }
}

class BroadcastPut<T> extends Operation<void> {
  constructor(
    private readonly broadcast: Broadcast<T>,
    readonly item: T,
    options: WaitOptions | undefined,
  ) {
    super(options)
  }

  beginWait(wait: Wait<void>): void {
    this.broadcast.beginPut(wait, this.item)
  }

  cancelWait(wait: Wait<void>): void {
    this.broadcast.cancelPut(wait)
  }

  override describe(): string {
    return `${this.broadcast.toString()}.put`
  }
}
