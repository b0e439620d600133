import { checkDuration } from '../checks/check-duration.js'
import { badArgument } from '../checks/bad-argument.js'
import { diagnosis } from '../checks/diagnosis.js'
import { LightError, NotInGreenletError, misuse, nameError } from '../checks/errors.js'
import type { Hub } from './hub.js'
import { thread } from './thread.js'
import type { Due } from './timers.js'

/** A greenlet or call that a {@link Timeout} can interrupt: a greenlet, or a single wait. */
export interface Interruptible {
  readonly hub: Hub
  /** Whether it is a daemon, or waits for one. */
  readonly daemon: boolean
  /** In how many shields it is. */
  readonly shields: number
  /** Raises `error` at the place where this waits; `shields`: in how many of them it was when `timeout` was started. */
  interrupt(error: unknown, timeout: Timeout, shields: number): void
  /** Takes an interruption by `timeout` back that was not raised yet. */
  withdraw(timeout: Timeout): void
}

/** Finds the call of an async function that runs, which is further in than the running greenlet. @internal */
export const runningCall: { find: () => Interruptible | null } = { find: () => null }

/** The error that a {@link Timeout} raises in place of itself. */
export type TimeoutError = Error | (new () => Error) | string | false

/**
 * A time limit for all that a greenlet does until it is closed, and the error that is raised when it is up.
 *
 * ```ts
 * using timeout = Timeout.start(1000)
 * const line = yield* socket.readLine()      // raises `timeout` after a second, wherever the greenlet waits then
 * ```
 *
 * Timeouts nest: one that started further out passes through the inner ones. To tell whose it is, compare the
 * object: `catch (error) { if (error !== timeout) throw error }`; `withTimeout` does that for you. Code that never
 * waits is not interrupted. (Rules: gevent's `Timeout`.)
 */
export class Timeout extends LightError {
  /** `'Timeout'`. */
  declare readonly name: string
  declare readonly code: 'GVENT_TIMEOUT'
  /** The limit in milliseconds; `Infinity` for one that never expires. */
  readonly milliseconds: number
  /** The error that is raised instead of the timeout itself; `false` for a timeout that `withTimeout` keeps silent about. */
  readonly error: Error | false | undefined
  #countdown: Countdown | null = null
  #interrupted: Interruptible | null = null
  #closed = false

  /**
   * @param milliseconds the limit; `Infinity`, `null` or nothing at all: it never expires.
   * @param error an error, or the class of one, to raise in its place; a text for its message; `false` to end a
   *   `withTimeout` silently.
   */
  constructor(milliseconds?: number | null, error?: TimeoutError) {
    const limit = milliseconds ?? Infinity
    checkDuration(limit, 'new Timeout(milliseconds)')
    super(typeof error === 'string' ? error : undefined)
    this.milliseconds = limit
    this.error = typeof error === 'string' ? undefined : errorOf(error)
  }

  /**
   * Starts a timeout for the running greenlet, or the compiled async function that runs. Given a `Timeout`, it starts that one unless it runs already.
   *
   * @param limit milliseconds, or a timeout.
   * @param error as for the constructor.
   */
  static start(limit?: number | Timeout | null, error?: TimeoutError): Timeout {
    const timeout = limit instanceof Timeout ? limit : new Timeout(limit, error)
    return timeout.pending ? timeout : timeout.start()
  }

  /** Whether `value` was raised because the time of a timeout was up; it may be an error of the program's own. @internal */
  static isLimit(this: void, value: unknown): boolean {
    return typeof value === 'object' && value !== null && (#closed in value || raisedInstead.has(value))
  }

  /** Whether it runs: it was started, and neither expired nor was cancelled since. */
  get pending(): boolean {
    return this.#countdown !== null
  }

  /**
   * Starts it for the running greenlet, or the compiled async function that runs.
   *
   * @throws TypeError when it runs already or was closed; NotInGreenletError outside of all greenlets.
   */
  start(): this {
    const target = runningCall.find() ?? thread.greenlet
    if (target === null) {
      throw misuse(
        new NotInGreenletError(`Timeout.start() outside of a greenlet${diagnosis.adviseOn('timeout outside')}`),
      )
    }
    this.startFor(target)
    return this
  }

  /** Whether it runs on behalf of `target`. @internal */
  isFor(target: Interruptible): boolean {
    return this.#countdown?.target === target
  }

  /** Starts it so that it interrupts `target`. @internal */
  startFor(target: Interruptible): void {
    if (this.#closed) throw misuse(new TypeError('this Timeout was closed and cannot be started again: make a new one'))
    if (this.#countdown !== null) {
      throw misuse(new TypeError('this Timeout is running already: cancel() it first'))
    }
    this.#countdown = new Countdown(this, target)
    target.hub.startTimer(this.#countdown, this.milliseconds, target.daemon)
  }

  /** Stops it; it can be started again. An interruption that is under way but was not raised yet is taken back. */
  cancel(): void {
    const countdown = this.#countdown
    if (countdown === null) {
      this.#interrupted?.withdraw(this)
      this.#interrupted = null
      return
    }
    this.#countdown = null
    countdown.target.hub.stopTimer(countdown)
  }

  /** Stops it for good. */
  close(): void {
    this.cancel()
    this.#closed = true
  }

  /** The same as {@link Timeout.close}, for `using`. */
  [Symbol.dispose](): void {
    this.close()
  }

  /** Its time is up. @internal */
  expire({ target, shields }: Countdown): void {
    this.#countdown = null
    this.#interrupted = target
    diagnosis.renewStack(this)
    if (this.error instanceof Error) raisedInstead.add(this.error)
    target.interrupt(this.error instanceof Error ? this.error : this, this, shields)
  }
}

const raisedInstead = new WeakSet<object>()

/** A timeout that runs, as it is among the timers. */
class Countdown implements Due {
  tick = -1
  before: Due | null = null
  after: Due | null = null
  /** In how many shields the target was when it began. */
  readonly shields: number

  constructor(
    private readonly timeout: Timeout,
    readonly target: Interruptible,
  ) {
    this.shields = target.shields
  }

  ring(): void {
    this.timeout.expire(this)
  }
}

function errorOf(error: Exclude<TimeoutError, string> | undefined): Error | false | undefined {
  if (error === undefined || error === false || error instanceof Error) return error
  if (typeof error === 'function' && (error.prototype as unknown) instanceof Error) return new error()
  throw badArgument('new Timeout(milliseconds, error)', 'an Error, a text or false', error)
}

nameError(Timeout, 'Timeout', 'GVENT_TIMEOUT')
// A getter on the prototype: putting the text together for each of them would cost more than all the rest of it.
Object.defineProperty(Timeout.prototype, 'message', {
  configurable: true,
  get(this: Timeout) {
    return `timed out after ${this.milliseconds} ms`
  },
  set(this: Timeout, value: string) {
    Object.defineProperty(this, 'message', { configurable: true, writable: true, value })
  },
})
