import { badArgument } from '../checks/bad-argument.js'
import { misuse } from '../checks/errors.js'
import { Empty } from '../checks/state-errors.js'
import { checkName, countWaiting, title, type NamedOptions } from '../checks/named.js'
import { operationListener, type Operation } from '../kernel/operation.js'
import type { WaitOptions } from '../kernel/wait-options.js'
import { show } from '../checks/show.js'
import { Gate, Passage } from './gate.js'

/** A source that an {@link AsyncResult} can take its outcome from: a greenlet that ended, or another result that was set. */
export interface Outcome<T> {
  /** Whether there is a value; `false` while nothing is there yet. */
  readonly successful: boolean
  /** The value, `undefined` if there is none. */
  readonly value: T | undefined
  /** The error, `undefined` if there is none. */
  readonly error: unknown
  /** Of a greenlet that was killed: what those get who wait for its value. @internal */
  readonly killed?: { readonly error: Error } | undefined
}

/**
 * A value, or an error, that comes once, and that any number of greenlets wait for. It can be waited for itself:
 * `yield* result` is `yield* result.get()`. (gevent: `gevent.event.AsyncResult`.)
 *
 * ```ts
 * const answer = new AsyncResult<number>()
 * spawn(function* () { console.log(yield* answer) })
 * answer.set(42)
 * ```
 *
 * It may be the target of a link: `greenlet.link(answer)` sets it when the greenlet ends.
 */
export class AsyncResult<T = void> extends Passage<T> {
  /** For reports; empty when none was given. */
  readonly name: string
  private failed = false
  private outcome: unknown = undefined
  /** @internal */
  readonly gate: Gate = new Gate(this, false)

  /** @param options `name`: what reports call it. */
  constructor(options?: NamedOptions) {
    super()
    this.name = checkName(options, this)
  }

  /** Whether it was set, to a value or an error. */
  get ready(): boolean {
    return this.gate.isOpen
  }

  /** Whether it was set to a value. */
  get successful(): boolean {
    return this.ready && !this.failed
  }

  /** The value; `undefined` before it was set, or if it was set to an error. */
  get value(): T | undefined {
    return this.failed ? undefined : (this.outcome as T | undefined)
  }

  /** The error that it was set to, if it was. */
  get error(): unknown {
    return this.failed ? this.outcome : undefined
  }

  /**
   * Sets the value: all that wait go on with it, in the order in which they came. It may be called from anywhere.
   * @throws Error when it was set before. (gevent lets the last one win.)
   */
  set(value: T): void {
    this.settle(value, false, 'set')
  }

  /**
   * Sets an error, which {@link AsyncResult.get} raises: the same object for everybody.
   * @throws Error when it was set before; TypeError when `error` is not an `Error`.
   */
  setError(error: Error): void {
    if (!(error instanceof Error)) {
      throw badArgument(`${this.toString()}.setError(error)`, 'an Error', error)
    }
    this.settle(error, true, 'setError')
  }

  /**
   * Takes over what `source` came to; `greenlet.link(result)` calls it. A greenlet that was killed has no value:
   * those who wait for this one's get its `KilledError`, too.
   * @throws Error when it was set before.
   */
  copyFrom(source: Outcome<T>): void {
    if (source.killed !== undefined) this.settle(source.killed.error, true, 'copyFrom')
    else if (source.successful) this.settle(source.value, false, 'copyFrom')
    else this.settle(source.error, true, 'copyFrom')
  }

  /**
   * Waits for the value.
   *
   * @throws the error that it was set to; `Timeout` when the time is up.
   * Cancel safety: nothing is lost.
   */
  get(options?: WaitOptions): Operation<T> {
    return options === undefined && operationListener === null ? this : new GetResult(this, options)
  }

  /**
   * Returns the value without waiting.
   * @throws the error that it was set to; Empty when it was not set yet. (gevent raises `Timeout`.)
   */
  getNowait(): T {
    if (this.ready) return this.perform()
    throw new Empty(`${this.toString()} is not set yet. Wait with \`yield* result.get()\``)
  }

  /**
   * Waits until it is set, to a value or an error; never raises that error.
   *
   * @returns whether it was set: `false` when the time is up.
   * Cancel safety: nothing is lost.
   */
  wait(options?: WaitOptions): Operation<boolean> {
    return this.gate.wait(options)
  }

  /** How it stands: for monitoring and tests. */
  stats(): { ready: boolean; successful: boolean; waiting: number } {
    return { ready: this.ready, successful: this.successful, waiting: this.gate.line.size }
  }

  /** @internal */
  perform(): T {
    if (this.failed) throw this.outcome
    return this.outcome as T
  }

  /** Describes it and its state in one line. */
  override toString(): string {
    return title(this, this.name)
  }

  override describe(): string {
    return `${this.toString()}.get`
  }

  /** @internal */
  summary(): string {
    const state = this.ready ? `${this.failed ? 'error' : 'value'} ${show(this.outcome)}` : 'not set'
    return countWaiting(this.gate.line.size, state)
  }

  private settle(outcome: unknown, failed: boolean, method: string): void {
    if (this.ready) throw this.setTwice(method)
    this.failed = failed
    this.outcome = outcome
    this.gate.open()
  }

  private setTwice(method: string): Error {
    return misuse(
      new Error(
        `${this.toString()}.${method}(): it was already set, to the ${this.failed ? 'error' : 'value'} ` +
          `${show(this.outcome)}, and can be set only once. Write \`if (!result.ready) result.${method}(…)\` ` +
          'if the first one is to win, or use a Queue for many values',
      ),
      'GVENT_ALREADY_SET',
    )
  }
}

class GetResult<T> extends Passage<T> {
  constructor(
    private readonly result: AsyncResult<T>,
    options: WaitOptions | undefined,
  ) {
    super(options)
  }

  protected get gate(): Gate {
    return this.result.gate
  }

  perform(): T {
    return this.result.perform()
  }

  override describe(): string {
    return this.result.describe()
  }
}
