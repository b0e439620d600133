import type { Task } from '../choices/decision.js'

/**
 * The greenlets that a timer has woken, and that have not run since. However slow the machine is, a hub serves them in
 * the order of their deadlines: one of a later moment may not run as long as one of an earlier moment has not.
 */
export class WakeOrder {
  private readonly first: Task[] = []
  private time = 0
  private later: { readonly task: Task; readonly time: number }[] = []

  /** Whether there are any. */
  get isBusy(): boolean {
    return this.first.length > 0
  }

  /** A timer of this moment wakes it. @returns whether it may run; otherwise a call of `ran` gives it back. */
  wake(task: Task, time: number): boolean {
    const { first } = this
    if (first.length > 0 && time > this.time) {
      this.later.push({ task, time })
      return false
    }
    this.time = time
    first.push(task)
    return true
  }

  /** It runs now. @returns those that may run after it. */
  ran(task: Task): Task[] {
    const { first, later } = this
    const index = first.indexOf(task)
    if (index !== -1) first.splice(index, 1)
    if (first.length > 0 || later.length === 0) return []
    // Time does not go back, so the first to be woken is first in the list.
    this.time = later[0]!.time
    for (const { task, time } of later) if (time === this.time) first.push(task)
    this.later = later.slice(first.length)
    return Array.from(first)
  }
}
