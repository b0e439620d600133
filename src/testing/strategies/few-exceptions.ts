import type { Decision } from '../choices/decision.js'
import type { Random } from '../choices/random.js'
import type { RunRecord, Strategy } from '../choices/strategy.js'
import { RandomMoments } from './random-moments.js'

/**
 * Does what happens in production but for `count` random moments, whatever is decided there. Such a failure is
 * described by that few decisions.
 */
export class FewExceptions implements Strategy {
  private readonly moments: RandomMoments
  private random!: Random

  constructor(count: number) {
    this.moments = new RandomMoments(count)
  }

  begin(random: Random): boolean {
    this.random = random
    this.moments.begin(random)
    return true
  }

  pick(decision: Decision): number {
    const { count } = decision
    const choice = this.choose(count)
    return choice > 0 && decision.canHold && this.random.chance(0.5) ? choice + count : choice
  }

  choose(count: number): number {
    return this.moments.next() ? 1 + this.random.below(count - 1) : 0
  }

  rare(count: number): number {
    return this.choose(count)
  }

  end({ choices }: RunRecord): void {
    this.moments.end(choices.length)
  }
}
