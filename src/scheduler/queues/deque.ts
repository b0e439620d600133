/** The smallest buffer that is kept. */
const SMALLEST = 16

/**
 * A double-ended queue in a ring buffer. All operations are amortised O(1), and its memory follows the number of items
 * that it holds. (An array's `shift` is O(n); a linked list costs an object an item.)
 * @internal
 */
export class Deque<T> {
  size = 0
  private items: (T | undefined)[] = new Array<T | undefined>(SMALLEST)
  private head = 0

  /** Adds `item` at the back. */
  push(item: T): void {
    if (this.size === this.items.length) this.resize(this.size * 2)
    this.items[(this.head + this.size++) & (this.items.length - 1)] = item
  }

  /** Adds `item` at the front. */
  unshift(item: T): void {
    if (this.size === this.items.length) this.resize(this.size * 2)
    this.head = (this.head - 1) & (this.items.length - 1)
    this.items[this.head] = item
    this.size++
  }

  /** Takes the item at the front out; there must be one. */
  shift(): T {
    const { items, head } = this
    const item = items[head] as T
    items[head] = undefined
    this.head = (head + 1) & (items.length - 1)
    this.size--
    if (this.size < items.length >> 2 && items.length > SMALLEST) this.resize(items.length >> 1)
    return item
  }

  /** The item at the front; there must be one. */
  peek(): T {
    return this.items[this.head] as T
  }

  /** The item at `index`, counted from the front; there must be one. */
  at(index: number): T {
    return this.items[this.place(index)] as T
  }

  /** Puts `item` in so that it is the one at `index`. O(index): it is quick near the front. */
  insert(index: number, item: T): void {
    this.unshift(item)
    for (let at = 0; at < index; at++) this.items[this.place(at)] = this.items[this.place(at + 1)]
    this.items[this.place(index)] = item
  }

  /** Takes the item at `index` out. O(size - index): it is quick near the back. */
  remove(index: number): void {
    for (let at = index; at + 1 < this.size; at++) this.items[this.place(at)] = this.items[this.place(at + 1)]
    this.items[this.place(--this.size)] = undefined
  }

  /** The items from front to back. */
  *[Symbol.iterator](): Generator<T> {
    for (let index = 0; index < this.size; index++) {
      yield this.at(index)
    }
  }

  private place(index: number): number {
    return (this.head + index) & (this.items.length - 1)
  }

  private resize(length: number): void {
    const items = new Array<T | undefined>(length)
    for (let index = 0; index < this.size; index++) {
      items[index] = this.at(index)
    }
    this.items = items
    this.head = 0
  }
}
