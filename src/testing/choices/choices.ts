import { misuse } from '../../scheduler/checks/errors.js'
import { show } from '../../scheduler/checks/show.js'
import type { Decision } from './decision.js'
import type { Strategy } from './strategy.js'

/** The one source of all choices of a run: asks the strategy, and records what it says. */
export class Choices {
  /** The choices, in order; 0 is the one of production. */
  readonly values: number[] = []
  /** How many possibilities there were each time. */
  readonly counts: number[] = []
  /** The choices between other things than greenlets that are ready. */
  readonly others: number[] = []
  /** How many of them were about who goes on. */
  picks = 0
  /** How many of them were about whether there is an exception. */
  rares = 0
  /**
   * Whether everything is as in production from now on. A strategy may let one greenlet spin for ever while the one that
   * it waits for is never run; in production's fair order only what is truly stuck goes on for ever. (Coyote does this.)
   */
  isFair = false

  constructor(private readonly strategy: Strategy) {}

  /** Picks the greenlet that goes on. */
  pick(decision: Decision): number {
    this.picks++
    const { count } = decision
    const choice = this.isFair ? 0 : this.strategy.pick(decision)
    if (!(choice >= 0 && (choice < count || (decision.canHold && choice > count && choice < 2 * count)))) {
      throw badChoice(choice, count)
    }
    return this.note(choice, count)
  }

  /** One of `count` possibilities of equal right. */
  choose(count: number): number {
    return this.noteOther(this.isFair ? 0 : this.strategy.choose(count), count)
  }

  /** The same, where the first is the rule and the others are the exceptions. */
  rare(count: number): number {
    this.rares++
    return this.noteOther(this.isFair ? 0 : this.strategy.rare(count), count)
  }

  private noteOther(value: number, count: number): number {
    this.others.push(value)
    return this.note(value, count)
  }

  private note(value: number, count: number): number {
    this.values.push(value)
    this.counts.push(count)
    return value
  }
}

function badChoice(choice: unknown, count: number): RangeError {
  return misuse(
    new RangeError(
      `strategy.pick(decision) must return the number of one of ${count} candidates, returned ${show(choice)}`,
    ),
  )
}
