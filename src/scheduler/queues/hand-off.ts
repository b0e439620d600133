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
import { notDriven, notInGreenlet } from '../checks/not-driven.js'
import { Named, type NamedOptions } from '../checks/named.js'
import { Attempt, Line, type Claim } from '../kernel/line.js'
import type { Operation } from '../kernel/operation.js'
import { thread } from '../kernel/thread.js'
import { Wait, type WaitIterator } from '../kernel/wait.js'
import type { WaitOptions } from '../kernel/wait-options.js'
import { Gate } from '../sync/gate.js'
import type { NextItem } from '../waits/each.js'
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
  readonly putters: Line<void, number, Put<T>> = new Line<void, number, Put<T>>()
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

  // Whether somebody waits to take an item, and not only to look at it.
  private isAwaited(): boolean {
    for (let wait = this.getters.first; wait !== null; wait = wait.after) {
      if (wait.operation.takes() && !wait.rival) return true
    }
    return false
  }

  // A queue with room has no putters waiting, and one that holds something no getters.
  /**
   * Takes in an item that it accepts. Where it would be the only one it goes straight to the one who waits for it, which
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

/** `queue.put(item)`; once the item is in the queue, `detail` of the wait is its number. @internal */
export class Put<T> extends Attempt<void, number> implements WaitIterator<void> {
  constructor(
    private readonly queue: HandOff<T>,
    readonly item: T,
    options: WaitOptions | undefined,
  ) {
    super(options)
  }

  get line(): Line {
    return this.queue.putters
  }

  isReady(): boolean {
    return this.queue.shutDown || this.queue.accepts
  }

  perform(claim: Claim<number>): void {
    const { queue } = this
    if (queue.shutDown) throw queue.shutDownError()
    claim.detail = queue.offer(this.item)
  }

  override beginWait(wait: Wait<void, number, this>): void {
    if (this.isReady()) {
      this.complete(wait)
      return
    }
    this.queue.putters.add(wait)
    // Those who only want to look can: the item of a putter that waits is next in a queue without room.
    this.queue.getters.serve()
  }

  // A put for which there is room is over at once, and needs no wait: it is its own iterator. That saves a sixth of what
  // passing an item on costs. For calls that mostly park it would cost more than it saves.
  override [Symbol.iterator](): WaitIterator<void> {
    const isQuick = this.options === undefined && this.queue.hasRoom && thread.hub.goesOn()
    return isQuick ? this : new Wait<void, number>(this)
  }

  /** @internal */
  next(): IteratorReturnResult<undefined> {
    const { greenlet } = thread
    if (greenlet === null) throw notInGreenlet(this)
    greenlet.checkpoint()
    if (!this.queue.hasRoom) throw notDriven(this)
    this.queue.offer(this.item)
    return over
  }

  /** @internal */
  throw(error: unknown): never {
    throw error
  }

  /** @internal */
  return(): IteratorReturnResult<undefined> {
    return over
  }

  // In a channel the getter continues before the putter does.
  override givesWay(): boolean {
    return this.queue.isChannel
  }

  override undoWait(wait: Wait<void, number>): void {
    this.queue.withdraw(wait.detail)
  }

  override servesOthers(): boolean {
    return true
  }

  override describe(): string {
    return `${this.queue.toString()}.put`
  }

  override subject(): object {
    return this.queue
  }

  override progress(): string {
    return this.queue.fill()
  }
}

/** A call that waits until there is an item, or none will come; `detail` of the wait is the number of the one it took. */
abstract class TakeAttempt<T, R> extends Attempt<R, number> {
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

/** `queue.get()`. @internal */
export class Get<T> extends TakeAttempt<T, T> {
  resultOf(item: T): T {
    return item
  }

  override undoWait(wait: Wait<T, number>, item: T): void {
    this.queue.giveBack(item, wait.detail)
  }

  override describe(): string {
    return `${this.queue.toString()}.get`
  }
}

/** `queue.peek()`. @internal */
export class Peek<T> extends TakeAttempt<T, T> {
  override takes(): boolean {
    return false
  }

  override perform(): T {
    return this.queue.available ? this.queue.look() : this.end()
  }

  resultOf(item: T): T {
    return item
  }

  override describe(): string {
    return `${this.queue.toString()}.peek`
  }
}

/** The next item of an iteration, which ends with the queue or when the iterator returns. */
class NextOfQueue<T> extends TakeAttempt<T, IteratorResult<T, undefined>> {
  private returned = false

  override isReady(): boolean {
    return this.returned || super.isReady()
  }

  override perform(claim: Claim<number>): IteratorResult<T, undefined> {
    return this.returned ? over : super.perform(claim)
  }

  resultOf(value: T): IteratorResult<T, undefined> {
    return { done: false, value }
  }

  protected override end(): IteratorResult<T, undefined> {
    return over
  }

  override undoWait(wait: Wait<IteratorResult<T, undefined>, number>, result: IteratorResult<T, undefined>): void {
    if (!result.done) this.queue.giveBack(result.value, wait.detail)
  }

  /** Ends the iteration, for those who wait for its next item too. */
  stop(): void {
    this.returned = true
    for (const wait of Array.from(this.queue.getters)) {
      if (wait.operation !== this) continue
      this.queue.getters.remove(wait)
      wait.resolve(over)
    }
  }

  override describe(): string {
    return `the next of ${this.queue.toString()}`
  }
}

const over: IteratorReturnResult<undefined> = { done: true, value: undefined }

/** The items of a queue until it is shut down and empty. */
export class QueueIterator<T> implements AsyncIterableIterator<T>, NextItem<T> {
  private readonly item: NextOfQueue<T>

  /** @internal */
  constructor(queue: HandOff<T>) {
    this.item = new NextOfQueue(queue, undefined)
  }

  /** The next item, for greenlets; `each` goes by it. Cancel safety: that of `queue.get()`. */
  nextItem(): Operation<IteratorResult<T, undefined>> {
    return this.item
  }

  /** The next item, for code outside of greenlets. */
  next(): Promise<IteratorResult<T, undefined>> {
    return this.item.then()
  }

  /** Ends the iteration; one who waits for its next item gets none. */
  return(): Promise<IteratorResult<T, undefined>> {
    this.item.stop()
    return Promise.resolve(over)
  }

  /** Itself, so that `for await` takes it. */
  [Symbol.asyncIterator](): this {
    return this
  }
}
