import type { Decision } from '../choices/decision.js'
import type { RunRecord } from '../choices/strategy.js'
import { Replay } from './replay.js'

/**
 * Tries every schedule there is, once: repeats a run up to the last decision that has a candidate left, and takes that.
 * For tiny programs only; where it comes to an end it has proved that no schedule breaks the program.
 */
export class Exhaustive extends Replay {
  private isDone = false

  constructor() {
    super([])
  }

  override begin(): boolean {
    super.begin()
    return !this.isDone
  }

  override pick({ count }: Decision): number {
    return this.next(count)
  }

  override end({ choices, counts }: RunRecord): void {
    let last = choices.length - 1
    while (last >= 0 && choices[last]! + 1 >= counts[last]!) last--
    this.isDone = last < 0
    this.choices = this.isDone ? [] : [...choices.slice(0, last), choices[last]! + 1]
  }
}
