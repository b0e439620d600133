import { selecting, type Wait } from './wait.js'

/**
 * The waits that are parked on one thing, first come first served. Adding and removing are O(1): the links are in the
 * waits themselves, since a wait is parked in one place only. Every primitive keeps those whom it makes wait in one of
 * these. (Trio: `ParkingLot`.)
 */
export class WaitList<T> {
  /** The wait that has been there longest, `null` if there is none. */
  first: Wait<T> | null = null
  private last: Wait<T> | null = null
  private lastDrained: Wait<unknown> | null = null
  /** How many waits there are. */
  size = 0

  /** The first that may be served now: not one that is a rival of the one that is beginning. @internal */
  get firstToServe(): Wait<T> | null {
    return selecting.waiter === null ? this.first : this.firstNonRival()
  }

  private firstNonRival(): Wait<T> | null {
    let wait = this.first
    while (wait?.rival) wait = wait.after
    return wait
  }

  /** Parks `wait` behind all the others. */
  add(wait: Wait<T>): void {
    wait.before = this.last
    if (this.last === null) this.first = wait
    else this.last.after = wait
    this.last = wait
    this.size++
  }

  /** Takes `wait`, which must be parked here, out. */
  remove(wait: Wait<T>): void {
    const { before, after } = wait
    if (before === null) this.first = after
    else before.after = after
    if (after === null) this.last = before
    else after.before = before
    wait.before = wait.after = null
    this.size--
  }

  /** Takes the first one out; `null` when nobody is parked here. */
  shift(): Wait<T> | null {
    const wait = this.first
    if (wait !== null) this.remove(wait)
    return wait
  }

  /**
   * Whether a greenlet that `drain` let go on has not done so yet: one that comes now and need not wait lets it go first
   * (`resolveLast`). @internal
   */
  get waking(): boolean {
    if (this.lastDrained === null) return false
    if (this.lastDrained.settled) return true
    this.lastDrained = null
    return false
  }

  /** Takes all of them out and hands each to `visit`; those that are parked meanwhile stay for the next time. */
  drain(visit: (wait: Wait<T>) => void): void {
    for (let count = this.size; count > 0; count--) {
      const wait = this.shift()
      if (wait === null) return
      visit(wait)
      // It may be a part of what its greenlet waits for.
      const parked = wait.greenlet?.wait
      if (parked?.settled) this.lastDrained = parked
    }
  }

  /** Those who are parked here, in order; for reports. */
  *[Symbol.iterator](): Generator<Wait<T>> {
    for (let wait = this.first; wait !== null; wait = wait.after) yield wait
  }
}
