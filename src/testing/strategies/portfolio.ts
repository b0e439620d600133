import type { Decision } from '../choices/decision.js'
import type { Random } from '../choices/random.js'
import type { RunRecord, Strategy } from '../choices/strategy.js'

/**
 * Several strategies in turn: what one cannot find another does. Each learns from its own runs, and all from those that
 * were made before the first of them.
 */
export class Portfolio implements Strategy {
  private current: Strategy | null = null
  private turn = 0

  constructor(private readonly strategies: readonly Strategy[]) {}

  begin(random: Random): boolean {
    this.current = this.strategies[this.turn++ % this.strategies.length]!
    return this.current.begin(random)
  }

  pick(decision: Decision): number {
    return this.current!.pick(decision)
  }

  choose(count: number): number {
    return this.current!.choose(count)
  }

  rare(count: number): number {
    return this.current!.rare(count)
  }

  end(record: RunRecord): void {
    const learning = this.current === null ? this.strategies : [this.current]
    for (const strategy of learning) strategy.end(record)
  }
}
