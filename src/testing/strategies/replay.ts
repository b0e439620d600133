import type { Decision } from '../choices/decision.js'
import type { RunRecord, Strategy } from '../choices/strategy.js'

/** Repeats choices that were recorded; after the last of them it does what happens in production. */
export class Replay implements Strategy {
  private position = 0

  constructor(protected choices: readonly number[]) {}

  begin(): boolean {
    this.position = 0
    return true
  }

  pick({ count, canHold }: Decision): number {
    const choice = this.next(canHold ? 2 * count : count)
    return choice === count ? 0 : choice
  }

  choose(count: number): number {
    return this.next(count)
  }

  rare(count: number): number {
    return this.next(count)
  }

  end(_record: RunRecord): void {
    // There is nothing to learn.
  }

  // A shrunk list meets other decisions than the one it was made from, so a choice may be out of their range.
  protected next(count: number): number {
    const choice = this.choices[this.position++] ?? 0
    return choice < count ? choice : 0
  }
}
