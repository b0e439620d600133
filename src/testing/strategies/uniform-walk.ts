import type { Decision, Task } from '../choices/decision.js'
import type { Random } from '../choices/random.js'
import type { RunRecord } from '../choices/strategy.js'
import { RandomWalk } from './random-walk.js'

/**
 * A random walk that goes on with a greenlet the more likely, the more steps it has before it. So each interleaving of
 * the whole is about equally likely, and one greenlet that makes a step where another makes thirty is not always done
 * first. How many steps each has is learnt from the run before; those of greenlets that are not there yet count for the
 * one that will spawn them. (Uniform random walk: Zhao et al., ASPLOS 2025.)
 */
export class UniformWalk extends RandomWalk {
  private expected: number[] = []
  private parents: readonly number[] = []
  private left: number[] = []
  private known = 0
  private readonly weights: number[] = []

  override begin(random: Random): boolean {
    this.left = Array.from(this.expected)
    this.known = 0
    return super.begin(random)
  }

  override pick(decision: Decision): number {
    const { weights } = this
    const { count } = decision
    let sum = 0
    for (let index = 0; index < count; index++) {
      const weight = decision.isTimer(index) ? 1 : this.weightOf(decision.candidate(index) as Task)
      weights[index] = weight
      sum += weight
    }
    let point = this.random.below(sum)
    let index = 0
    while (point >= weights[index]!) point -= weights[index++]!
    if (!decision.isTimer(index)) this.spend((decision.candidate(index) as Task).id)
    return index
  }

  private weightOf({ id }: Task): number {
    // A greenlet that has appeared speaks for itself from now on.
    while (this.known < id) this.detach(++this.known)
    return Math.max(1, this.left[id] ?? 1)
  }

  private detach(id: number): void {
    for (let above = this.parents[id] ?? 0; above > 0; above = this.parents[above] ?? 0) {
      this.left[above]! -= this.left[id] ?? 0
    }
  }

  private spend(id: number): void {
    if (id < this.left.length) this.left[id]!--
  }

  override end(record: RunRecord): void {
    super.end(record)
    const { stepsOf, parentOf } = record
    const expected = Array.from(stepsOf, (steps) => steps ?? 0)
    // A child has a higher number than its parent.
    for (let id = expected.length - 1; id > 0; id--) {
      const parent = parentOf[id] ?? 0
      if (parent > 0) expected[parent]! += expected[id]!
    }
    this.expected = expected
    this.parents = Array.from(parentOf)
  }
}
