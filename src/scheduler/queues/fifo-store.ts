import { Deque } from './deque.js'
import type { Store } from './store.js'

/**
 * The items of a queue in the order of their numbers: first in, first out. As long as the numbers are consecutive, as
 * they are unless somebody was killed at a bad moment, only that of the first item is kept.
 * @internal
 */
export class FifoStore<T> implements Store<T> {
  readonly mayBePassed = true
  shifted = 0
  private readonly items = new Deque<T>()
  /** The number of the first item, if the others follow it without a gap. */
  private first = 0
  /** The number of each item, if they do not. */
  private numbers: Deque<number> | null = null

  get size(): number {
    return this.items.size
  }

  push(item: T, number: number): void {
    if (number !== this.first + this.size && this.numbers === null) {
      if (this.size === 0) this.first = number
      else this.numbers = this.listNumbers()
    }
    this.items.push(item)
    this.numbers?.push(number)
  }

  shift(): T {
    this.shifted = this.numbers === null ? this.first++ : this.numbers.shift()
    const item = this.items.shift()
    if (this.size === 0) this.numbers = null
    return item
  }

  peek(): T {
    return this.items.peek()
  }

  restore(item: T, number: number): void {
    this.numbers ??= this.listNumbers()
    let index = 0
    while (index < this.size && this.numbers.at(index) < number) index++
    this.items.insert(index, item)
    this.numbers.insert(index, number)
  }

  withdraw(number: number): boolean {
    this.numbers ??= this.listNumbers()
    let index = this.size - 1
    while (index >= 0 && this.numbers.at(index) > number) index--
    if (index < 0 || this.numbers.at(index) !== number) return false
    this.items.remove(index)
    this.numbers.remove(index)
    return true
  }

  private listNumbers(): Deque<number> {
    const numbers = new Deque<number>()
    for (let index = 0; index < this.size; index++) numbers.push(this.first + index)
    return numbers
  }
}
