import { randomUUID } from 'node:crypto'
import { badArgument, outOfRange } from '../../scheduler/checks/bad-argument.js'
import { checkCount } from '../../scheduler/checks/check-count.js'
import { checkDuration } from '../../scheduler/checks/check-duration.js'
import { checkOptions } from '../../scheduler/checks/check-options.js'
import { call, withTimeout, type Coroutine, type Operation, type WaitOptions } from '../../scheduler/index.js'
import { checkWaitOptions, waitOptionNames } from '../../scheduler/kernel/wait-options.js'
import { checkFleet } from './remote-semaphore.js'
import type { Bucket, FleetStore } from './store.js'
import { waitInLine } from './wait-in-line.js'

/** Options of {@link RemoteRateLimiter}. */
export interface RemoteRateLimiterOptions {
  /** How many tokens there are in a period. */
  limit: number
  /** The period in milliseconds; 1000 by default. */
  per?: number | undefined
  /** How many tokens there are at most at one moment, after a time without use; `limit` by default. */
  burst?: number | undefined
}

/** How many milliseconds the place in line of one that is not heard of is kept. */
const PATIENCE = 5000

/**
 * Limits how often something happens in all programs that use one store: a token bucket as that of `RateLimiter`.
 *
 * ```ts
 * const limiter = new RemoteRateLimiter(redisStore(new Redis()), 'api.example.org', { limit: 10, per: 1000 })
 * for (const url of urls) {
 *   yield* limiter.acquire()
 *   spawn(download, url)
 * }
 * ```
 *
 * First come, first served, in the order in which the store was asked. One that is not heard of for five seconds has lost
 * its place in line.
 */
export class RemoteRateLimiter {
  private readonly interval: number
  private readonly capacity: number

  /**
   * @param store where the fleet keeps how many tokens there are.
   * @param name of the limiter: letters, digits and `. _ : -`.
   * @param options `limit` in `per` milliseconds, 1000 by default; `burst`. The same in all programs.
   * @throws TypeError, RangeError for arguments out of range.
   */
  constructor(
    private readonly store: FleetStore,
    /** That of the limiter. */
    readonly name: string,
    options: RemoteRateLimiterOptions,
  ) {
    const where = 'new RemoteRateLimiter(store, name, options)'
    checkFleet(where, store, name)
    if (Object(options) !== options) throw badArgument(where, 'options', options, 'write { limit: 10, per: 1000 }')
    checkOptions(options, { own: ['limit', 'per', 'burst'] })
    const { limit, per = 1000, burst = limit } = options
    checkCount(limit, `${where}: { limit }`, 1)
    checkDuration(per, `${where}: { per }`)
    checkCount(burst, `${where}: { burst }`, 1)
    if (per === 0 || per === Infinity) throw badArgument(`${where}: { per }`, 'a time that passes', per)
    if (limit === Infinity || burst === Infinity) throw badArgument(where, 'a finite number of tokens', Infinity)
    this.interval = per / limit
    this.capacity = burst
  }

  /**
   * Waits for tokens and takes them.
   *
   * @param tokens how many; 1 by default.
   * @returns `true`; `false` when the time is up.
   * @throws RangeError when the bucket never holds that many; the error of the client, if the store cannot be reached.
   * Cancel safety: a caller that is killed or timed out takes nothing; it waits until the store knows.
   */
  acquire(tokens: number = 1, options?: WaitOptions): Operation<boolean> {
    const where = `${this.toString()}.acquire(tokens)`
    checkCount(tokens, where, 1)
    if (tokens > this.capacity) throw outOfRange(where, `at most ${this.capacity}, the capacity of the limiter`, tokens)
    if (options === undefined) return call(() => this.acquiring(tokens))
    const { timeout, signal } = checkWaitOptions(options, waitOptionNames)
    const limits = { value: false, ...(signal && { signal }) }
    return call(() => withTimeout(timeout ?? Infinity, () => this.acquiring(tokens), limits))
  }

  /** Describes it in one line. */
  toString(): string {
    return `rate limiter ${JSON.stringify(this.name)}`
  }

  private *acquiring(tokens: number): Coroutine<boolean> {
    const { name, interval, capacity } = this
    const { calls } = this.store
    const id = randomUUID()
    const bucket: Bucket = { interval, capacity, tokens }
    yield* waitInLine<number>(calls, {
      id,
      lease: PATIENCE,
      ask: () => calls.take(name, id, bucket, PATIENCE),
      pauseAfter: (pause) => (pause === 0 ? undefined : pause),
      leave: () => calls.putBack(name, id, bucket),
    })
    return true
  }
}
