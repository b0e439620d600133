import type { Greenlet } from '../scheduler/greenlet.js'
import type { Due } from '../scheduler/timers.js'
import type { Decision } from './decision.js'
import type { World } from './world.js'

/** Is told what happens in a {@link World}, in order to tell it to people. */
export interface Observer {
  /** Candidate `index` of the decision will go on. */
  picked(world: World, decision: Decision, index: number): void
  /** Something else was chosen. */
  chose(world: World, choice: number, describe: (choice: number) => string): void
  /** The greenlet made a step: it waits, is ready again, or has ended. */
  stepped(world: World, greenlet: Greenlet): void
  ringing(world: World, timer: Due): void
}
