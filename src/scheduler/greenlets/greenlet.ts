import { checkDuration } from '../checks/check-duration.js'
import { badArgument } from '../checks/bad-argument.js'
import { diagnosis } from '../checks/diagnosis.js'
import { misuse } from '../checks/errors.js'
import { nameOf } from '../checks/show.js'
import { Arguments, none } from '../kernel/drive.js'
import { Fiber } from '../kernel/fiber.js'
import { isCoroutine, type Body } from '../kernel/frames.js'
import { Operation, operationListener } from '../kernel/operation.js'
import { reporter } from '../kernel/reporter.js'
import { Failed, NoValue } from '../kernel/runnable.js'
import type { WaitOptions } from '../kernel/wait-options.js'
import type { Wait } from '../kernel/wait.js'
import { readKill, type Kill } from './kill-options.js'
import { GetValue, Join, linkFunction, type LinkTarget } from './until-ended.js'

/**
 * A coroutine that the hub runs. Made by {@link spawn}; or `new Greenlet(fn, ...args)` and {@link Greenlet.start}; or
 * by extending it with a method `*run()`.
 *
 * It can be waited for: `yield* greenlet` (or `await greenlet`) gives its value or raises its error, like
 * {@link Greenlet.get}; a `KilledError` if it was killed. An error that ends a greenlet and that nobody observes is
 * reported on stderr.
 */
export class Greenlet<T = unknown> extends Fiber<T> {
  /**
   * @param fn a generator function, a green function or a plain function; a subclass has a method `*run()` instead.
   * @param args what it is called with.
   * @throws TypeError when `fn` is not a function.
   */
  constructor(fn?: (...args: never[]) => unknown, ...args: unknown[]) {
    super(typeof fn === 'function' ? (fn as Body) : checkRun(fn, new.target))
    if (args.length > 0) this.give(args)
    if (this.hasSpawner() && this.hub.stacks.take()) this.ensureRare().spawnStack = reporter.captureStack(Greenlet)
  }

  /**
   * Whether user code spawned it. Server handlers are not worth a spawn stack and must not use up the budget.
   * @internal
   */
  hasSpawner(): boolean {
    return true
  }

  /** Sets the arguments of its function. @internal */
  give(args: unknown[]): void {
    this.argument = args.length === 1 ? args[0] : new Arguments(args)
  }

  /** The arguments that its function is called with; empty once it runs. (gevent: until it ended.) */
  get args(): readonly unknown[] {
    const { argument } = this
    if (!this.isUnrun || argument === none) return []
    return Arguments.is(argument) ? argument.list : [argument]
  }

  /** Does the work of the greenlet, in a subclass. */
  run(..._args: unknown[]): unknown {
    throw misuse(new TypeError(`new Greenlet() without a function${diagnosis.adviseOn('no run')}`))
  }

  /** Its name: what was assigned, else the name of its function. */
  get name(): string {
    const label = this.rare?.label
    if (label !== undefined) return label
    const own = this.body !== undefined || this.constructor !== Greenlet ? nameOf(this.body ?? this.constructor) : ''
    return own === '' ? `Greenlet-${this.id}` : own
  }

  set name(name: string) {
    this.ensureRare().label = name
  }

  /** Whether it ended without an error. Being killed by `GreenletExit` counts as success. */
  get successful(): boolean {
    return this.dead && this.failure === undefined
  }

  /** Its result; the `GreenletExit` if it was killed; `undefined` before it ended or if it failed. */
  get value(): T | undefined {
    if (!this.successful) return undefined
    const { killed, outcome } = this
    return (killed === undefined ? outcome : killed.exit) as T
  }

  /** The error that ended it, if one did. */
  get error(): unknown {
    return this.failure?.error
  }

  /** The stack of the place where it was made; empty when more were made than there is budget for. */
  get spawnedAt(): string {
    return reporter.formatStack(this.rare?.spawnStack)
  }

  /** @internal */
  get greenlet(): this {
    return this
  }

  /**
   * Makes it start after `milliseconds`, unless something starts it before. A kill before that ends it unrun.
   *
   * @param milliseconds from 0 to `Infinity`.
   */
  startLater(milliseconds: number): this {
    checkDuration(milliseconds, 'startLater(milliseconds)')
    this.startAfter(milliseconds)
    return this
  }

  /**
   * Waits for its value.
   *
   * @returns what the greenlet returned.
   * @throws the error that ended it, the same object for everybody; `KilledError` if it was killed; `Timeout` when the
   *   time is up.
   * Cancel safety: nothing is lost.
   */
  get(options?: WaitOptions): Operation<T> {
    return options === undefined && operationListener === null ? this : new GetValue(this, options)
  }

  /**
   * Waits until it has ended. Never raises the greenlet's own error, and does not count as observing it.
   *
   * @returns whether it has ended: `false` when the time is up.
   * Cancel safety: nothing is lost.
   */
  join(options?: WaitOptions): Operation<boolean> {
    return new Join(this, options)
  }

  /**
   * Ends the greenlet by raising `error` where it waits, so that every `finally` runs; the cleanup may wait. One that
   * never ran ends without running. The kill acts at once; what it returns can be waited for, and ends when the
   * greenlet has ended. A second `kill()` does not disturb the cleanup. A greenlet that swallowed the error and still
   * waits after 5 seconds (`grace`), outside of a shield, is reported and ended by force.
   *
   * Those who wait for its value get a `KilledError`; `join`, `joinAll` and links raise nothing.
   *
   * @param error what to raise, a `GreenletExit` by default. Another error makes the greenlet fail with it, and is what
   *   those get who wait for the value.
   * @returns an operation like {@link Greenlet.join}. A greenlet that waits for its own end is ended there.
   */
  kill(...kill: Kill): Operation<boolean> {
    const { error, grace, limits } = readKill(kill)
    this.raiseKill(error, grace)
    return new Join(this, limits)
  }

  /**
   * Spawns `target(greenlet)` when it has ended; soon, if it already has. Counts as observing its error.
   * @param target a function; or an `AsyncResult`, which takes over the greenlet's value or error.
   * @returns a function that undoes it, as {@link Greenlet.unlink} does.
   */
  link(target: LinkTarget<this>): () => void {
    return this.addLink(target, true, true)
  }

  /** The same as {@link Greenlet.link}, for a success only. An error is not observed by it. */
  linkValue(target: LinkTarget<this>): () => void {
    return this.addLink(target, true, false)
  }

  /** The same as {@link Greenlet.link}, for an error only. */
  linkError(target: LinkTarget<this>): () => void {
    return this.addLink(target, false, true)
  }

  /** Takes back every link to `target`. */
  unlink(target: LinkTarget<this>): void {
    for (const listener of this.endListeners) {
      // A program without types may have no target; those who wait have none, and are no links.
      if (listener.target !== undefined && listener.target === target) this.unlisten(listener)
    }
  }

  private addLink(target: LinkTarget<this>, onValue: boolean, onError: boolean): () => void {
    const fn = linkFunction(target)
    return this.onEnded(() => {
      if (onError) this.observe()
      if (this.successful ? onValue : onError) new Greenlet(fn, this).start()
    }, target)
  }

  /** Calls `callback` in the hub when it has ended; now, if it has already. @internal */
  onEnded(callback: () => void, target?: unknown): () => void {
    const listener = { greenletEnded: callback, target }
    if (this.dead) callback()
    else this.listen(listener)
    return () => {
      this.unlisten(listener)
    }
  }

  /** Kills it and waits until it has ended, for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill()
  }

  /** @internal */
  beginWait(wait: Wait<T>): void {
    if (!this.dead) {
      this.listen(wait)
      return
    }
    const { outcome } = this
    if (NoValue.is(outcome)) {
      if (outcome instanceof Failed) outcome.observers++
      wait.reject(outcome.error)
    } else wait.resolve(outcome as T)
  }

  /** @internal */
  cancelWait(wait: Wait<unknown>): void {
    this.unlisten(wait)
  }

  override undoFailure(_wait: Wait<unknown>, error: unknown): void {
    const { failure } = this
    if (failure !== undefined && error === failure.error) this.unobserve()
  }

  override describe(): string {
    return this.toString()
  }

  override holders(): Iterable<Greenlet> {
    return [this]
  }

  /** Describes it and its state in one line. */
  override toString(): string {
    return `<Greenlet #${this.id} ${JSON.stringify(this.name)}>`
  }
}

// The kernel gives greenlets to programs, and knows of them only what it says there.
declare module '../kernel/runnable.js' {
  // eslint-disable-next-line @typescript-eslint/no-empty-object-type -- it merges the two
  interface Greenlet extends AnyGreenlet {}
}
type AnyGreenlet = Greenlet

/** @throws TypeError unless there is no function because the class has a method `run`. */
function checkRun(fn: unknown, { prototype }: typeof Greenlet): undefined {
  if (fn !== undefined || prototype.run === Greenlet.prototype.run) throw notAFunction(fn)
}

function notAFunction(value: unknown): TypeError {
  if (isCoroutine(value)) {
    return misuse(
      new TypeError(
        `spawn(coroutine): expected the generator function, got what it returned${diagnosis.adviseOn('spawned coroutine')}`,
      ),
    )
  }
  const advice = diagnosis.adviseOn('no function', value)
  return badArgument(`${diagnosis.publicCall() || 'spawn'}(fn)`, 'a function', value, advice)
}
