// How an item gets from a putter to a getter, and why items have numbers.
//
// A queue is a store between two lines. Only one of the lines is in use at a time: a queue that holds something has no
// getters waiting, and one with room no putters. An item that comes while a getter waits goes straight to it, so that
// nobody can snatch it; otherwise it goes into the store, and the getters are served. Taking an item makes room, so the
// putters are served. A channel is a queue without room: it takes an item only when somebody wants to take it out.
//
// A getter may be killed after it was given an item and before it ran. Then the item has to go back to where it was, as
// if it had never been taken: to the front of a queue, the top of a stack, its place in a heap. A putter may be killed
// after its item went in and before it ran; then the item has to come out again, if nobody has it. Two items may be
// equal, and the queue has moved on meanwhile. So each item gets a number when it comes in. A store keeps its items in
// the order of their numbers (store.ts), and finds the place of an item, or the item itself, by its number.
//
//     put ──▶ number 7 ──▶ store ──▶ get          the wait of each keeps the number in its `detail`
//      │                               │
//      └─ killed: withdraw(7)          └─ killed: giveBack(item, 7)
//
// The numbers cost nothing where nobody is killed: a first-in first-out store of consecutive numbers keeps only the
// first one.
//
// Invariants
// - An item is in exactly one place: with its putter, in the store, or with its getter.
// - `unfinished` counts the items that were put and not dealt with; one that is withdrawn was never put.
// - Giving back may exceed `maxSize` for a moment: an item must not be lost because a putter was quick.
//
// Alternatives: putting back at the front (wrong for stacks and heaps, and for the second of two items that come
// back); finding an item by identity (numbers and equal texts have none); holding an item until its getter has run (a
// slow getter would stop the queue, and a dead one for ever).

import { ShutDown } from '../checks/state-errors.js'
import { Named, type NamedOptions } from '../checks/named.js'
import { Attempt, Line, type Claim } from '../kernel/line.js'
import type { WaitOptions } from '../kernel/wait-options.js'
import { Gate } from '../sync/gate.js'
import type { Store } from './store.js'

/**
 * The machine under a queue: a store, and a line at each end of it. `Queue` is its public face.
 * @internal
 */
export abstract class HandOff<T> extends Named {
  /** @internal */
  readonly getters: Line<unknown, number, TakeAttempt<T, unknown>> = new Line<
    unknown,
    number,
    TakeAttempt<T, unknown>
  >()
  /** @internal */
  readonly putters: Line<void, number, PutAttempt<T>> = new Line<void, number, PutAttempt<T>>()
  /** @internal */
  protected limit: number = Infinity
  /** @internal */
  protected closed = false
  private dropping = false
  private entered = 0
  /** @internal */
  protected unfinished = 0
  /** @internal */
  protected readonly finished: Gate = new Gate(this, true, 'join')
  // A getter is being served and the store is empty: it needs the item of a putter, room or not.
  private isTaking = false

  private readonly mayPassStore: boolean

  constructor(
    /** @internal */
    protected readonly store: Store<T>,
    options: NamedOptions | undefined,
  ) {
    super(options)
    this.mayPassStore = store.mayBePassed === true
  }

  /** @internal */
  get isChannel(): boolean {
    return this.limit === 0
  }

  /** How full it is, for people; empty if there is no limit. @internal */
  fill(): string {
    return this.limit === Infinity ? '' : `${this.store.size} of ${this.limit} items`
  }

  /** @internal */
  get shutDown(): boolean {
    return this.closed
  }

  /** @internal */
  shutDownError(): ShutDown {
    return new ShutDown(`${this.toString()} was shut down`)
  }

  /** Whether there is something to take or to look at. @internal */
  get available(): boolean {
    return this.store.size > 0 || this.putters.firstToServe !== null
  }

  /** Whether there is room for an item. @internal */
  get hasRoom(): boolean {
    return this.store.size < this.limit && !this.closed
  }

  /** Whether an item goes in at once. @internal */
  get accepts(): boolean {
    return this.store.size < this.limit || this.isTaking || this.isAwaited()
  }

  // Whether something waits to take an item, and not only to look at it.
  private isAwaited(): boolean {
    for (let wait = this.getters.first; wait !== null; wait = wait.after) {
      if (wait.operation.takes() && !wait.rival) return true
    }
    return false
  }

  // A queue with room has no putters waiting, and one that holds something no getters.
  /**
   * Takes in an item that it accepts. Where it would be the only one it goes straight to a waiter, which
   * saves an eighth of what passing it on costs; otherwise it goes into the store, and out of that to those who wait.
   * @returns its number.
   * @internal
   */
  offer(item: T): number {
    if (this.isTaking) {
      this.isTaking = false
      return this.enter(item)
    }
    const wait = this.getters.firstToServe
    if (wait !== null && wait.operation.takes() && this.mayPassStore && this.store.size === 0) {
      const number = this.count()
      this.getters.remove(wait)
      wait.detail = number
      wait.resolve(wait.operation.resultOf(item))
      return number
    }
    const number = this.enter(item)
    this.getters.serve()
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

  /** The next item. @internal */
  look(): T {
    return this.store.size > 0 ? this.store.peek() : this.putters.firstToServe!.operation.item
  }

  /** Takes the next item out, and leaves its number in `claim`. @internal */
  take(claim: { detail: number }): T {
    const { store, putters } = this
    if (store.size === 0) {
      this.isTaking = true
      putters.serve()
    }
    const item = store.shift()
    claim.detail = store.shifted
    putters.serve()
    return item
  }

  /** Takes back what `take` gave. @internal */
  giveBack(item: T, number: number): void {
    if (this.dropping) {
      this.settleOne()
      return
    }
    this.store.restore(item, number)
    this.getters.serve()
  }

  /** Takes the item of that number out again, unless somebody has it. @internal */
  withdraw(number: number): void {
    if (!this.store.withdraw(number)) return
    this.settleOne()
    this.putters.serve()
  }

  /** Lets nothing more in; with `dropping` nothing more out, either. @internal */
  protected close(dropping: boolean): void {
    this.closed = true
    this.dropping ||= dropping
    while (this.dropping && this.store.size > 0) {
      this.store.shift()
      this.settleOne()
    }
    this.putters.endAll((wait) => wait.reject(this.shutDownError()))
    this.getters.serve()
  }

  /** Notes that one item has been dealt with. @internal */
  protected settleOne(): void {
    if (this.unfinished > 0 && --this.unfinished === 0) this.finished.open()
  }
}

/** A call that puts an item in; once that is in the queue, `detail` of its wait is its number. @internal */
export interface PutAttempt<T> extends Attempt<void, number> {
  readonly item: T
}

/**
 * A call that waits until there is an item, or none will come; `detail` of the wait is the number of the one it took.
 * @internal
 */
export abstract class TakeAttempt<T, R> extends Attempt<R, number> {
  constructor(
    protected readonly queue: HandOff<T>,
    options: WaitOptions | undefined,
  ) {
    super(options)
  }

  get line(): Line {
    return this.queue.getters
  }

  /** Whether it takes the item out, and does not only look at it. */
  takes(): boolean {
    return true
  }

  isReady(): boolean {
    return this.queue.available || this.queue.shutDown
  }

  perform(claim: Claim<number>): R {
    const { queue } = this
    return queue.available ? this.resultOf(queue.take(claim)) : this.end()
  }

  /** Makes the result for an item. */
  abstract resultOf(item: T): R

  /** Makes the result when no item will come. */
  protected end(): R {
    throw this.queue.shutDownError()
  }

  override servesOthers(): boolean {
    return true
  }

  override subject(): object {
    return this.queue
  }
}
