import type { Decision } from './decision.js'
import type { Random } from './random.js'

/** The choices of a run, and out of how many each time. */
export interface RunChoices {
  readonly values: readonly number[]
  readonly counts: readonly number[]
  /** The choices between other things than greenlets that are ready. */
  readonly others: readonly number[]
}

/** The record of a run that is over. */
export interface RunRecord {
  /** The choice at each decision, in order; 0 is the one of production. */
  readonly choices: readonly number[]
  /** How many candidates each of them had. */
  readonly counts: readonly number[]
  /** How many of them were about who goes on. */
  readonly picks: number
  /** How many of them were about whether there is an exception. */
  readonly rares: number
  /** How many steps each greenlet made, by its number. */
  readonly stepsOf: readonly number[]
  /** The number of the greenlet that spawned it, by its number; 0 for none. */
  readonly parentOf: readonly number[]
}

/**
 * Makes the choices of a run: each strategy is another way of looking for the schedule that breaks a program.
 * Whatever it answers is recorded, so that no strategy has to be able to repeat itself.
 */
export interface Strategy {
  /**
   * Begins a run.
   *
   * @param random where all its chance comes from.
   * @returns `false` when it has nothing left to try.
   */
  begin(random: Random): boolean
  /** Picks the greenlet that goes on: the number of a candidate, see {@link Decision}. Asked only where there are two or more. */
  pick(decision: Decision): number
  /** One of `count` possibilities of equal right: a number from 0. */
  choose(count: number): number
  /** The same for possibilities of which the first is the rule, and the others are the exceptions. */
  rare(count: number): number
  /** Learns how the run went. */
  end(record: RunRecord): void
}
