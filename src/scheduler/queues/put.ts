import { notDriven, notInGreenlet } from '../checks/not-driven.js'
import { Attempt, type Claim, type Line } from '../kernel/line.js'
import { thread } from '../kernel/thread.js'
import type { Wait } from '../kernel/wait.js'
import { YieldableWait, type WaitIterator } from '../kernel/wait-iterator.js'
import type { WaitOptions } from '../kernel/wait-options.js'
import type { HandOff, PutAttempt } from './hand-off.js'

const over: IteratorReturnResult<undefined> = { done: true, value: undefined }

/** `queue.put(item)`; once the item is in the queue, `detail` of the wait is its number. @internal */
export class Put<T> extends Attempt<void, number> implements PutAttempt<T>, WaitIterator<void> {
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
    return isQuick ? this : new YieldableWait<void, number>(this)
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
  override get givesWay(): boolean {
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
