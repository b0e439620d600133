import type { OptionNames } from '../checks/check-options.js'
import { badArgument } from '../checks/bad-argument.js'
import { misuse } from '../checks/errors.js'
import { Queue, type QueueOptions } from './queue.js'
import { show } from '../checks/show.js'
import type { Store } from './store.js'

/** Says which of two items comes out first: negative for `a`, positive for `b`, 0 for the one that was put first. */
export type Compare<T> = (a: T, b: T) => number

/** Options of a {@link PriorityQueue}. */
export interface PriorityQueueOptions<T> extends QueueOptions<T> {
  /** The order of the items; without it the lowest number, text, date or `[priority, ...]` comes first. */
  compare?: Compare<T> | undefined
}

/**
 * A queue that gives the lowest item first, and of equal ones the one that was put first. Putting and getting cost
 * O(log n). (gevent: `gevent.queue.PriorityQueue`.)
 *
 * ```ts
 * const tasks = new PriorityQueue<[number, string]>()
 * tasks.putNowait([2, 'sweep'])
 * tasks.putNowait([1, 'put out the fire'])
 * const [, task] = yield* tasks.get()                                  // 'put out the fire'
 *
 * const jobs = new PriorityQueue<Job>(100, { compare: (a, b) => a.due - b.due })
 * ```
 *
 * Without `compare`, arrays are compared element by element as far as their elements have an order; what follows the
 * priority in `[priority, job]` may be anything.
 */
export class PriorityQueue<T> extends Queue<T> {
  /**
   * @param maxSize how many items it holds at most; without one there is no limit.
   * @param options `compare`: the order of the items.
   */
  constructor(maxSize: number = Infinity, options: PriorityQueueOptions<T> = {}) {
    super(maxSize, options, new Heap<T>(orderOf(options)))
  }

  /** @internal */
  protected override get optionNames(): OptionNames {
    return priorityQueueOptionNames
  }
}

const priorityQueueOptionNames: OptionNames = { own: ['name', 'items', 'compare'] }

interface Order<T> {
  readonly compare: Compare<T>
  /** Refuses an item that cannot be compared. */
  check(item: T): void
}

function orderOf<T>({ compare }: PriorityQueueOptions<T>): Order<T> {
  if (compare === undefined) return { compare: compareDefault, check: checkComparable }
  if (typeof compare === 'function') return { compare: checked(compare), check: () => undefined }
  throw badArgument('new PriorityQueue(maxSize, { compare })', 'a function', compare)
}

function checked<T>(compare: Compare<T>): Compare<T> {
  return (a, b) => {
    const order = compare(a, b)
    if (typeof order === 'number' && !Number.isNaN(order)) return order
    throw misuse(
      new TypeError(
        `compare(a, b) of a PriorityQueue returned ${show(order)}; it must return a number: write (a, b) => a.due - b.due`,
      ),
    )
  }
}

function checkComparable(item: unknown): void {
  const priority: unknown = Array.isArray(item) ? item[0] : item
  if (rank(priority) !== undefined) return
  throw misuse(
    new TypeError(
      `PriorityQueue.put(${show(item)}): ${show(priority)} has no order. Put [priority, item], ` +
        'or make the queue with { compare: (a, b) => a.priority - b.priority }',
    ),
  )
}

/** The kind of values that `value` can be compared with; `undefined` when there are none. */
function rank(value: unknown): 'text' | 'number' | undefined {
  if (typeof value === 'string') return 'text'
  if (typeof value === 'bigint') return 'number'
  if (typeof value === 'number' || value instanceof Date) return Number.isNaN(value.valueOf()) ? undefined : 'number'
  return undefined
}

function compareDefault(a: unknown, b: unknown): number {
  if (typeof a === 'number' && typeof b === 'number') return compareSimple(a, b)
  const [left, right] = [Array.isArray(a) ? a : [a], Array.isArray(b) ? b : [b]]
  if (Array.isArray(a) !== Array.isArray(b) || rank(left[0]) !== rank(right[0])) throw notOfAKind(a, b)
  const length = Math.min(left.length, right.length)
  for (let index = 0; index < length; index++) {
    const kind = rank(left[index])
    if (kind === undefined || kind !== rank(right[index])) return 0
    const order = compareSimple(left[index] as number, right[index] as number)
    if (order !== 0) return order
  }
  return 0
}

// A difference would be NaN for two infinities.
function compareSimple(a: number, b: number): number {
  return a < b ? -1 : a > b ? 1 : 0
}

function notOfAKind(a: unknown, b: unknown): TypeError {
  return misuse(
    new TypeError(
      `PriorityQueue: ${show(a)} and ${show(b)} have no order. Put items of one kind, or make the queue with ` +
        '{ compare: (a, b) => a.priority - b.priority }',
    ),
  )
}

/** A binary heap. Nothing is changed before all that can throw (the user's comparison) is done. */
class Heap<T> implements Store<T> {
  readonly mayBePassed = true
  shifted = 0
  private readonly items: T[] = []
  private readonly numbers: number[] = []

  constructor(private readonly order: Order<T>) {}

  get size(): number {
    return this.items.length
  }

  push(item: T, number: number): void {
    this.order.check(item)
    this.restore(item, number)
  }

  shift(): T {
    const item = this.items[0]!
    const number = this.numbers[0]!
    this.removeAt(0)
    this.shifted = number
    return item
  }

  peek(): T {
    return this.items[0]!
  }

  restore(item: T, number: number): void {
    this.fill(this.rise(this.items.length, item, number), item, number)
  }

  withdraw(number: number): boolean {
    const index = this.numbers.indexOf(number)
    if (index === -1) return false
    this.removeAt(index)
    return true
  }

  // The last one goes where a place became free, and up or down from there.
  private removeAt(index: number): void {
    const last = this.items.length - 1
    if (index < last) {
      const item = this.items[last]!
      const number = this.numbers[last]!
      const path = this.sink(index, last, item, number)
      this.fill(path.length > 1 ? path : this.rise(index, item, number), item, number)
    }
    this.items.pop()
    this.numbers.pop()
  }

  /** The places from `index` upwards through which the item has to go. */
  private rise(index: number, item: T, number: number): number[] {
    const path = [index]
    while (index > 0) {
      const parent = (index - 1) >> 1
      if (!this.isBefore(item, number, parent)) break
      path.push((index = parent))
    }
    return path
  }

  /** The places from `index` downwards through which the item has to go, in a heap of `size` items. */
  private sink(index: number, size: number, item: T, number: number): number[] {
    const path = [index]
    for (let child = 2 * index + 1; child < size; child = 2 * index + 1) {
      if (child + 1 < size && this.isBefore(this.items[child + 1]!, this.numbers[child + 1]!, child)) child++
      if (this.isBefore(item, number, child)) break
      path.push((index = child))
    }
    return path
  }

  /** Moves what is on the path one place towards its beginning, and puts the item at its end. */
  private fill(path: readonly number[], item: T, number: number): void {
    const { items, numbers } = this
    for (let step = 0; step < path.length - 1; step++) {
      items[path[step]!] = items[path[step + 1]!]!
      numbers[path[step]!] = numbers[path[step + 1]!]!
    }
    items[path.at(-1)!] = item
    numbers[path.at(-1)!] = number
  }

  private isBefore(item: T, number: number, index: number): boolean {
    const order = this.order.compare(item, this.items[index]!)
    return order < 0 || (order === 0 && number < this.numbers[index]!)
  }
}
