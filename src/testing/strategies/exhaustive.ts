import type { Decision } from '../choices/decision.js'
import type { RunRecord, Strategy } from '../choices/strategy.js'

/**
 * Tries every schedule there is, once: repeats a run up to the last decision that has a candidate left, and takes that.
 * For tiny programs only; where it comes to an end it has proved that no schedule breaks the program.
 */
export class Exhaustive implements Strategy {
  private prefix: number[] | null = []
  private position = 0

  begin(): boolean {
    this.position = 0
    return this.prefix !== null
  }

  pick(decision: Decision): number {
    return this.next(decision.count)
  }

  choose(count: number): number {
    return this.next(count)
  }

  rare(count: number): number {
    return this.next(count)
  }

  private next(count: number): number {
    const choice = this.prefix![this.position++] ?? 0
    return choice < count ? choice : 0
  }

  end({ choices, counts }: RunRecord): void {
    let last = choices.length - 1
    while (last >= 0 && choices[last]! + 1 >= counts[last]!) last--
    this.prefix = last < 0 ? null : [...choices.slice(0, last), choices[last]! + 1]
  }
}
