import { Queue, type QueueOptions } from './queue.js'
import type { Store } from './store.js'

/**
 * A queue that gives the item that was put last. (gevent: `gevent.queue.LifoQueue`.)
 *
 * ```ts
 * const free = new LifoQueue<Connection>()      // the one that was used last is the warmest
 * ```
 */
export class LifoQueue<T> extends Queue<T> {
  /** @param maxSize how many items it holds at most; without one there is no limit. */
  constructor(maxSize: number = Infinity, options?: QueueOptions<T>) {
    super(maxSize, options, new Stack<T>())
  }
}

class Stack<T> implements Store<T> {
  readonly mayBePassed = true
  shifted = 0
  private readonly items: T[] = []
  private readonly numbers: number[] = []

  get size(): number {
    return this.items.length
  }

  push(item: T, number: number): void {
    this.items.push(item)
    this.numbers.push(number)
  }

  shift(): T {
    this.shifted = this.numbers.pop()!
    return this.items.pop()!
  }

  peek(): T {
    return this.items.at(-1)!
  }

  restore(item: T, number: number): void {
    const index = this.numbers.findLastIndex((other) => other < number) + 1
    this.items.splice(index, 0, item)
    this.numbers.splice(index, 0, number)
  }

  withdraw(number: number): boolean {
    const index = this.numbers.lastIndexOf(number)
    if (index === -1) return false
    this.items.splice(index, 1)
    this.numbers.splice(index, 1)
    return true
  }
}
