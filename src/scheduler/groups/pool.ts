import { checkCount } from '../checks/check-count.js'
import type { NamedOptions } from '../checks/named.js'
import { Group } from './group.js'

/**
 * A group that holds so many greenlets at most: `spawn` waits for a free place. A place is free at the moment when a
 * greenlet has ended, and goes straight to the greenlet that has waited for it longest. (gevent: `gevent.pool.Pool`.)
 *
 * ```ts
 * const pool = new Pool(10)
 * const pages = yield* pool.map(fetchPage, urls)      // ten at a time
 * ```
 *
 * A greenlet of the pool that spawns into the same pool while it is full waits for a place that may never become free,
 * if all its places are held by such greenlets. Give nested work a pool of its own; `apply` is safe.
 */
export class Pool extends Group {
  /**
   * @param size how many greenlets it holds at most; without it there is no limit. With 0, `spawn` waits for ever.
   * @throws RangeError when it is not a whole number from 0; TypeError when it is not a number.
   */
  constructor(size: number = Infinity, options?: NamedOptions) {
    super(options)
    checkCount(size, `new ${this.constructor.name}(size)`, 0, 'leave it out for no limit')
    this.limit = size
  }

  /**
   * How many greenlets it holds at most. Raising it lets those in that wait for a place; after lowering it nobody more
   * comes in until enough have ended.
   */
  override get maxSize(): number {
    return this.limit
  }

  override set maxSize(size: number) {
    checkCount(size, `${this.toString()}.maxSize`, 0, 'write Infinity for no limit')
    this.limit = size
    this.left()
  }
}
