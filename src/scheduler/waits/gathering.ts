// Waiting for several operations at a time: race, select, all, any, allSettled, wait and each are all a `Gathering`,
// and differ in their goal only. A gathering begins a wait for each operation, in order. Each wait that ends is shown
// to the goal; when the goal has enough, all that are still pending are cancelled at that moment, in the same step as
// the one that ended the last one. No other greenlet runs in between, so that exactly those operations take effect that
// are reported.
//
//     begin ─▶ part 1 begun ─▶ part 2 begun ─▶ … ─▶ parked ─ a part ends ─▶ enough? ─ no ─▶ parked
//                    └── over at once, and enough ──────────────────────────────┴─ yes ─▶ the rest is cancelled
//
// Rivals. In a race, a select and an any, only one operation may take effect. `race([queue.put(1), queue.get()])` must
// not hand its own item to itself: both would have taken effect. So while an operation that may serve others begins,
// `selecting.waiter` names the gathering, and a line passes over the waits of that gathering: its rivals. They keep
// their places. `all` has no rivals: there, the put and the get may well meet.
//
// Giving back. When the gathering itself is killed, or its result raises, what its parts have got is undone, the last
// one first, so that several items of one queue go back in order. What a part has got is in the part until then: a part
// is never delivered, it only ends.
//
// Invariants
// - A part that is BEGINNING is never cancelled by the end of the gathering: its operation is not done with it. It is
//   cancelled as soon as `begin` returns.
// - `finish` runs at most once; parts that end afterwards change nothing.
// - The outer wait is settled last, when no part is pending.
//
// Alternatives: a greenlet for each operation (an object and a stack each, and the losers take effect before they are
// killed);
// try-locks on all lines, as Go's select does (it needs an order of all queues, and knows no timeouts or promises);
// cancelling the losers when the winner runs (items handed over meanwhile would have to be undone, visibly late).

import type { Greenlet } from '../greenlets/greenlet.js'
import type { Hub } from '../kernel/hub.js'
import { Operation } from '../kernel/operation.js'
import { Wait, selecting, type Waiter } from '../kernel/wait.js'
import type { WaitOptions } from '../kernel/wait-options.js'

/** The goal of a {@link Gathering}. @internal */
export interface Goal<R> {
  /** Called for each wait that ended, with how many have; whether to stop. */
  enough(wait: Part, ended: number): boolean
  /** Makes the result; what it throws is raised. */
  result(gathered: Gathered): R
  /** Whether only one of the operations may take effect, so that they must not serve each other. */
  exclusive?: boolean
  /** Whether it gives the result of what has ended, and does not raise, when its time is up. */
  partial?: boolean
}

/** The wait for one of several operations. @internal */
export class Part extends Wait<unknown> {
  constructor(
    operation: Operation<unknown>,
    readonly index: number,
  ) {
    super(operation)
  }
}

/**
 * Waits for several operations at a time, until its goal has enough of them or all have ended. At that very moment,
 * before any other greenlet runs, the others are cancelled: exactly those take effect that are reported, and no item or
 * permit is handed to one of the others. All of `race`, `select`, `all`, `any`, `joinAll` and `wait` are this.
 * @internal
 */
export class Gathering<R> extends Operation<R, Gathered | undefined> {
  constructor(
    /** Begun in this order. */
    readonly operations: readonly Operation<unknown>[],
    private readonly goal: Goal<R>,
    options?: WaitOptions,
  ) {
    super(options)
  }

  beginWait(wait: Wait<R, Gathered | undefined>): void {
    const gathered = new Gathered(wait, this.goal)
    wait.detail = gathered
    gathered.begin(this.operations)
  }

  cancelWait(wait: Wait<R, Gathered | undefined>): void {
    wait.detail?.cancel(this.goal.partial === true && wait.expiring)
  }

  override undoWait(wait: Wait<R, Gathered | undefined>): void {
    wait.detail?.cancel(false)
  }

  // It may have failed before it began.
  override undoFailure(wait: Wait<R, Gathered | undefined>): void {
    wait.detail?.cancel(false)
  }

  override expireWait(wait: Wait<R, Gathered | undefined>, error: Error): void {
    if (this.goal.partial) wait.resolve(this.goal.result(wait.detail!))
    else wait.reject(error)
  }

  override describe(): string {
    const shown = this.operations.slice(0, 3).map((operation) => operation.describe())
    const more = this.operations.length - shown.length
    return `${shown.join(', ')}${more > 0 ? ` and ${more} more` : ''}`
  }

  override isExternal(): boolean {
    return this.operations.some((operation) => operation.isExternal())
  }

  override *holders(): Iterable<Greenlet> {
    for (const operation of this.operations) yield* operation.holders()
  }
}

/** One wait for a {@link Gathering}. @internal */
export class Gathered implements Waiter {
  readonly hub: Hub
  readonly greenlet: Greenlet | null
  /** The waits, in the order of the operations; not all of them if it was over before all were begun. */
  readonly parts: Part[] = []
  /** The parts that ended, in the order in which they did. */
  readonly ended: Part[] = []
  private missing = 0
  private over = false

  constructor(
    private readonly outer: Wait<unknown>,
    private readonly goal: Goal<unknown>,
  ) {
    this.hub = outer.hub
    this.greenlet = outer.greenlet
  }

  begin(operations: readonly Operation<unknown>[]): void {
    this.missing = operations.length
    if (this.missing === 0) this.finish()
    for (const [index, operation] of operations.entries()) {
      const part = new Part(operation, index)
      this.parts.push(part)
      const { waiter } = selecting
      if (this.goal.exclusive && operation.servesOthers?.()) selecting.waiter = this
      try {
        part.begin(this)
      } catch (error) {
        part.reject(error)
      } finally {
        selecting.waiter = waiter
      }
      // What began last may have ended one of those before it, and with it the whole.
      if (this.over) part.cancel()
      else if (part.settled) this.wake(part)
      if (this.over) return
    }
  }

  wake(part: Wait<unknown>): void {
    if (this.over) return
    this.ended.push(part as Part)
    this.missing--
    if (this.goal.enough(part as Part, this.ended.length) || this.missing === 0) this.finish()
  }

  private finish(): void {
    this.cancelPending()
    try {
      this.outer.resolve(this.goal.result(this))
    } catch (error) {
      // Nobody will see the values of those that succeeded: what they took is handed on.
      this.cancelEnded((part) => !part.failed)
      this.outer.reject(error)
    }
  }

  cancel(keepEnded: boolean): void {
    this.cancelPending()
    if (!keepEnded) this.cancelEnded(() => true)
  }

  // Backwards, so that what came out of one queue goes back into it in order.
  private cancelEnded(which: (part: Part) => boolean): void {
    for (let index = this.ended.length - 1; index >= 0; index--) {
      const part = this.ended[index]!
      if (which(part)) part.cancel()
    }
  }

  private cancelPending(): void {
    this.over = true
    for (const part of this.parts) if (part.pending && !part.beginning) part.cancel()
  }
}
