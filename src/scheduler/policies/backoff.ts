import { checkOptions, type OptionNames } from '../checks/check-options.js'
import { badArgument } from '../checks/bad-argument.js'
import { misuse } from '../checks/errors.js'
import { checkDuration } from '../checks/check-duration.js'
import { show } from '../checks/show.js'

/**
 * Pauses between attempts, which grow by a factor up to a limit. All times are milliseconds.
 *
 * `{ factor: 1, jitter: 0 }` is a constant pause, the defaults are exponential, `{ jitter: 1 }` is full jitter.
 */
export interface Backoff {
  /** The first pause; 100 by default. */
  initial?: number | undefined
  /** Multiplies each further pause; 2 by default. */
  factor?: number | undefined
  /** The longest pause; 30000 by default. */
  max?: number | undefined
  /**
   * The part of a pause that is random, from 0 (none) to 1 (all of it); 0.5 by default. It keeps callers that failed
   * together from coming back together.
   */
  jitter?: number | undefined
  /** Returns a number from 0 to 1; `Math.random` by default. */
  random?: (() => number) | undefined
}

const backoffOptionNames: OptionNames = { own: ['initial', 'factor', 'max', 'jitter', 'random'] }

/** A complete {@link Backoff}. @internal */
export class Pauses {
  private constructor(
    private readonly initial: number,
    private readonly factor: number,
    private readonly max: number,
    private readonly jitter: number,
    private readonly random: () => number,
  ) {}

  /**
   * Checks a backoff and fills its defaults in.
   *
   * @param given a {@link Backoff}, or the first pause in milliseconds.
   * @param where the option as the user wrote it, for messages.
   * @param shorthand takes the place of its `jitter`.
   * @throws TypeError, RangeError for values out of range.
   */
  static of(given: number | Backoff, where: string, shorthand?: number): Pauses {
    const backoff: Backoff = typeof given === 'number' ? { initial: given } : given
    if (Object(backoff) !== backoff) {
      throw badArgument(where, 'milliseconds or { initial, factor, max, jitter }', given)
    }
    checkOptions(backoff, backoffOptionNames)
    const { initial = 100, factor = 2, max = 30_000, random = Math.random } = backoff
    const jitter = shorthand ?? backoff.jitter ?? 0.5
    checkDuration(initial, typeof given === 'number' ? where : `${where}: { initial }`)
    checkDuration(max, `${where}: { max }`)
    if (!(typeof factor === 'number' && factor >= 1))
      throw misuse(new RangeError(`${where}: { factor } must be a number from 1, got ${show(factor)}`))
    if (!(typeof jitter === 'number' && jitter >= 0 && jitter <= 1)) {
      throw misuse(new RangeError(`${where}: { jitter } must be a number from 0 to 1, got ${show(jitter)}`))
    }
    if (typeof random !== 'function') {
      throw misuse(new TypeError(`${where}: { random } must be a function, got ${show(random)}`))
    }
    return new Pauses(initial, factor, max, jitter, random)
  }

  /** Returns the pause in milliseconds after failure number `failures`, counted from 1. */
  after(failures: number): number {
    const longest = Math.min(this.initial * this.factor ** (failures - 1), this.max)
    return longest * (1 - this.jitter * this.random())
  }
}

/** The pauses before restarts: they grow until a run has lasted for a while. @internal */
export class RestartPauses {
  private failures = 0

  /** @param settled after a run of so many milliseconds the next pause is the first one again. */
  constructor(
    private readonly pauses: Pauses,
    private readonly settled: number,
  ) {}

  /** Notes that a run has ended that lasted for `lifetime` milliseconds. */
  ended(lifetime: number): void {
    if (lifetime >= this.settled) this.failures = 0
  }

  /** Returns the pause before the next try in milliseconds. */
  next(): number {
    return this.pauses.after(++this.failures)
  }
}
