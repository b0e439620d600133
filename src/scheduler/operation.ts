import type { Greenlet } from './greenlet.js'
import type { Hub } from './hub.js'
import { checkSignal, onAbort } from './abort-signals.js'
import { checkDuration } from './duration.js'
import { LightError, NotInGreenletError, misuse, noteRaised } from './errors.js'
import { showAs } from './inspect.js'
import { show } from './show.js'
import { PARKED_FRAMES, captureInto } from './stack.js'
import { thread } from './thread.js'
import { Timer } from './timers.js'
import { Timeout } from './timeout.js'

let made: ((operation: Operation<unknown>) => void) | null = null

/** Has `listener` told of each operation as soon as there is one, before its constructor has run. @internal */
export function onOperationMade(listener: (operation: Operation<unknown>) => void): void {
  made = listener
}

/** What every waiting call takes. */
export interface WaitOptions {
  /**
   * The limit in milliseconds, or a `Timeout`. When it expires, a call that asks *whether* (`wait`, `join`,
   * `acquire`) gives `false` or `undefined`; a call that must deliver raises the `Timeout`.
   */
  timeout?: number | Timeout | null | undefined
  /** When it aborts, the wait raises its `reason`. */
  signal?: AbortSignal | null | undefined
}

/**
 * Anything that can be waited for: `yield* operation` inside a greenlet, `await operation` elsewhere. It is lazy
 * (nothing happens before somebody waits) and can be waited for again and again, by many at a time.
 *
 * To make a new one, extend this class: {@link Operation.beginWait} either ends the given {@link Wait} at once or
 * keeps it somewhere, usually in a `WaitList`, for the one who will end it; {@link Operation.cancelWait} takes it out
 * again; {@link Operation.undoWait} gives back what a wait received but never delivered. These three are the whole
 * contract of cancellation. (Trio: `wait_task_rescheduled`, Kotlin: prompt cancellation guarantee.)
 */
export abstract class Operation<T> implements Promise<T> {
  /** Limits of each wait for this operation. */
  declare readonly options: WaitOptions | undefined

  /**
   * @param options limits of each wait for it; the errors about wrong ones name the class.
   * @throws TypeError, RangeError when `timeout` or `signal` cannot be one.
   */
  constructor(options?: WaitOptions) {
    if (made !== null) made(this)
    // Those without any share the one on the prototype: an operation is made for every wait.
    if (options !== undefined)
      (this as { options: WaitOptions | undefined }).options = checkWaitOptions(options, callName(this))
  }

  /** Starts a wait: ends it at once (`resolve`, `reject`), or sees to it that somebody ends it later. */
  abstract beginWait(wait: Wait<T>): void

  /** The wait is over without a result: whatever `beginWait` did has to be undone, so that nothing reaches it. */
  abstract cancelWait(wait: Wait<T>): void

  /** The wait got `value` but whoever waited was killed before it could see it: hand it on to the next one. */
  undoWait(_wait: Wait<T>, _value: T): void {
    // Most operations take nothing away from others.
  }

  /** The wait was to raise `error` but whoever waited was killed before it could see it: let it not be lost. */
  undoFailure(_wait: Wait<T>, _error: unknown): void {
    // Most errors concern nobody but the one who waits.
  }

  /** The wait's own timeout is up, and it was cancelled: `error` is what a call that must deliver raises. */
  expireWait(wait: Wait<T>, error: Error): void {
    wait.reject(error)
  }

  /** Whether beginning it may end waits of others, who must not be rivals of it in a `select` then. @internal */
  servesOthers(): boolean {
    return false
  }

  /** What is waited for, for reports: `Queue "jobs".get`. */
  describe(): string {
    return this.constructor.name
  }

  /**
   * Whether the world outside of the hub ends its waits, a promise or I/O. The clock of a simulation stands still while
   * somebody waits for that.
   */
  isExternal(): boolean {
    return false
  }

  /** Who would have to act for a wait to go on, for reports: the owners of a lock, say. */
  holders(): Iterable<Greenlet> {
    return []
  }

  /** Waits inside a greenlet: `yield* operation`. */
  [Symbol.iterator](): Wait<T> {
    return new Wait(this)
  }

  /** Waits outside of greenlets: `await operation`. */
  then<A = T, B = never>(
    onFulfilled?: ((value: T) => A | PromiseLike<A>) | null,
    onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return outside(this).then(onFulfilled, onRejected)
  }

  /** As that of a promise. */
  catch<B = never>(onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null): Promise<T | B> {
    return this.then(undefined, onRejected)
  }

  /** As that of a promise. */
  finally(onFinally?: (() => void) | null): Promise<T> {
    return this.then().finally(onFinally)
  }

  /** It can stand wherever a promise is asked for. */
  // eslint-disable-next-line @typescript-eslint/class-literal-property-style -- a field would be one more an operation
  get [Symbol.toStringTag](): string {
    return 'Operation'
  }
}

// eslint-disable-next-line @typescript-eslint/no-floating-promises -- it gives the prototype back
Object.defineProperty(Operation.prototype, 'options', { configurable: true, writable: true, value: undefined })

/**
 * Checks the options of a waiting call.
 *
 * @param where the call, for the message.
 * @returns the options.
 * @throws TypeError, RangeError for what is none.
 * @internal
 */
export function checkWaitOptions(options: WaitOptions, where: string): WaitOptions {
  if (typeof options !== 'object' || options === null || options instanceof Timeout) throw notOptions(options, where)
  const { timeout, signal } = options
  if (timeout !== undefined && timeout !== null && !(timeout instanceof Timeout)) {
    checkDuration(timeout, `${where}: { timeout }`)
  }
  checkSignal(signal, where)
  return options
}

// Its constructor has not run yet, so that nothing but its class is known: `Get` is what `get` makes.
function callName({ constructor: { name } }: object): string {
  return name.charAt(0).toLowerCase() + name.slice(1)
}

showAs(Operation, (operation: Operation<unknown>) => `<${described(operation)}>`)

/** What an operation says that it is; its class if it fails to say so. @internal */
export function described(operation: Operation<unknown>): string {
  try {
    return operation.describe()
  } catch {
    return operation.constructor.name
  }
}

function notOptions(options: unknown, where: string): TypeError {
  const wanted = typeof options === 'number' ? String(options) : options instanceof Timeout ? 'timeout' : 'milliseconds'
  return misuse(
    new TypeError(`${where}: expected options, got ${show(options)}; write { timeout: ${wanted} } for a limit`),
  )
}

/** The one who is woken when a wait ends. */
export interface Waiter {
  /** The scheduler on which it waits. */
  readonly hub: Hub
  /** The greenlet on whose behalf is waited; `null` for a promise outside of all greenlets. */
  readonly greenlet: Greenlet | null
  /** Called once, when the wait has ended with a result. */
  wake(wait: Wait<unknown>): void
}

const FRESH = 0
const BEGINNING = 1
const PENDING = 2
const EXPIRING = 3
const SETTLED = 4
const FAILED = 5
const SETTLED_LAST = 6
const OVER = 7

/** Sent into a parked generator in place of a value: its wait notes the stack and stays parked. @internal */
export const probe: unique symbol = Symbol('probe')
/** Where a probed wait leaves the stack. @internal */
export const probed: { stack?: string } = {}

/** The waiter that is beginning several waits of which only one may take effect. @internal */
export const selecting: { waiter: Waiter | null } = { waiter: null }

/**
 * One wait for an operation: what is parked, in one place only. It is the iterator that `yield*` drives, and its own
 * iterator result, so that a wait costs one object: a generator in its place would cost 23 ns more at each resumption.
 */
export class Wait<T> implements Iterator<Wait<T>, T, unknown> {
  /** @internal */
  done = false
  /** While parked the wait itself (this is what the hub receives), afterwards what it got. @internal */
  value: unknown = this
  /** @internal */
  before: Wait<T> | null = null
  /** @internal */
  after: Wait<T> | null = null
  /** When a greenlet was parked in it, in milliseconds of the hub's clock. @internal */
  since = 0
  /** Free for the operation: an item to hand over, an undo function. */
  detail: unknown = undefined
  private status = FRESH
  private waiter: Waiter | null = null
  private limits: Limits | null = null

  /** @param operation what is waited for; {@link Wait.begin} starts the wait. */
  constructor(
    /** What is waited for. */
    readonly operation: Operation<T>,
  ) {}

  /** The greenlet that waits, if it is one. */
  get greenlet(): Greenlet | null {
    return this.waiter!.greenlet
  }

  /** The scheduler on which it waits. */
  get hub(): Hub {
    return this.waiter!.hub
  }

  // A wait can be among the timers itself.
  /** @internal */
  get tick(): number {
    return this.detail as number
  }

  /** @internal */
  set tick(tick: number) {
    this.detail = tick
  }

  // Of one who joins a greenlet: its operation finds it ended now.
  /** @internal */
  greenletEnded(): void {
    this.operation.beginWait(this)
  }

  /** @internal */
  ring(): void {
    this.resolve(undefined as T)
  }

  /** Whether nobody has ended it yet. */
  get pending(): boolean {
    return this.status <= PENDING
  }

  /** Whether its operation is about to begin it. @internal */
  get beginning(): boolean {
    return this.status === BEGINNING
  }

  /** Whether it is being cancelled because its time is up, and not because the one who waits was killed. @internal */
  get expiring(): boolean {
    return this.status === EXPIRING
  }

  /** Whether it got its result, and nobody has seen it yet. @internal */
  get settled(): boolean {
    return this.status >= SETTLED && this.status < OVER
  }

  /** Whether it got its result at once, and lets the others that are ready go on before it does. @internal */
  get givesWay(): boolean {
    return this.status === SETTLED_LAST
  }

  /** Whether only this one or the one that is beginning may take effect: the two must not serve each other. @internal */
  get rival(): boolean {
    return this.waiter === selecting.waiter
  }

  /** Whether it has begun and has not ended. @internal */
  get parked(): boolean {
    return this.status === PENDING
  }

  /** Whether `value` is an error to be raised. @internal */
  get failed(): boolean {
    return this.status === FAILED
  }

  /** Ends the wait with a value. @returns whether the wait was still on: `false` means the value went nowhere. */
  resolve(value: T): boolean {
    return this.settle(value, SETTLED)
  }

  /**
   * Ends the wait with a value, as {@link Wait.resolve} does; but if it has only just begun, all greenlets that are
   * ready go on first. For an operation that has just made somebody else ready, who is to act before it is over.
   */
  resolveLast(value: T): boolean {
    return this.settle(value, this.status === BEGINNING ? SETTLED_LAST : SETTLED)
  }

  /** Ends the wait with an error. @returns whether the wait was still on. */
  reject(error: unknown): boolean {
    return this.settle(error, FAILED)
  }

  private settle(value: unknown, outcome: typeof SETTLED | typeof FAILED | typeof SETTLED_LAST): boolean {
    const { status } = this
    if (status > PENDING) return false
    this.value = value
    this.status = outcome
    if (status === PENDING) {
      if (this.limits !== null) this.stopLimits()
      this.waiter!.wake(this)
    }
    return true
  }

  /** Begins to wait on behalf of `waiter`. The wait may be over when this returns. @internal */
  begin(waiter: Waiter): void {
    const { operation } = this
    const { options } = operation
    this.waiter = waiter
    this.status = BEGINNING
    if (options?.signal?.aborted) {
      this.reject(options.signal.reason)
      return
    }
    operation.beginWait(this)
    // A cast, because the compiler does not see that beginWait may have changed it.
    if (this.status !== BEGINNING) return
    this.status = PENDING
    if (options !== undefined) this.limit(options)
  }

  private limit(options: WaitOptions): void {
    try {
      this.limits = new Limits(this, options)
      // It may have been aborted by what began the wait.
      if (options.signal?.aborted) this.abort(options.signal.reason)
    } catch (error) {
      // A Timeout that was closed, say. The wait is parked already and must not stay there.
      this.abort(error)
    }
  }

  /**
   * Ends the wait without a result, and gives back what it may have got already.
   * @returns whether it was on.
   * @internal
   */
  cancel(): boolean {
    const { status } = this
    this.status = OVER
    if (status === PENDING) {
      if (this.limits !== null) this.stopLimits()
      this.leave()
      return true
    }
    const settled = status >= SETTLED && status < OVER
    if (settled) this.giveBack(status === FAILED)
    return settled
  }

  // Whoever ends a wait is not to blame for an operation that fails to let go of it, and the greenlet that waits has to
  // go on all the same: such an error is reported and goes nowhere else.
  private leave(): void {
    try {
      this.operation.cancelWait(this)
    } catch (error) {
      this.hub.complain(`${described(this.operation)}: giving up a wait failed`, error)
    }
  }

  private giveBack(failed: boolean): void {
    try {
      if (failed) this.operation.undoFailure(this, this.value)
      else this.operation.undoWait(this, this.value as T)
    } catch (error) {
      this.hub.complain(`${described(this.operation)}: taking back a result failed`, error)
    }
  }

  /** A limit is up: the operation says what becomes of the wait. @internal */
  expire(error: Error): void {
    this.endEarly(() => {
      try {
        this.operation.expireWait(this, error)
      } catch (raised) {
        this.reject(raised)
      }
    })
  }

  /** The signal was aborted. @internal */
  abort(reason: unknown): void {
    this.endEarly(() => {
      this.reject(reason)
    })
  }

  private endEarly(settle: () => void): void {
    if (this.status !== PENDING) return
    this.stopLimits()
    this.status = EXPIRING
    this.leave()
    this.status = PENDING
    settle()
  }

  /** Whether a generator is parked on it by `yield*`, so that a probe reaches it. @internal */
  delegated = false

  /** Whether this wait is the one that the timeout `source` limits. @internal */
  isLimitedBy(source: object | undefined): boolean {
    return source !== undefined && this.status === PENDING && this.limits?.timeout === source
  }

  private stopLimits(): void {
    this.limits?.stop()
    this.limits = null
  }

  /** @internal */
  [Symbol.iterator](): this {
    return this
  }

  /** @internal */
  next(sent?: unknown): IteratorResult<Wait<T>, T> {
    if (this.settled && sent !== probe) return this.deliver()
    if (this.status === FRESH) {
      const { greenlet } = thread
      if (greenlet === null) throw notInGreenlet(this.operation)
      greenlet.checkpoint()
      this.begin(greenlet)
      const { settled } = this
      if (settled && !this.givesWay && greenlet.hub.givesWay === null) return this.deliver()
      greenlet.wait = this
      this.delegated = true
      return settled ? { done: false, value: this } : (this as unknown as IteratorResult<Wait<T>, T>)
    }
    if (sent === probe) {
      // eslint-disable-next-line @typescript-eslint/unbound-method -- it only says where the stack begins
      captureInto(probed, this.next, PARKED_FRAMES)
      return this as unknown as IteratorResult<Wait<T>, T>
    }
    throw this.disown()
  }

  // Not the hub drives the generator that waits here: a loop does, or another greenlet. Whoever is parked on the wait
  // would never be woken, so that one gets the error too.
  private disown(): NotInGreenletError {
    const error = notDriven(this.operation)
    const { greenlet } = this
    this.abort(error)
    if (greenlet === thread.greenlet && greenlet?.wait === this) greenlet.wait = null
    return error
  }

  private deliver(): IteratorResult<Wait<T>, T> {
    const { failed } = this
    this.status = OVER
    if (failed) throw this.value
    this.done = true
    return this as unknown as IteratorResult<Wait<T>, T>
  }

  /** @internal */
  throw(error: unknown): IteratorResult<Wait<T>, T> {
    if (this.status === PENDING) this.disown()
    else if (this.status === FAILED && this.value === error) this.status = OVER
    else this.cancel()
    // eslint-disable-next-line @typescript-eslint/unbound-method -- it only says where the stack begins
    if (error instanceof LightError && thread.hub.stacks.take()) noteRaised(error, this.throw)
    throw error
  }

  /** @internal */
  return(value: T): IteratorResult<Wait<T>, T> {
    if (this.status === PENDING) throw this.disown()
    this.cancel()
    return { done: true, value }
  }
}

/** What can end a wait early; apart from the wait, since few waits have any. */
class Limits {
  private readonly timer: Timer<Limits> | null = null
  readonly timeout: Timeout | null = null
  readonly shields = 0
  private readonly unwatch: (() => void) | null = null

  constructor(
    private readonly wait: Wait<unknown>,
    { timeout, signal }: WaitOptions,
  ) {
    if (timeout instanceof Timeout) {
      this.timeout = timeout
      // One that runs already interrupts the greenlet, which asks the wait whether it is the one meant.
      if (!timeout.pending) timeout.startFor(this)
    } else if (typeof timeout === 'number') {
      this.timer = new Timer<Limits>(Limits.expire, this)
      wait.hub.startTimer(this.timer, timeout)
    }
    if (signal) this.unwatch = onAbort(signal, this)
  }

  get hub(): Hub {
    return this.wait.hub
  }

  stop(): void {
    if (this.timer !== null) this.hub.stopTimer(this.timer)
    if (this.timeout?.isFor(this)) this.timeout.cancel()
    this.unwatch?.()
  }

  interrupt(error: Error): void {
    this.wait.expire(error)
  }

  withdraw(): void {
    // What it interrupts is ended at once.
  }

  aborted(reason: unknown): void {
    this.wait.abort(reason)
  }

  private static expire(this: void, limits: Limits): void {
    limits.wait.expire(new Timeout(limits.wait.operation.options!.timeout as number))
  }
}

/** Waits on behalf of a promise. */
class Outside implements Waiter {
  readonly greenlet = null

  constructor(
    readonly hub: Hub,
    private readonly onFulfilled: (value: never) => void,
    private readonly onRejected: (reason: unknown) => void,
  ) {}

  wake(wait: Wait<unknown>): void {
    this.hub.outside.delete(wait)
    if (wait.failed) this.onRejected(wait.value)
    else this.onFulfilled(wait.value as never)
  }
}

function outside<T>(operation: Operation<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const { hub } = thread
    const wait = new Wait(operation)
    const waiter = new Outside(hub, resolve, reject)
    wait.begin(waiter)
    if (wait.settled) waiter.wake(wait)
    else hub.outside.add(wait)
  })
}

/** @internal */
export function notInGreenlet(operation: Operation<unknown>): NotInGreenletError {
  return misuse(
    new NotInGreenletError(
      `yield* ${described(operation)}: no greenlet runs here, so nobody can wait. ` +
        'Start the function with spawn(fn) or run(fn), or write `await` in place of `yield*`',
    ),
  )
}

/** @internal */
export function notDriven(operation: Operation<unknown>): NotInGreenletError {
  return misuse(
    new NotInGreenletError(
      `yield* ${described(operation)}: it stands in a generator that is not driven by the hub but by a loop, a spread, ` +
        'a destructuring or a second greenlet. Delegate to that generator with `yield*`, or run it with spawn()',
    ),
  )
}
