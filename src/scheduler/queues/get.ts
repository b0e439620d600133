import type { Wait } from '../kernel/wait.js'
import { TakeAttempt } from './hand-off.js'

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
