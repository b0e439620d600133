import type { Decision } from '../choices/decision.js'
import type { Random } from '../choices/random.js'
import type { RunRecord, Strategy } from '../choices/strategy.js'

/**
 * Does what happens in production but for `count` random moments, whatever is decided there. Such a failure is
 * described by that few decisions.
 */
export class FewExceptions implements Strategy {
  private readonly moments = new Set<number>()
  private random!: Random
  private position = 0
  private length = 1

  constructor(private readonly count: number) {}

  begin(random: Random): boolean {
    this.random = random
    this.moments.clear()
    for (let moment = 0; moment < this.count; moment++) this.moments.add(random.below(this.length))
    this.position = 0
    return true
  }

  pick(decision: Decision): number {
    const { count } = decision
    const choice = this.choose(count)
    return choice > 0 && decision.canHold && this.random.chance(0.5) ? choice + count : choice
  }

  choose(count: number): number {
    return this.moments.has(this.position++) ? 1 + this.random.below(count - 1) : 0
  }

  rare(count: number): number {
    return this.choose(count)
  }

  end({ choices }: RunRecord): void {
    this.length = Math.max(1, choices.length)
  }
}
