import { Arguments, driveGreenlet, none } from '../kernel/drive.js'
import { inspection } from '../reports/dump.js'
import { checkDuration } from '../checks/check-duration.js'
import { tellCallers } from '../reports/error-stack.js'
import { GreenletExit, misuse } from '../checks/errors.js'
import { Failure } from '../kernel/failure.js'
import { noteFirstGreenlet } from '../kernel/first-greenlet.js'
import { isCoroutine, type Body, type Frame, type Frames } from '../kernel/frames.js'
import { Get, Join, OnEnded, type EndListener } from './greenlet-waits.js'
import type { AmbientContext } from '../kernel/host.js'
import type { Hub } from '../kernel/hub.js'
import { showAs } from '../reports/inspect.js'
import { Interruptions } from '../kernel/interruptions.js'
import { readKill, type Kill } from './kill-options.js'
import { linkFunction, type LinkTarget } from './link.js'
import { Operation } from '../kernel/operation.js'
import { Particulars } from '../kernel/particulars.js'
import { described, nameOf, show } from '../checks/show.js'
import { captureStack, formatStack } from '../kernel/stack.js'
import { thread } from '../kernel/thread.js'
import { Timer } from '../kernel/timers.js'
import { keepStack } from '../reports/told.js'
import type { WaitOptions } from '../kernel/wait-options.js'
import { Wait, type Waiter } from '../kernel/wait.js'

/** Where a greenlet stands. */
export type GreenletState = 'created' | 'ready' | 'running' | 'waiting' | 'ended'

const CREATED = 0
const READY = 1
const RUNNING = 2
const WAITING = 3
const ENDED = 4
const STATES: GreenletState[] = ['created', 'ready', 'running', 'waiting', 'ended']

/**
 * A coroutine that the hub runs. Made by {@link spawn}; or `new Greenlet(fn, ...args)` and {@link Greenlet.start}; or
 * by extending it with a method `*run()`.
 *
 * It can be waited for: `yield* greenlet` (or `await greenlet`) gives its value or raises its error, like
 * {@link Greenlet.get}. An error that ends a greenlet and that nobody observes is reported on stderr.
 */
export class Greenlet<T = unknown> extends Operation<T> implements Waiter, Frames {
  /** The scheduler that runs it. */
  readonly hub: Hub = thread.hub
  /** A number that no other greenlet of this hub has. */
  readonly id: number
  /** The greenlet that spawned this one; `undefined` when it was spawned outside of all greenlets. */
  parent: Greenlet | undefined
  /** The wait that it is parked in. @internal */
  wait: Wait<unknown> | null = null
  /** @internal */
  nextReady: Greenlet | null = null
  /** @internal */
  aliveBefore: Greenlet | null = null
  /** @internal */
  aliveAfter: Greenlet | null = null
  /** @internal */
  frame: Frame | null = null
  /** @internal */
  body: Body | undefined
  /**
   * Until it runs, what the function is called with: one argument as it is, since a list for each would be half as big as
   * the greenlet, any other number as `Arguments`. Once it has ended, what it returned, or its `Failure`.
   * @internal
   */
  cargo: unknown = none
  // Once it has ended, `ENDED` and its place among those that have.
  private status = CREATED
  private listeners: EndListener | Set<EndListener> | null = null
  private particulars: Particulars | null = null

  /**
   * @param fn a generator function, a green function or a plain function; a subclass has a method `*run()` instead.
   * @param args what it is called with.
   * @throws TypeError when `fn` is not a function.
   */
  constructor(fn?: (...args: never[]) => unknown, ...args: unknown[]) {
    super()
    if (typeof fn !== 'function' && (fn !== undefined || this.run === Greenlet.prototype.run)) throw notAFunction(fn)
    const { hub } = this
    this.id = ++hub.made
    if (this.id === 1) noteFirstGreenlet()
    this.parent = thread.greenlet ?? undefined
    this.body = fn as Body | undefined
    if (args.length > 0) this.give(args)
    const { captureContext } = hub.platform
    if (captureContext !== undefined) this.particular().context = captureContext()
    const { inherited } = thread.greenlet ?? hub
    if (inherited !== null) this.inherited = inherited
    if (this.hasSpawner() && hub.stacks.take()) this.particular().spawnStack = captureStack(Greenlet)
  }

  private particular(): Particulars {
    return (this.particulars ??= new Particulars())
  }

  /** The values that it inherited or left to inherit; a map that is replaced and never changed. @internal */
  get inherited(): ReadonlyMap<object, unknown> | null {
    return this.particulars === null ? null : this.particulars.inherited
  }

  set inherited(values: ReadonlyMap<object, unknown> | null) {
    this.particular().inherited = values
  }

  /** @internal */
  get callers(): Frames['callers'] {
    return this.particulars === null ? null : this.particulars.callers
  }

  set callers(callers: Frames['callers']) {
    this.particular().callers = callers
  }

  /** @internal */
  get interruptions(): Interruptions | null {
    return this.particulars === null ? null : this.particulars.interruptions
  }

  private get context(): AmbientContext | undefined {
    return this.particulars === null ? undefined : this.particulars.context
  }

  /**
   * Whether it is a program that spawns it, so that a stack says where. One that the library makes for what comes in
   * from outside has none to show, and must not use up what is left for others.
   * @internal
   */
  hasSpawner(): boolean {
    return true
  }

  /** @internal */
  get caller(): Greenlet | null {
    const callWait = this.particulars?.callWait
    return callWait?.parked ? callWait.greenlet : null
  }

  /** Says that it was made to call a function for who waits there. @internal */
  callFor(wait: Wait<unknown>): void {
    this.particular().callWait = wait
  }

  /** Says what the function is called with. @internal */
  give(args: unknown[]): void {
    this.cargo = args.length === 1 ? args[0] : new Arguments(args)
  }

  /** What the greenlet does, in a subclass. */
  run(..._args: unknown[]): unknown {
    throw misuse(new TypeError('new Greenlet() without a function: pass one, or extend Greenlet with a method *run()'))
  }

  /** Its name: what was assigned, else the name of its function. */
  get name(): string {
    const label = this.particulars?.label
    if (label !== undefined) return label
    const own = this.body !== undefined || this.constructor !== Greenlet ? nameOf(this.body ?? this.constructor) : ''
    return own === '' ? `Greenlet-${this.id}` : own
  }

  set name(name: string) {
    this.particular().label = name
  }

  /** Where it is in its life; see {@link GreenletState}. */
  get state(): GreenletState {
    return STATES[Math.min(this.status, ENDED)]!
  }

  /** Whether it was started and has not ended. */
  get started(): boolean {
    return this.status > CREATED && this.status < ENDED
  }

  /** Whether it has ended. */
  get dead(): boolean {
    return this.status >= ENDED
  }

  /** When it ended, in relation to others that have. @internal */
  get endedAs(): number {
    return this.status - ENDED
  }

  /** Whether it ended without an error. Being killed by `GreenletExit` counts as success. */
  get successful(): boolean {
    return this.status >= ENDED && !(this.cargo instanceof Failure)
  }

  /** What it returned; the `GreenletExit` if it was killed; `undefined` before it ended or if it failed. */
  get value(): T | undefined {
    return this.successful ? (this.cargo as T) : undefined
  }

  /** The error that ended it, if one did. */
  get error(): unknown {
    return this.failure?.error
  }

  /** The stack of the place where it was made; empty when more were made than there is budget for. */
  get spawnedAt(): string {
    return this.spawnedAtLater()()
  }

  /** The same, to be asked for when the greenlet is gone. @internal */
  spawnedAtLater(): () => string {
    const spawnStack = this.particulars?.spawnStack
    return () => formatStack(spawnStack)
  }

  /** @internal */
  get greenlet(): this {
    return this
  }

  /** Makes it run at the next turn of the hub, after all that are ready already. Starting it again does nothing. */
  start(): this {
    if (this.status === CREATED) {
      this.stopTimer()
      this.status = READY
      if (this.context === undefined) this.keepContext()
      this.hub.enlist(this)
      this.hub.ready(this)
    }
    return this
  }

  /**
   * Makes it start after `milliseconds`, unless something starts it before. A kill before that ends it unrun.
   *
   * @param milliseconds from 0 to `Infinity`.
   */
  startLater(milliseconds: number): this {
    checkDuration(milliseconds, 'startLater(milliseconds)')
    if (this.status === CREATED && milliseconds !== Infinity && !this.interruptions?.timer) {
      const timer = new Timer<unknown>(() => void this.start(), undefined)
      this.custody().timer = timer
      this.hub.startTimer(timer, milliseconds)
    }
    return this
  }

  /**
   * Waits for its value.
   *
   * @returns what the greenlet returned, or the `GreenletExit` if it was killed.
   * @throws the error that ended it, the same object for everybody; `Timeout` when the time is up.
   * Cancel safety: nothing is lost.
   */
  get(options?: WaitOptions): Operation<T> {
    return options === undefined ? this : new Get(this, options)
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
   * @param error what to raise, a `GreenletExit` by default. Another error makes the greenlet fail with it.
   * @returns an operation like {@link Greenlet.join}. A greenlet that waits for its own end is ended there.
   */
  kill(...kill: Kill): Operation<boolean> {
    const { error, options } = readKill(kill)
    const { status } = this
    if (status === CREATED || (status === READY && this.frame === null && this.wait === null)) {
      this.finish(error ?? new GreenletExit(), true)
    } else if (status < ENDED && (error !== undefined || this.interruptions?.killedWith === undefined)) {
      const raised = error ?? new GreenletExit()
      const custody = this.custody()
      custody.killedWith = raised
      custody.grace = options?.grace
      this.interrupt(raised)
    }
    return this.join(options)
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
    for (const listener of this.listeners instanceof Set ? Array.from(this.listeners) : [this.listeners]) {
      if (listener instanceof Wait && listener.operation instanceof OnEnded && listener.operation.fn === target) {
        listener.cancel()
      }
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
  onEnded(callback: () => void, fn?: unknown): () => void {
    const wait = new Wait(new OnEnded(this, callback, fn))
    wait.begin(this)
    return () => {
      wait.cancel()
    }
  }

  /** Kills it and waits until it has ended, for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill()
  }

  /** @internal */
  beginWait(wait: Wait<T>): void {
    if (this.status < ENDED) {
      this.listen(wait)
      return
    }
    const { cargo } = this
    if (cargo instanceof Failure) {
      cargo.observers++
      wait.reject(cargo.error)
    } else wait.resolve(cargo as T)
  }

  /** @internal */
  cancelWait(wait: Wait<unknown>): void {
    this.unlisten(wait)
  }

  override undoFailure(_wait: Wait<unknown>, error: unknown): void {
    const { failure } = this
    if (failure !== undefined && error === failure.error) this.unobserve()
  }

  /** The error that ended it, and who knows of that. @internal */
  get failure(): Failure | undefined {
    const { cargo } = this
    return cargo instanceof Failure ? cargo : undefined
  }

  /** Whether the error that ended it has not to be reported. @internal */
  get observed(): boolean {
    const { failure } = this
    return failure !== undefined && failure.observers > 0
  }

  /** Marks the error that ended it, or will, as seen, so that it is not reported. @returns the error. @internal */
  observe(): unknown {
    const { failure } = this
    if (failure === undefined) {
      if (!this.dead) this.onEnded(() => this.observe())
      return undefined
    }
    failure.observers++
    return failure.error
  }

  /** Takes an `observe` back: the error is reported unless somebody else saw it. @internal */
  unobserve(): void {
    const { failure } = this
    if (failure !== undefined && --failure.observers === 0) this.hub.noteFailure(this)
  }

  /**
   * Tells `listener` when it has ended. Nearly all greenlets have one listener at most, so there is a set for those only
   * that have more.
   * @returns whether it was not listening already.
   * @internal
   */
  listen(listener: EndListener): boolean {
    const { listeners } = this
    if (listeners === null) this.listeners = listener
    else if (listeners === listener) return false
    else if (!(listeners instanceof Set)) this.listeners = new Set([listeners, listener])
    else if (listeners.has(listener)) return false
    else listeners.add(listener)
    return true
  }

  /** Takes it back. @internal */
  unlisten(listener: EndListener): void {
    const { listeners } = this
    if (listeners === listener) this.listeners = null
    else if (listeners instanceof Set) listeners.delete(listener)
  }

  override describe(): string {
    return this.toString()
  }

  override holders(): Iterable<Greenlet> {
    return [this]
  }

  /** What it is and how it stands, in one line. */
  override toString(): string {
    return `<Greenlet #${this.id} ${JSON.stringify(this.name)}>`
  }

  /** The exit that the last kill raised in it; `undefined` if there was none. @internal */
  get exit(): GreenletExit | undefined {
    const exit = this.interruptions?.killedWith
    return isExit(exit) && !this.interruptions!.holds(exit) ? exit : undefined
  }

  /** How many shields it is in. @internal */
  get shields(): number {
    return this.interruptions === null ? 0 : this.interruptions.shields
  }

  /**
   * Raises `error` where it waits, or at its next wait when it is running or shielded. What began inside of so many
   * `shields` is held off only by those that are further in.
   * @internal
   */
  interrupt(error: unknown, source?: object, shields = 0): void {
    const { wait } = this
    // A shield does not hold off what the wait itself was given as its limit.
    if (wait?.isLimitedBy(source)) {
      wait.expire(error as Error)
      return
    }
    if (this.custody().push({ error, source, shields })) this.leaveWait()
  }

  /** Takes an interruption back that was not raised yet. @internal */
  withdraw(source: object): void {
    // A wait that was left already cannot be taken up again.
    this.interruptions?.withdraw(source, this.status !== RUNNING)
  }

  /**
   * Gives back its place in a wait list, or what was handed over already: at once, and not when it comes to run, since
   * nobody may hand it anything in between.
   * @internal
   */
  leaveWait(): void {
    const { wait } = this
    if (wait === null || this.status === RUNNING) return
    this.wait = null
    wait.cancel()
    this.wake()
  }

  /** Lets the stack of an error that is raised in it say who called whom; see {@link tellCallers}. @internal */
  tellCallers(error: unknown, below?: unknown, isCall?: boolean): void {
    tellCallers(error, this, below, isCall)
  }

  /** Raises what has to be raised before the running greenlet may wait. @internal */
  checkpoint(): void {
    if (this.interruptions?.due) {
      const error = this.interruptions.shift()
      // eslint-disable-next-line @typescript-eslint/unbound-method -- it only says where the stack begins
      this.tellCallers(error, this.checkpoint)
      throw error
    }
    const { wait } = this
    if (wait !== null) {
      this.wait = null
      wait.throw(
        misuse(
          new TypeError(
            `${this.toString()} waits while ${described(wait.operation)} was yielded to a loop, not to the hub`,
          ),
        ),
      )
    }
  }

  /** What was raised in it from outside, or waits to be. @internal */
  custody(): Interruptions {
    return (this.particular().interruptions ??= new Interruptions())
  }

  /** @internal */
  wake(): void {
    if (this.status === WAITING) this.giveWay()
  }

  /** It runs from now on. @internal */
  enter(): void {
    this.status = RUNNING
  }

  /** It goes on after all that are ready. @internal */
  giveWay(): void {
    this.status = READY
    this.hub.ready(this)
  }

  /** It goes on when `wait` has ended. @internal */
  park(wait: Wait<unknown>): void {
    wait.since = this.hub.turnTime()
    this.status = WAITING
  }

  /** Runs it up to its next wait. @internal */
  resume(): void {
    const { context } = this
    if (this.status >= ENDED) return
    if (context === undefined) {
      step(this)
      // The first store of all was set in this step.
      if (this.context !== undefined) this.keepContext()
    } else if (this.hub.platform.contextIsImmutable) context.runInAsyncScope(stepAndKeepContext, null, this)
    else context.runInAsyncScope(step, null, this)
  }

  /** Takes hold of the ambient context anew: the step may have changed it. @internal */
  keepContext(): void {
    const { captureContext } = this.hub.platform
    if (captureContext !== undefined && this.status < ENDED) this.particular().context = captureContext()
  }

  /** @internal */
  dropWait(): void {
    this.wait?.cancel()
    this.wait = null
  }

  private stopTimer(): void {
    const timer = this.interruptions?.timer
    if (!timer) return
    this.hub.stopTimer(timer)
    this.interruptions.timer = null
  }

  /** @internal */
  finish(value: unknown, failed: boolean): void {
    const { status, interruptions, particulars } = this
    this.dropWait()
    if (interruptions !== null) {
      if (interruptions.forced && !failed) {
        value = interruptions.killedWith
        failed = true
      }
      this.stopTimer()
    }
    if (particulars !== null) particulars.end()
    this.status = ENDED + this.hub.ended++
    const failure = failed && !isExit(value) ? new Failure(value) : null
    this.cargo = failure ?? value
    this.frame = null
    // Who waits for the greenlet gets the same error, and is not among those who called what raised it.
    if (failure !== null) keepStack(value)
    if (this.parent?.dead) this.parent = undefined
    if (status !== CREATED) this.hub.strike(this)
    const { listeners } = this
    if (listeners !== null) {
      // One that is taken back by another that was told before is not told any more.
      if (listeners instanceof Set) for (const listener of listeners) listener.greenletEnded(this)
      else listeners.greenletEnded(this)
      this.listeners = null
    }
    if (failure?.observers === 0) this.hub.noteFailure(this)
  }
}

showAs(Greenlet, inspection)

// A proxy that is thrown may raise an error when it is looked at.
function isExit(value: unknown): value is GreenletExit {
  try {
    return value instanceof GreenletExit
  } catch {
    return false
  }
}

function step(greenlet: Greenlet): void {
  thread.greenlet = greenlet
  driveGreenlet(greenlet)
  thread.greenlet = null
}

function stepAndKeepContext(greenlet: Greenlet): void {
  step(greenlet)
  greenlet.keepContext()
}

function notAFunction(value: unknown): TypeError {
  if (isCoroutine(value)) {
    return misuse(
      new TypeError(
        'spawn(coroutine): expected the generator function, got what it returned. ' +
          'Write spawn(fn, ...args), not spawn(fn(...args))',
      ),
    )
  }
  const wanted =
    value instanceof Operation ? '`yield*` before it to wait, or spawn(() => operation)' : 'spawn(fn, ...args)'
  return misuse(new TypeError(`expected a function, got ${show(value)}; write ${wanted}`))
}
