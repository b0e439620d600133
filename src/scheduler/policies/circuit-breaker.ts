import type { OptionNames } from '../checks/check-options.js'
import { green } from '../greenlets/call.js'
import { checkCount } from '../checks/check-count.js'
import { checkDuration } from '../checks/check-duration.js'
import { badArgument } from '../checks/bad-argument.js'
import { checkFunction } from '../checks/check-function.js'
import { misuse, nameError } from '../checks/errors.js'
import { Named, type NamedOptions } from '../checks/named.js'
import type { Coroutine, Returned } from '../kernel/frames.js'
import { Operation } from '../kernel/operation.js'
import { thread } from '../kernel/thread.js'
import { outcomeOf } from './outcome.js'

/** Options of {@link CircuitBreaker}. */
export interface CircuitBreakerOptions extends NamedOptions {
  /** How many failures in a row open the circuit; 5 by default. */
  failures?: number | undefined
  /** How many milliseconds the circuit stays open before it lets probes through; 30000 by default. */
  reset?: number | undefined
  /** How many probes have to succeed to close it, and may run at once; 1 by default. */
  probes?: number | undefined
  /** Returns whether an error counts as a failure; always by default. An answer of 404 is not one, say. */
  isFailure?: ((error: unknown) => boolean) | undefined
}

/**
 * The state of a {@link CircuitBreaker}: `closed` runs all work, `open` refuses it, `half-open` lets probes through.
 */
export type CircuitState = 'closed' | 'open' | 'half-open'

/** A {@link CircuitBreaker} refused the work, which did not begin. */
export class CircuitOpenError extends Error {
  declare readonly name: 'CircuitOpenError'
  declare readonly code: 'GVENT_CIRCUIT_OPEN'

  /**
   * @param message the text.
   * @param retryAfter in how many milliseconds the circuit lets a probe through; 0 while other probes run.
   */
  constructor(
    message: string,
    /** In how many milliseconds the circuit lets a probe through; 0 while other probes run. */
    readonly retryAfter: number,
  ) {
    super(message)
  }
}
nameError(CircuitOpenError, 'CircuitOpenError', 'GVENT_CIRCUIT_OPEN')

/** Complete options. */
interface Settings {
  readonly failures: number
  readonly reset: number
  readonly probes: number
  readonly isFailure: (error: unknown) => boolean
}

const circuitBreakerOptionNames: OptionNames = { own: ['name', 'failures', 'reset', 'probes', 'isFailure'] }

/**
 * Stops calling something that keeps failing, so that callers fail fast and the other side can recover.
 *
 * ```ts
 * const breaker = new CircuitBreaker({ failures: 5, reset: 10_000 })
 * const rates = yield* retry(() => breaker.run(() => fetch(url)), { while: (e) => !(e instanceof CircuitOpenError) })
 * ```
 *
 * After `failures` in a row it opens: work is refused with {@link CircuitOpenError}. After `reset` milliseconds it is
 * half-open and lets `probes` through: if all of them succeed it closes, if one fails it opens again.
 */
export class CircuitBreaker extends Named {
  private readonly settings: Settings
  private failed = 0
  private refused = 0
  private succeeded = 0
  private probing = 0
  private openedAt: number | undefined
  // Outcomes of work that began before the circuit last opened or closed say nothing about it now.
  private era = 0

  /** @throws TypeError, RangeError for options out of range. */
  constructor(options: CircuitBreakerOptions = {}) {
    super(options)
    const { failures = 5, reset = 30_000, probes = 1, isFailure = () => true } = options
    checkCount(failures, 'new CircuitBreaker({ failures })', 1)
    checkDuration(reset, 'new CircuitBreaker({ reset })')
    checkCount(probes, 'new CircuitBreaker({ probes })', 1)
    checkFunction(isFailure, 'new CircuitBreaker({ isFailure })')
    this.settings = { failures, reset, probes, isFailure }
  }

  /** The state it is in now. */
  get state(): CircuitState {
    if (this.openedAt === undefined) return 'closed'
    return this.remaining > 0 ? 'open' : 'half-open'
  }

  /**
   * Runs `work`, unless the circuit is open.
   *
   * @param work a function (a coroutine or not), or an operation.
   * @returns what it returns.
   * @throws its error; {@link CircuitOpenError} if it was refused.
   * Cancel safety: that of `work`. Work that is killed or timed out from further out counts as neither success nor
   * failure, and a probe leaves its place to the next caller.
   */
  run<W extends (() => unknown) | Operation<unknown>>(
    work: W,
  ): Operation<W extends () => infer R ? Returned<R> : Returned<W>> {
    if (typeof work === 'function') return running(this, work) as never
    if (work instanceof Operation) return running(this, () => work) as never
    throw badArgument('breaker.run(work)', 'a function or an operation', work)
  }

  /** Returns a snapshot for monitoring and tests: the state, failures in a row, refusals since the start. */
  stats(): { state: CircuitState; failures: number; refused: number; probing: number } {
    return { state: this.state, failures: this.failed, refused: this.refused, probing: this.probing }
  }

  /** @internal */
  protected override get optionNames(): OptionNames {
    return circuitBreakerOptionNames
  }

  /** @internal */
  summary(): string {
    return this.state
  }

  private get remaining(): number {
    return this.openedAt === undefined ? 0 : this.openedAt + this.settings.reset - thread.hub.now()
  }

  /** Begins work, or refuses it. @returns the function that notes how it ended. @internal */
  admit(): (failed: boolean | undefined) => void {
    const { era } = this
    const isProbe = this.state === 'half-open'
    if (this.state === 'open' || (isProbe && this.probing + this.succeeded >= this.settings.probes)) {
      this.refused++
      throw this.refusal()
    }
    if (isProbe) this.probing++
    return (failed) => {
      if (era !== this.era) return
      if (isProbe) this.probing--
      if (failed === true) this.countFailure(isProbe)
      else if (failed === false) this.countSuccess(isProbe)
    }
  }

  /** Whether `error` counts as a failure. @internal */
  counts(error: unknown): boolean {
    return this.settings.isFailure(error)
  }

  private countFailure(isProbe: boolean): void {
    this.failed++
    if (isProbe || this.failed >= this.settings.failures) this.enter(thread.hub.now())
  }

  private countSuccess(isProbe: boolean): void {
    this.failed = 0
    if (isProbe && ++this.succeeded >= this.settings.probes) this.enter(undefined)
  }

  private enter(openedAt: number | undefined): void {
    this.openedAt = openedAt
    this.era++
    this.probing = this.succeeded = 0
  }

  private refusal(): CircuitOpenError {
    const wait = Math.max(0, Math.ceil(this.remaining))
    const when = wait > 0 ? `lets a probe through in ${wait} ms` : 'waits for the result of a probe'
    const error = new CircuitOpenError(
      `${this.toString()} is open after ${this.failed} failures in a row; it ${when}`,
      wait,
    )
    return misuse(error)
  }
}

const running = green(function* run(breaker: CircuitBreaker, work: () => unknown): Coroutine<unknown> {
  const ended = breaker.admit()
  let failed: boolean | undefined
  try {
    const outcome = yield* outcomeOf(work)
    failed = outcome.status === 'rejected' && breaker.counts(outcome.reason)
    if (outcome.status === 'rejected') throw outcome.reason
    return outcome.value
  } finally {
    ended(failed)
  }
})
