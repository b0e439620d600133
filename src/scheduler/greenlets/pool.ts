import { checkCount } from '../checks/check-count.js'
import { Group, type GroupStats } from './group.js'
import { Spawn } from './group-waits.js'
import type { NamedOptions } from '../checks/named.js'
import type { Wait } from '../kernel/wait.js'
import { WaitList } from '../kernel/line.js'

/**
 * A group that holds so many greenlets at most: `spawn` waits for a free place. A place is free at the moment when a
 * greenlet has ended, and goes straight to the one who has waited for it longest. (gevent: `gevent.pool.Pool`.)
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
  private readonly limit: number
  private readonly line = new WaitList<unknown>()
  private admitting = false

  /**
   * @param size how many greenlets it holds at most; without it there is no limit. With 0, `spawn` waits for ever.
   * @throws RangeError when it is not a whole number from 0; TypeError when it is not a number.
   */
  constructor(size: number = Infinity, options?: NamedOptions) {
    super(options)
    checkCount(size, `new ${this.constructor.name}(size)`, 0, 'leave it out for no limit')
    this.limit = size
  }

  /** How many greenlets it holds at most. */
  override get maxSize(): number {
    return this.limit
  }

  /** How many places are free. */
  override get freeCount(): number {
    return Math.max(this.limit - this.size, 0)
  }

  override stats(): GroupStats {
    return { ...super.stats(), waiting: this.line.size }
  }

  /** @internal */
  override claim(wait: Wait<unknown>): void {
    if (this.full) this.line.add(wait)
    else super.claim(wait)
  }

  /** @internal */
  override withdraw(wait: Wait<unknown>): void {
    this.line.remove(wait)
  }

  /** @internal */
  override takeInLine(): void {
    for (const wait of Array.from(this.line)) {
      if (!(wait.operation instanceof Spawn)) continue
      this.line.remove(wait)
      super.claim(wait)
    }
  }

  // Not within itself: a greenlet that is killed as it comes in leaves at once, and so may the next thousand.
  protected override left(): void {
    if (this.admitting) return
    this.admitting = true
    while (this.line.first !== null && !this.full) super.claim(this.line.shift()!)
    this.admitting = false
    super.left()
  }
}
