import type { Decision } from '../decision.js'
import type { Random } from '../random.js'
import type { RunRecord, Strategy } from '../strategy.js'

/** Several strategies in turn, each learning from the runs of all: what one cannot find another does. */
export class Portfolio implements Strategy {
  private current: Strategy
  private turn = 0

  constructor(private readonly strategies: readonly Strategy[]) {
    this.current = strategies[0]!
  }

  begin(random: Random): boolean {
    this.current = this.strategies[this.turn++ % this.strategies.length]!
    return this.current.begin(random)
  }

  pick(decision: Decision): number {
    return this.current.pick(decision)
  }

  choose(count: number): number {
    return this.current.choose(count)
  }

  rare(count: number): number {
    return this.current.rare(count)
  }

  end(record: RunRecord): void {
    for (const strategy of this.strategies) strategy.end(record)
  }
}
