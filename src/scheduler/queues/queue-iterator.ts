import type { Claim } from '../kernel/line.js'
import type { Operation } from '../kernel/operation.js'
import type { Wait } from '../kernel/wait.js'
import type { NextItem } from '../waits/each.js'
import { TakeAttempt, type HandOff } from './hand-off.js'

const over: IteratorReturnResult<undefined> = { done: true, value: undefined }

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
