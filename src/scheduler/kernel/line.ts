import { Operation } from './operation.js'
import type { Greenlet } from './runnable.js'
import type { WaitOptions } from './wait-options.js'
import { selecting, SETTLED, SETTLED_LAST, type Wait } from './wait.js'

/**
 * The waits that are parked on one thing, first come first served. Adding and removing are O(1): the links are in the
 * waits themselves, since a wait is parked in one place only. (Trio: `ParkingLot`.)
 *
 * Whatever makes it possible that somebody goes on (a release, a put, an item that came) changes the state of the thing
 * and then calls {@link Line.serve}, the only loop in the library that wakes those who wait in a line.
 *
 * @typeParam T what the waits give.
 * @typeParam D what they keep in their `detail`.
 * @typeParam O what they wait for; an {@link Attempt} where they are to be served.
 */
export class Line<T = unknown, D = unknown, O extends Operation<T, D> = Attempt<T, D>> {
  /** The wait that has been there longest, `null` if there is none. */
  first: Wait<T, D, O> | null = null
  private last: Wait<T, D, O> | null = null
  private lastServed: Wait<unknown> | null = null
  /** How many waits there are. */
  size = 0
  private serving = false

  /** The first that may be served now: not one that is a rival of the one that is beginning. @internal */
  get firstToServe(): Wait<T, D, O> | null {
    return selecting.waiter === null ? this.first : this.firstNonRival()
  }

  private firstNonRival(): Wait<T, D, O> | null {
    let wait = this.first
    while (wait?.rival) wait = wait.after
    return wait
  }

  /** Parks `wait` behind all the others. */
  add(wait: Wait<T, D, O>): void {
    wait.before = this.last
    if (this.last === null) this.first = wait
    else this.last.after = wait
    this.last = wait
    this.size++
  }

  /** Takes `wait`, which must be parked here, out. */
  remove(wait: Wait<T, D, O>): void {
    const { before, after } = wait
    if (before === null) this.first = after
    else before.after = after
    if (after === null) this.last = before
    else after.before = before
    wait.before = wait.after = null
    this.size--
  }

  /**
   * Serves those in front, in order, until one is not ready. Serving one may make others ready, in this line too; that
   * is left to the loop that runs already, so that a thousand that follow from one another take one stack frame.
   */
  serve(this: Line<T, D>): void {
    let wait = this.first
    if (wait === null || this.serving) return
    this.serving = true
    while (wait !== null) {
      if (selecting.waiter !== null) wait = this.firstNonRival()
      if (!wait?.operation.isReady(wait)) break
      this.remove(wait)
      wait.operation.complete(wait)
      wait = this.first
    }
    this.serving = false
  }

  /** Whether {@link Line.serve} is running, and will look at it again. */
  get isBeingServed(): boolean {
    return this.serving
  }

  /** Takes the first one out; `null` when nothing is parked here. */
  shift(): Wait<T, D, O> | null {
    const wait = this.first
    if (wait !== null) this.remove(wait)
    return wait
  }

  /** Notes that `wait` was served, if that lets a greenlet continue; see {@link Line.waking}. @internal */
  noteWaking({ greenlet }: Claim): void {
    // It may be a part of what its greenlet waits for.
    const wait = greenlet?.wait
    if (wait?.settled) this.lastServed = wait
  }

  /**
   * Whether a greenlet that was served has not continued yet: one that comes now and is ready lets it go first.
   * @internal
   */
  get waking(): boolean {
    if (this.lastServed === null) return false
    if (this.lastServed.settled) return true
    this.lastServed = null
    return false
  }

  /** Takes all of them out and ends each by `end`; those that are parked meanwhile stay. For a close or a reset. */
  endAll(end: (wait: Wait<T, D, O>) => void): void {
    for (let count = this.size; count > 0; count--) {
      const wait = this.shift()
      if (wait === null) return
      end(wait)
    }
  }

  /** Iterates over the waits that are parked here, in order; for reports. */
  *[Symbol.iterator](): Generator<Wait<T, D, O>> {
    for (let wait = this.first; wait !== null; wait = wait.after) yield wait
  }
}

/** Whom an attempt is made for, and where it leaves what an undo will need: a wait, or nothing but that. */
export interface Claim<D = unknown> {
  /** The greenlet on whose behalf it is made; `null` for code outside of all greenlets. */
  readonly greenlet: Greenlet | null
  /** As that of a {@link Wait}. */
  detail: D
}

/**
 * An operation that is performed as soon as it is ready, and parks in a {@link Line} until then. A primitive is its
 * state, its lines, and an attempt for each of its calls:
 *
 * ```ts
 * class Pass extends Attempt<void> {
 *   constructor(private readonly door: Door) { super() }
 *   get line() { return this.door.line }
 *   isReady() { return this.door.isOpen }
 *   perform() {}
 * }
 * ```
 */
export abstract class Attempt<T, D = unknown> extends Operation<T, D> {
  /** Where it parks. */
  abstract get line(): Line

  /**
   * Whether it can be performed now. It takes no notice of those in line: an owner may pass them, and who comes first
   * is the affair of {@link Line.serve}.
   */
  abstract isReady(claim: Claim<D>): boolean

  /**
   * Performs it, at a moment when it is ready.
   * @returns its result.
   * @throws the error of the call. Nothing was done then.
   */
  abstract perform(claim: Claim<D>): T

  /** Performs it for a wait, and ends that. @internal */
  complete(wait: Wait<T, D>): void {
    let value: T
    try {
      value = this.perform(wait)
    } catch (error) {
      wait.reject(error)
      return
    }
    wait.settle(value, this.givesWay ? SETTLED_LAST : SETTLED)
  }

  beginWait(wait: Wait<T, D, this>): void {
    if (this.isReady(wait)) this.complete(wait)
    else this.line.add(wait)
  }

  cancelWait(wait: Wait<T, D, this>): void {
    this.line.remove(wait)
  }

  /** Whether those that are ready, one that it has just made so above all, continue before it does. @internal */
  // eslint-disable-next-line @typescript-eslint/class-literal-property-style -- a field would be one more an operation
  get givesWay(): boolean {
    return false
  }
}

/** An attempt on a thing that has the line. @internal */
export abstract class AttemptOn<S extends { readonly line: Line }, T, D = unknown> extends Attempt<T, D> {
  constructor(
    protected readonly source: S,
    options: WaitOptions | undefined,
  ) {
    super(options)
  }

  get line(): Line {
    return this.source.line
  }
}

/** An attempt that asks *whether*: it gives `true` when it is ready, and `false` when its time is up. */
export abstract class Question extends Attempt<boolean> {
  perform(): boolean {
    return true
  }

  override expireWait(wait: Wait<boolean>): void {
    wait.resolve(false)
  }
}
