/**
 * Where a queue keeps its items, in the order in which they come out.
 *
 * Each item has a number, larger than those of all items that were pushed before it. By that number an item finds its
 * place again when it is given back (its getter was killed before seeing it), and is found when it is to be taken
 * out (its putter was killed before seeing that it went in). Two items may be equal; their numbers never are.
 */
export interface Store<T> {
  /** How many items there are. */
  readonly size: number
  /**
   * Whether an item that comes while the store is empty and something waits for it may go past the store. Leave it out
   * if `push` and `shift` do something of their own.
   */
  readonly mayBePassed?: boolean
  /** The number of the item that {@link Store.shift} gave last. */
  readonly shifted: number
  /** Adds an item. If it throws, nothing was added. */
  push(item: T, number: number): void
  /** Takes the next item out; there is one. If it throws, nothing was taken. */
  shift(): T
  /** The next item; there is one. */
  peek(): T
  /** Puts an item back that `shift` gave. */
  restore(item: T, number: number): void
  /** Takes the item of that number out, if it is still there. @returns whether it was. */
  withdraw(number: number): boolean
}
