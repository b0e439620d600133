import type { Greenlet } from '../../scheduler/greenlets/greenlet.js'
import type { Actor } from '../choices/actor.js'
import type { Due } from '../../scheduler/kernel/timers.js'
import type { Decision } from '../choices/decision.js'

/** Describes a choice in words. */
export type Describe = (choice: number) => string

/** The part of a run that an observer may see. */
export interface RunView {
  /** The virtual clock, in milliseconds. */
  readonly now: number
  /** The one that ran last. */
  readonly last: Actor | null
}

/** Observes a run, in order to tell people of it. */
export interface Observer {
  /** Candidate `index` of the decision will go on. */
  picked(run: RunView, decision: Decision, index: number): void
  /** Something was chosen that production would not have done. */
  chose(run: RunView, describe: (nameOf: (actor: Actor) => string) => string): void
  /** Somebody has come to a wait, or to the end. */
  stepped(run: RunView, actor: Actor): void
  ringing(run: RunView, timer: Due): void
  /** The greenlet is killed by the one that runs, or by a timer. */
  killed(run: RunView, greenlet: Greenlet, error: Error): void
}
