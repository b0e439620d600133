import type { OptionNames } from '../checks/check-options.js'
import { checkCount } from '../checks/check-count.js'
import { badArgument } from '../checks/bad-argument.js'
import { ShutDown } from '../checks/state-errors.js'
import { Named, type NamedOptions } from '../checks/named.js'
import { Attempt, Line } from '../kernel/line.js'
import type { Operation } from '../kernel/operation.js'
import type { WaitOptions } from '../kernel/wait-options.js'
import { Deque } from './deque.js'
import { Subscription, type Feed } from './subscription.js'

/** Options of {@link Broadcast}. */
export interface BroadcastOptions extends NamedOptions {
  /**
   * The policy for a subscriber that falls behind by more items than are kept: `'drop'` (the default) drops the oldest, and
   * the subscriber gets {@link Lagged}; `'wait'` holds the senders.
   */
  overflow?: 'drop' | 'wait' | undefined
}

const broadcastOptionNames: OptionNames = { own: ['name', 'overflow'] }

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
  /** @internal */
  readonly putters: Line<void> = new Line<void>()
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
      throw badArgument('new Broadcast(capacity, { overflow })', "'drop' or 'wait'", overflow)
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
    if (!this.isReady) return false
    this.give(item)
    return true
  }

  /** Ends the broadcast: putters get `ShutDown` from now on, subscribers when they have seen all items. */
  shutdown(): void {
    this.closed = true
    this.putters.serve()
    for (const { line } of this.subscriptions) line.serve()
  }

  /** Returns a snapshot for monitoring and tests. */
  stats(): { size: number; capacity: number; subscribers: number; putters: number; shutDown: boolean } {
    const { kept, capacity, subscriptions, putters, closed } = this
    return { size: kept.size, capacity, subscribers: subscriptions.size, putters: putters.size, shutDown: closed }
  }

  /** @internal */
  protected override get optionNames(): OptionNames {
    return broadcastOptionNames
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

  /** Whether a put need not wait. @internal */
  get isReady(): boolean {
    return !this.waits || this.closed || this.kept.size < this.capacity || this.subscriptions.size === 0
  }

  /** Gives `item` to all subscriptions. @throws ShutDown. @internal */
  give(item: T): void {
    if (this.closed) throw this.shutDownError()
    if (this.subscriptions.size === 0) return
    if (this.kept.size >= this.capacity) this.drop()
    this.kept.push(item)
    for (const { line } of this.subscriptions) line.serve()
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
    this.putters.serve()
  }

  private drop(): void {
    this.kept.shift()
    this.first++
  }
}

class BroadcastPut<T> extends Attempt<void> {
  constructor(
    private readonly broadcast: Broadcast<T>,
    private readonly item: T,
    options: WaitOptions | undefined,
  ) {
    super(options)
  }

  get line(): Line {
    return this.broadcast.putters
  }

  isReady(): boolean {
    return this.broadcast.isReady
  }

  perform(): void {
    this.broadcast.give(this.item)
  }

  override describe(): string {
    return `${this.broadcast.toString()}.put`
  }
}
