// What is to be raised in a greenlet from outside: kills, timeouts, signals and failed siblings of a scope. They wait here,
// in the order in which they came, until the greenlet is at a place where an error can be raised.
//
// Raising.   A parked greenlet leaves its wait at the very moment of the interruption, not when it comes to run: otherwise
//            a permit or an item could be handed to it in between. The error is raised when it runs. A running greenlet
//            gets the error at its next wait. One that never ran ends without running.
// Shields.   A shield holds off what began outside of it. So each interruption carries the number of shields that the
//            greenlet was in when its source (the timeout, the scope) began: with n shields now, those of fewer than n
//            wait. What began inside of a shield, such as the limit of a cleanup, works in it as ever. A kill begins
//            outside of everything.
// Taking back. A timeout that is cancelled after it has expired, and before its error was raised, takes the error back
//            (`withdraw`). A wait that was left for it cannot be taken up again; then the error stays, unless a shield
//            holds it off.
// Kills.     The first kill counts: a second one must not interrupt the cleanup that the first has begun, unless it brings
//            an error of its own. `killedWith` remembers it. A time limit may be up at the same moment, and come first; if that
//            ends the greenlet before the kill has its turn, the kill has ended it: its killer wants no report.
// Grace.     A greenlet may catch a kill and wait on. It has `grace` milliseconds for that, outside of shields; then it
//            is reported and ended by force: every `yield` is answered with `return`, so that each `finally` runs and no
//            `catch` does. A `finally` that yields for ever is dropped after 1,000 of those answers.
//
// Invariants
// - Each interruption is raised once, or taken back; `due` says whether one can be raised now.
// - What has ended a greenlet is never replaced by an interruption that came later: cleanup of the library runs in a
//   shield (`protect`).
// - Nearly no greenlet ever has an interruption, so this object is made for the first one.
//
// Alternatives: a flag that is asked at every wait (it costs every switch, and says nothing about the order);
// counting shields alone (a timeout inside of a shield would not work); level-triggered cancellation as in Trio, where
// every wait of a cancelled task fails again (a `finally` that must wait would need a shield, always).

import { Timeout } from '../timeout.js'
import type { Timer } from '../timers.js'

/** Something to be raised in a greenlet. */
interface Interruption {
  readonly error: unknown
  /** The timeout or scope that it comes from. */
  readonly source: object | undefined
  /** How many shields the greenlet was in when that began: those do not hold it off. */
  readonly shields: number
}

/**
 * The exceptions that were raised in a greenlet from outside, or wait to be: apart from the greenlet, because few ever have any.
 * @internal
 */
export class Interruptions {
  /** How many shields the greenlet is in: what began outside of the innermost is not raised. */
  shields = 0
  /** The exception of the last kill, `undefined` if there was none. */
  killedWith: unknown = undefined
  /**
   * Whether one was raised and the greenlet has not waited outside of all shields since, so that it cleans up: then a
   * shield is entered although another is pending, since every `finally` has to have its turn.
   */
  unwinding = false
  /** A kill was ignored for too long, in a shield. */
  overdue = false
  /** How long, in milliseconds, a kill may be ignored; `undefined` for the hub's own limit. */
  grace: number | undefined = undefined
  /** Of a later start; after a kill, of the time for which it may be ignored. */
  timer: Timer | null = null
  /** Every yield is answered with `return()`, because a kill was ignored for too long. */
  forced = false
  /** How often that was done. */
  forcedReturns = 0
  // The error that was raised last, if another was due right behind it.
  private overtaken: unknown = undefined
  private readonly queue: Interruption[] = []

  /** Whether something has to be raised now. */
  get due(): boolean {
    return this.queue.length > 0 && this.firstDue() !== -1
  }

  /** Adds an error. @returns whether it has to be raised now. */
  push(interruption: Interruption): boolean {
    this.queue.push(interruption)
    return interruption.shields >= this.shields
  }

  /** Takes the first error out that has to be raised now. */
  shift(): unknown {
    this.unwinding = true
    const [{ error }] = this.queue.splice(this.firstDue(), 1) as [Interruption]
    this.overtaken = this.due ? error : undefined
    return error
  }

  /** Whether `error` was raised while another was due right behind it, which still is. */
  isOvertaken(error: unknown): boolean {
    return this.overtaken === error && this.due
  }

  /** Whether the last kill has ended the greenlet, and not `value`: a limit that it has overtaken, or what a forced end gave. */
  isEndByKill(value: unknown, failed: boolean): boolean {
    if (!failed) return this.forced
    return Timeout.isLimit(value) && this.isOvertaken(value) && this.isKillPending
  }

  /** Drops what came from `source`; with `heldOff` only what a shield holds off. */
  withdraw(source: object, heldOff: boolean): void {
    const index = this.queue.findIndex((interruption) => interruption.source === source)
    if (index !== -1 && !(heldOff && this.isDue(this.queue[index]!))) this.queue.splice(index, 1)
  }

  /** Whether the error of the last kill was not raised yet. */
  get isKillPending(): boolean {
    return this.killedWith !== undefined && this.queue.some(({ error }) => error === this.killedWith)
  }

  private firstDue(): number {
    for (let index = 0; index < this.queue.length; index++) if (this.isDue(this.queue[index]!)) return index
    return -1
  }

  private isDue({ shields }: Interruption): boolean {
    return shields >= this.shields
  }
}
