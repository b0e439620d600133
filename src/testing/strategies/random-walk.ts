import type { Decision } from '../choices/decision.js'
import type { Random } from '../choices/random.js'
import type { RunRecord, Strategy } from '../choices/strategy.js'

/**
 * How often a run takes an exception; one of these is drawn for each run, so that many runs take none at all. Where there
 * are few opportunities the others take so many, about, anyway.
 */
const RARITIES = [
  { rate: 0, times: 0 },
  { rate: 0, times: 0 },
  { rate: 0.02, times: 1 },
  { rate: 0.1, times: 2 },
]
/** An exception that is no more seldom than the rule is none. */
const MOST_OFTEN = 0.5

/**
 * Goes on with any candidate, each as likely as the other. Strong wherever few switches in any place break the
 * program; hopeless where one greenlet has to make many steps without another in between.
 */
export class RandomWalk implements Strategy {
  protected random!: Random
  private rarity = 0
  private opportunities = Infinity

  begin(random: Random): boolean {
    this.random = random
    const { rate, times } = RARITIES[random.below(RARITIES.length)]!
    this.rarity = Math.min(Math.max(rate, times / this.opportunities), MOST_OFTEN)
    return true
  }

  pick(decision: Decision): number {
    return this.random.below(decision.count)
  }

  choose(count: number): number {
    return this.random.below(count)
  }

  rare(count: number): number {
    return this.rarity > 0 && this.random.chance(this.rarity) ? 1 + this.random.below(count - 1) : 0
  }

  end({ rares }: RunRecord): void {
    this.opportunities = Math.max(1, rares)
  }
}
