import type { Decision } from '../choices/decision.js'
import type { Random } from '../choices/random.js'
import type { RunRecord } from '../choices/strategy.js'
import { RandomWalk } from './random-walk.js'

/**
 * Does what happens in production but for `delays` random moments, at which the next candidate is passed over, once
 * or for a while. The natural search for a runtime that serves first come first, and what it finds
 * differs from production in few places.
 * (Emmi, Qadeer and Rakamarić, POPL 2011.)
 */
export class DelayBounding extends RandomWalk {
  private readonly moments = new Set<number>()
  private position = 0
  private length = 1

  constructor(private readonly delays: number) {
    super()
  }

  override begin(random: Random): boolean {
    this.moments.clear()
    for (let delay = 0; delay < this.delays; delay++) this.moments.add(random.below(this.length))
    this.position = 0
    return super.begin(random)
  }

  override pick(decision: Decision): number {
    if (!this.moments.has(this.position++)) return 0
    const other = 1 + this.random.below(decision.count - 1)
    return decision.canHold && this.random.chance(0.5) ? other + decision.count : other
  }

  override end(record: RunRecord): void {
    super.end(record)
    this.length = Math.max(1, record.picks)
  }
}
