import type { Decision } from '../decision.js'
import type { Random } from '../random.js'
import type { RunRecord, Strategy } from '../strategy.js'

/** How often a run takes an exception; one of these is drawn for each run, so that many runs take none at all. */
const RARITIES = [0, 0, 0.02, 0.1]

/**
 * Goes on with any candidate, each as likely as the other. Strong wherever few switches in any place break the
 * program; hopeless where one greenlet has to make many steps without another in between.
 */
export class RandomWalk implements Strategy {
  protected random!: Random
  private rarity = 0

  begin(random: Random): boolean {
    this.random = random
    this.rarity = RARITIES[random.below(RARITIES.length)]!
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

  end(_record: RunRecord): void {
    // There is nothing to learn.
  }
}
