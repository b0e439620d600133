import type { Greenlet } from '../../scheduler/greenlets/greenlet.js'
import type { Due } from '../../scheduler/kernel/timers.js'
import type { Decision } from '../choices/decision.js'
import type { World } from '../world/world.js'

/** What a choice means, in words. */
export type Describe = (choice: number) => string

/** Is told what happens in a {@link World}, in order to tell it to people. */
export interface Observer {
  /** Candidate `index` of the decision will go on. */
  picked(world: World, decision: Decision, index: number): void
  /** Something was chosen that production would not have done. */
  chose(world: World, describe: (nameOf: (greenlet: Greenlet) => string) => string): void
  /** The greenlet has come to a wait, or to its end. */
  stepped(world: World, greenlet: Greenlet): void
  ringing(world: World, timer: Due): void
  /** The greenlet is killed by the one that runs, or by a timer. */
  killed(world: World, greenlet: Greenlet, error: Error): void
}
