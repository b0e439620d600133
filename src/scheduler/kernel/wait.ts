// A wait is one caller parked on one operation. Timers, lines, promises and races all hold waits and nothing else, so
// that every way to end one (a result, a timeout, a signal, a kill, a lost race) goes through this file.
//
//                      beginWait returns                     the waiter sees it
//     FRESH ─▶ BEGINNING ─────────────▶ PARKED ─ settle ─▶ SETTLED ──────────────▶ OVER
//                  │                    │    │             FAILED                    ▲
//                  └────── settle ──────┼────┼───────────▶ SETTLED_LAST ── cancel ───┤ undoWait, undoFailure
//                                       │    └───────────────────────── cancel ──────┘ cancelWait
//                                       ▼ ▲
//                                     EXPIRING   cancelWait, then expireWait or the signal's reason
//
// FRESH         made, and not begun: `yield*` has not asked for its first result.
// BEGINNING     `operation.beginWait` runs. It may settle the wait at once; nothing is woken then, since nobody sleeps.
// PARKED        somebody else will settle it. Limits (a timer, a signal) exist from here on, and end with this state.
// EXPIRING      a limit is up: the operation lets go as if cancelled, and then decides on the result. It is the one
//               state that is left backwards, to PARKED, so that settling it wakes the waiter in the ordinary way.
// SETTLED       it has a value that has not been seen yet. FAILED: an error. SETTLED_LAST: a value, but all greenlets
//               that are ready run first, if it was BEGINNING.
// OVER          delivered, or cancelled. Nothing leads out of it.
//
// Invariants
// - A wait settles at most once: `resolve` and `reject` return false afterwards, and what they were given went nowhere.
// - Exactly one of these happens: the waiter sees the result; `cancelWait` is called, while PARKED or EXPIRING;
//   `undoWait` or `undoFailure` is called, as the waiter was killed before its next step. So no item is lost.
// - Settling runs no code of a program, so it is safe in the middle of a change of state.
// - A wait is in one line at a time, so the links of the line are fields of it, and removing it is O(1).
//
// Alternatives: a promise for each wait (three allocations, and no way to take a place back); cancellation that is
// seen at the next checkpoint only, as in Trio (a permit could be held by a greenlet that was killed before it ran); a
// queue of results beside the wait (the value is a field: a parked greenlet is 400 bytes, and every field counts).

import type { Hub } from './hub.js'
import type { Operation } from './operation.js'
import type { Greenlet } from './runnable.js'
import { described } from '../checks/show.js'
import { WaitLimits } from './wait-limits.js'
import type { WaitOptions } from './wait-options.js'

/** The waiter, woken when a wait ends. */
export interface Waiter {
  /** The scheduler on which it waits. */
  readonly hub: Hub
  /** The greenlet on whose behalf is waited; `null` for a promise outside of all greenlets. */
  readonly greenlet: Greenlet | null
  /** Called once, when the wait has ended with a result. */
  wake(wait: Wait<unknown>): void
}

// See the essay above; in this order, so that one comparison tells the stages apart.
export const FRESH = 0
const BEGINNING = 1
export const PARKED = 2
const EXPIRING = 3
export const SETTLED = 4
export const FAILED = 5
export const SETTLED_LAST = 6
export const OVER = 7

/** The waiter that is beginning several waits of which only one may take effect. @internal */
export const selecting: { waiter: Waiter | null } = { waiter: null }

/**
 * One wait for an operation: what is parked, in one place only. That of a `yield*` is in `wait-iterator.ts`.
 *
 * @typeParam T what the operation gives.
 * @typeParam D what the operation keeps in {@link Wait.detail}.
 */
export class Wait<T, D = unknown, O extends Operation<T, D> = Operation<T, D>> {
  /** @internal */
  done = false
  /** While parked the wait itself (this is what the hub receives), afterwards what it got. @internal */
  value: unknown = this
  /** @internal */
  before: Wait<T, D, O> | null = null
  /** @internal */
  after: Wait<T, D, O> | null = null
  /** When a greenlet was parked in it, in milliseconds of the hub's clock. @internal */
  since = 0
  /** Free for the operation, which sets it before anything reads it: the number of an item, an undo function. */
  detail: D = undefined as D
  /** See the essay above. @internal */
  protected status: number = FRESH
  private waiter: Waiter | null = null
  private limits: WaitLimits | null = null

  /** @param operation what is waited for; {@link Wait.begin} starts the wait. */
  constructor(
    /** The operation that is waited for. */
    readonly operation: O,
  ) {}

  /** The greenlet that waits, if it is one. */
  get greenlet(): Greenlet | null {
    return this.waiter!.greenlet
  }

  /** The scheduler on which it waits. */
  get hub(): Hub {
    return this.waiter!.hub
  }

  // A wait that only waits for its time is among the timers itself, and keeps its place there in `detail`: a field
  // would make every parked greenlet larger.
  /** @internal */
  get tick(): number {
    return Number(this.detail)
  }

  /** @internal */
  set tick(tick: number) {
    this.detail = tick as D
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
    return this.status <= PARKED
  }

  /** Whether its operation is about to begin it. @internal */
  get beginning(): boolean {
    return this.status === BEGINNING
  }

  /** Whether it is being cancelled because its time is up, and not because the waiter was killed. @internal */
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

  /** Whether only this one or the one that is beginning may take effect: they must not serve each other. @internal */
  get rival(): boolean {
    return this.waiter === selecting.waiter
  }

  /** Whether it has begun and has not ended. @internal */
  get parked(): boolean {
    return this.status === PARKED
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
    return this.settle(value, SETTLED_LAST)
  }

  /** Ends the wait with an error. @returns whether the wait was still on. */
  reject(error: unknown): boolean {
    return this.settle(error, FAILED)
  }

  /** Ends the wait with a value or an error, as `outcome` says. @returns whether it was still on. @internal */
  settle(value: unknown, outcome: typeof SETTLED | typeof FAILED | typeof SETTLED_LAST): boolean {
    const { status } = this
    if (status > PARKED) return false
    this.value = value
    this.status = outcome
    if (status === PARKED) {
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
    if (this.status !== BEGINNING) return
    this.status = PARKED
    if (options !== undefined) this.limit(options)
  }

  private limit(options: WaitOptions): void {
    try {
      this.limits = new WaitLimits(this, options)
      // It may have been aborted by what began the wait.
      if (options.signal?.aborted) this.abort(options.signal.reason)
    } catch (error) {
      // A Timeout that was closed, say. The wait is parked already and must not stay there.
      this.abort(error)
    }
  }

  /**
   * Ends the wait without a result, and gives back what it may have got already. The caller that does so is not to blame
   * for an operation that fails to release it, and the greenlet that waits has to go on anyway: such an error is
   * reported and goes nowhere else.
   *
   * @param stage what the wait is in from now on.
   * @returns whether it was on.
   * @internal
   */
  cancel(stage: typeof EXPIRING | typeof OVER = OVER): boolean {
    const { status, operation } = this
    this.status = stage
    if (status < PARKED || status === EXPIRING || status === OVER) return false
    if (this.limits !== null) this.stopLimits()
    try {
      if (status === PARKED) operation.cancelWait(this)
      else if (status === FAILED) operation.undoFailure(this, this.value)
      else operation.undoWait(this, this.value as T)
    } catch (error) {
      const what = status === PARKED ? 'giving up a wait' : 'taking back a result'
      this.hub.raise(`${described(operation)}: ${what} failed`, error)
    }
    return true
  }

  /** Whether what it waits for holds interruptions off, see {@link Operation.holdsOff}. @internal */
  get isHeldOff(): boolean {
    return this.operation.holdsOff?.(this) === true
  }

  /** Raises an error in the work for which it waits, see {@link Operation.interruptWait}. @internal */
  interrupt(error: unknown): boolean {
    return this.status === PARKED && this.operation.interruptWait?.(this, error) === true
  }

  /** A limit is up: the operation says what becomes of the wait. @internal */
  expire(error: Error): void {
    if (!this.leave()) return
    try {
      this.operation.expireWait(this, error)
    } catch (raised) {
      this.reject(raised)
    }
  }

  /** The signal was aborted. @internal */
  abort(reason: unknown): void {
    if (this.leave()) this.reject(reason)
  }

  private leave(): boolean {
    if (this.status !== PARKED) return false
    this.cancel(EXPIRING)
    this.status = PARKED
    return true
  }

  /** Whether a generator is parked on it by `yield*`, so that a probe reaches it. @internal */
  delegated = false

  /** Whether this wait is the one that the timeout `source` limits. @internal */
  isLimitedBy(source: object): boolean {
    return this.status === PARKED && this.limits?.timeout === source
  }

  private stopLimits(): void {
    this.limits?.stop()
    this.limits = null
  }
}
