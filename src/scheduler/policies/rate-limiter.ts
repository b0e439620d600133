import type { OptionNames } from '../checks/check-options.js'
import { checkCount } from '../checks/check-count.js'
import { checkDuration } from '../checks/check-duration.js'
import { badArgument, outOfRange } from '../checks/bad-argument.js'
import { misuse } from '../checks/errors.js'
import { Named, countWaiting, type NamedOptions } from '../checks/named.js'
import { AttemptOn, Line, type Claim } from '../kernel/line.js'
import type { Operation } from '../kernel/operation.js'
import type { Hub } from '../kernel/hub.js'
import type { Wait } from '../kernel/wait.js'
import type { WaitOptions } from '../kernel/wait-options.js'
import { thread } from '../kernel/thread.js'
import { Timer } from '../kernel/timers.js'

/** Options of {@link RateLimiter}. */
export interface RateLimiterOptions extends NamedOptions {
  /** How many tokens there are in a period; `Infinity` for no limit. */
  limit: number
  /** The period in milliseconds; 1000 by default. */
  per?: number | undefined
  /** How many tokens there are at most at one moment, after a time without use; `limit` by default. */
  burst?: number | undefined
}

const rateLimiterOptionNames: OptionNames = { own: ['name', 'limit', 'per', 'burst'] }

/**
 * Limits how often something happens: a token bucket that holds `burst` tokens and is refilled at a steady rate of
 * `limit` in `per` milliseconds. Callers are served in the order in which they came.
 *
 * ```ts
 * const limiter = new RateLimiter({ limit: 10, per: 1000 })
 * for (const url of urls) {
 *   yield* limiter.acquire()
 *   spawn(download, url)
 * }
 * ```
 */
export class RateLimiter extends Named {
  /** @internal */
  readonly line: Line<boolean, unknown, AcquireTokens> = new Line<boolean, unknown, AcquireTokens>()
  private readonly interval: number
  private readonly capacity: number
  private readonly timer: Timer<RateLimiter>
  private armed: Hub | null = null
  // The whole state is one time (GCRA, the "generic cell rate algorithm" of ATM networks): when the bucket will be full
  // again. It is in the past as long as the bucket is full.
  private fullAt = -Infinity

  /** @throws TypeError, RangeError for options out of range. */
  constructor(options: RateLimiterOptions) {
    if (Object(options) !== options) {
      throw badArgument('new RateLimiter(options)', 'options', options)
    }
    super(options)
    const { limit, per = 1000, burst = limit } = options
    checkCount(limit, 'new RateLimiter({ limit })', 1)
    checkDuration(per, 'new RateLimiter({ per })')
    if (per === Infinity) throw outOfRange('new RateLimiter({ per })', 'milliseconds below Infinity', per)
    checkCount(burst, 'new RateLimiter({ burst })', 1)
    this.interval = per / limit
    this.capacity = burst
    this.timer = new Timer<RateLimiter>(RateLimiter.refill, this)
  }

  /**
   * Waits for tokens and takes them.
   *
   * @param tokens how many; 1 by default.
   * @returns `true`; `false` when the time is up.
   * @throws RangeError when the bucket never holds that many.
   * Cancel safety: a caller that is killed or timed out takes nothing.
   */
  acquire(tokens: number = 1, options?: WaitOptions): Operation<boolean> {
    this.check(tokens, 'acquire')
    return new AcquireTokens(this, tokens, options)
  }

  /**
   * Takes tokens if they are there and nothing waits for some; it may be called from anywhere.
   *
   * @param tokens how many; 1 by default.
   * @returns whether it took them.
   */
  acquireNowait(tokens: number = 1): boolean {
    this.check(tokens, 'acquireNowait')
    if (this.line.size > 0 || this.delayOf(tokens, thread.hub.now()) > 0) return false
    this.take(tokens)
    return true
  }

  /** Returns a snapshot for monitoring and tests: the tokens that are there now, and how many callers wait. */
  stats(): { available: number; waiting: number } {
    const busy = Math.max(0, this.fullAt - thread.hub.now())
    const missing = busy === 0 ? 0 : busy / this.interval
    return { available: Math.floor(this.capacity - missing + 1e-9), waiting: this.line.size }
  }

  /** @internal */
  protected override get optionNames(): OptionNames {
    return rateLimiterOptionNames
  }

  /** @internal */
  summary(): string {
    return countWaiting(this.line.size, `${this.stats().available} of ${this.capacity} available`)
  }

  /** Whether there are tokens for `claim`, whose turn it is: it came first, or nothing waits. @internal */
  isReadyFor(claim: Claim, tokens: number): boolean {
    const first = this.line.firstToServe
    return (first === null || first === claim) && this.delayOf(tokens, thread.hub.now()) === 0
  }

  /** @internal */
  take(tokens: number): void {
    this.fullAt = Math.max(this.fullAt, thread.hub.now()) + tokens * this.interval
  }

  /** Takes tokens back that were not used. @internal */
  giveBack(tokens: number): void {
    this.fullAt -= tokens * this.interval
    this.serve()
  }

  private static refill(this: void, limiter: RateLimiter): void {
    limiter.armed = null
    limiter.serve()
  }

  /** Serves those in front for whom there are tokens, and sets the timer for the next. @internal */
  serve(): void {
    this.line.serve()
    if (this.armed !== null) this.armed.stopTimer(this.timer)
    const { first } = this.line
    this.armed = first === null ? null : first.hub
    if (first !== null) {
      const { tokens } = first.operation
      first.hub.startTimer(this.timer, this.delayOf(tokens, first.hub.now()))
    }
  }

  /** In how many milliseconds there are that many tokens. */
  private delayOf(tokens: number, now: number): number {
    if (this.interval === 0) return 0
    const delay = Math.max(this.fullAt, now) - now - (this.capacity - tokens) * this.interval
    // Sums of fractions of a millisecond may be off by a little.
    return delay > 1e-6 ? delay : 0
  }

  private check(tokens: number, method: string): void {
    const where = `${this.toString()}.${method}(tokens)`
    checkCount(tokens, where, 1, 'the options come second: write acquire(1, { timeout: 100 })')
    if (tokens <= this.capacity) return
    throw misuse(
      new RangeError(
        `${where}: the limiter never holds more than ${this.capacity} tokens, so a wait for ${tokens} could never end; ` +
          `construct the limiter with { burst: ${tokens} }`,
      ),
    )
  }
}

class AcquireTokens extends AttemptOn<RateLimiter, boolean> {
  constructor(
    limiter: RateLimiter,
    readonly tokens: number,
    options: WaitOptions | undefined,
  ) {
    super(limiter, options)
  }

  isReady(claim: Claim): boolean {
    return this.source.isReadyFor(claim, this.tokens)
  }

  perform(): boolean {
    this.source.take(this.tokens)
    return true
  }

  override beginWait(wait: Wait<boolean, unknown, this>): void {
    super.beginWait(wait)
    if (wait.pending) this.source.serve()
  }

  override cancelWait(wait: Wait<boolean, unknown, this>): void {
    super.cancelWait(wait)
    this.source.serve()
  }

  override undoWait(_wait: Wait<boolean>, acquired: boolean): void {
    if (acquired) this.source.giveBack(this.tokens)
  }

  override expireWait(wait: Wait<boolean>): void {
    wait.resolve(false)
  }

  override describe(): string {
    return `${this.source.toString()}.acquire`
  }
}
