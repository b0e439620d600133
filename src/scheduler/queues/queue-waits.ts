import type { NextItem } from '../waits/each.js'
import { notInGreenlet } from '../checks/not-driven.js'
import { Operation } from '../kernel/operation.js'
import { Wait, type WaitIterator } from '../kernel/wait.js'
import type { WaitOptions } from '../kernel/wait-options.js'
import type { Queue } from './queue.js'
import { thread } from '../kernel/thread.js'

/** `queue.put(item)`; once the item is in the queue, `detail` of the wait is its number. @internal */
export class Put<T> extends Operation<void> {
  constructor(
    private readonly queue: Queue<T>,
    readonly item: T,
    options: WaitOptions | undefined,
  ) {
    super(options)
  }

  // A put for which there is room is over at once, and needs no wait: it is its own iterator. That saves a sixth of what
  // passing an item on costs.
  override [Symbol.iterator](): WaitIterator<void> {
    const isPlain = this.options === undefined && this.queue.hasRoom && thread.hub.goesOn()
    return isPlain ? this : new Wait(this)
  }

  /** @internal */
  throw(error: unknown): never {
    throw error
  }

  /** @internal */
  return(): IteratorResult<never, void> {
    return over
  }

  /** @internal */
  next(): IteratorResult<never, void> {
    const { greenlet } = thread
    if (greenlet === null) throw notInGreenlet(this)
    greenlet.checkpoint()
    this.queue.putNowait(this.item)
    return over
  }

  beginWait(wait: Wait<void>): void {
    const { queue } = this
    if (queue.shutDown) {
      wait.reject(queue.shutDownError())
      return
    }
    const number = queue.offer(this.item)
    if (number !== 0) {
      wait.detail = number
      if (queue.maxSize === 0) wait.resolveLast()
      else wait.resolve()
      return
    }
    queue.putters.add(wait)
    // Those who only want to look can: the item of a putter that waits is next in a queue without room.
    if (queue.getters.first !== null) queue.serve()
  }

  cancelWait(wait: Wait<void>): void {
    this.queue.putters.remove(wait)
  }

  override undoWait(wait: Wait<void>): void {
    this.queue.withdraw(wait.detail as number)
  }

  override servesOthers(): boolean {
    return true
  }

  override describe(): string {
    return `${this.queue.toString()}.put`
  }
}

/** A call that waits until there is an item; begun a second time when there is, or when the queue is shut down. */
abstract class Taking<T, R> extends Operation<R> {
  constructor(
    protected readonly queue: Queue<T>,
    options: WaitOptions | undefined,
  ) {
    super(options)
  }

  beginWait(wait: Wait<R>): void {
    const { queue } = this
    if (queue.available) this.take(wait)
    else if (queue.shutDown) this.end(wait)
    else queue.getters.add(wait)
  }

  cancelWait(wait: Wait<R>): void {
    this.queue.getters.remove(wait)
  }

  override servesOthers(): boolean {
    return true
  }

  protected abstract take(wait: Wait<R>): void

  protected end(wait: Wait<R>): void {
    wait.reject(this.queue.shutDownError())
  }
}

/** `queue.get()`; `detail` of the wait is the number of the item that it took. @internal */
export class Get<T> extends Taking<T, T> {
  protected take(wait: Wait<T>): void {
    wait.resolve(this.queue.take(wait))
  }

  override undoWait(wait: Wait<T>, item: T): void {
    this.queue.giveBack(item, wait.detail as number)
  }

  override describe(): string {
    return `${this.queue.toString()}.get`
  }
}

/** `queue.peek()`. @internal */
export class Peek<T> extends Taking<T, T> {
  protected take(wait: Wait<T>): void {
    wait.resolve(this.queue.look())
  }

  override describe(): string {
    return `${this.queue.toString()}.peek`
  }
}

/** The next item of an iteration, which ends with the queue or when the iterator returns. */
class Next<T> extends Taking<T, IteratorResult<T, undefined>> {
  private returned = false

  override beginWait(wait: Wait<IteratorResult<T, undefined>>): void {
    if (this.returned) this.end(wait)
    else super.beginWait(wait)
  }

  protected take(wait: Wait<IteratorResult<T, undefined>>): void {
    wait.resolve({ done: false, value: this.queue.take(wait) })
  }

  protected override end(wait: Wait<IteratorResult<T, undefined>>): void {
    wait.resolve(over)
  }

  override undoWait(wait: Wait<IteratorResult<T, undefined>>, result: IteratorResult<T, undefined>): void {
    if (!result.done) this.queue.giveBack(result.value, wait.detail as number)
  }

  return(): void {
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
  private readonly item: Next<T>

  /** @internal */
  constructor(queue: Queue<T>) {
    this.item = new Next(queue, undefined)
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
    this.item.return()
    return Promise.resolve(over)
  }

  /** Itself, so that `for await` takes it. */
  [Symbol.asyncIterator](): this {
    return this
  }
}
