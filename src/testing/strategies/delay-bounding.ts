import type { Decision } from '../choices/decision.js'
import type { Random } from '../choices/random.js'
import type { RunRecord } from '../choices/strategy.js'
import { RandomMoments } from './random-moments.js'
import { RandomWalk } from './random-walk.js'

/**
 * Does what happens in production but for `delays` random moments, at which the next candidate is passed over, once
 * or for a while. The natural search for a runtime that serves first come first, and what it finds
 * differs from production in few places.
 * (Emmi, Qadeer and Rakamarić, POPL 2011.)
 */
export class DelayBounding extends RandomWalk {
  private readonly moments: RandomMoments

  constructor(delays: number) {
    super()
    this.moments = new RandomMoments(delays)
  }

  override begin(random: Random): boolean {
    this.moments.begin(random)
    return super.begin(random)
  }

  override pick(decision: Decision): number {
    if (!this.moments.next()) return 0
    const other = 1 + this.random.below(decision.count - 1)
    return decision.canHold && this.random.chance(0.5) ? other + decision.count : other
  }

  override end(record: RunRecord): void {
    super.end(record)
    this.moments.end(record.picks)
  }
}
