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

  /** Takes the last of the items that are `item` out. @returns whether there was one. O(n). */
  remove(item: T): boolean {
    const kept = Array.from(this)
    const index = kept.lastIndexOf(item)
    if (index === -1) return false
    kept.splice(index, 1)
    this.items = new Array<T | undefined>(SMALLEST)
    this.head = this.size = 0
    for (const other of kept) this.push(other)
    return true
  }

  /** The items from front to back. */
  *[Symbol.iterator](): Generator<T> {
    for (let index = 0; index < this.size; index++) {
      yield this.items[(this.head + index) & (this.items.length - 1)] as T
    }
  }

  private resize(length: number): void {
    const items = new Array<T | undefined>(length)
    for (let index = 0; index < this.size; index++) {
      items[index] = this.items[(this.head + index) & (this.items.length - 1)]
    }
    this.items = items
    this.head = 0
  }
}
