import type { Decision } from '../choices/decision.js'
import type { Random } from '../choices/random.js'
import type { RunRecord } from '../choices/strategy.js'
import { RandomMoments } from './random-moments.js'
import { RandomWalk } from './random-walk.js'

/** How often a greenlet may give way of its own accord and go on at once; one of these is drawn for each run. */
const PATIENCE = [0, 0, 4, 20]

/**
 * Probabilistic concurrency testing: each greenlet gets a random priority, and the first of all that can run always
 * does, but for `depth` − 1 random moments at which the running one falls behind all others. A bug that needs `depth`
 * orderings to be just so is found with a probability of at least 1 / (n · k^(depth−1)) for n greenlets and k
 * decisions.
 * (Burckhardt et al., ASPLOS 2010.) A greenlet that gives way of its own accord falls behind too, which is Shuttle's: a
 * greenlet that spins would hide the rest of the program. In some runs it may do so several times before that, since
 * otherwise some orders would be out of reach.
 */
export class Pct extends RandomWalk {
  private readonly priorities = new Map<object, number>()
  private readonly changes: RandomMoments
  private last: object | null = null
  private patience = 0
  private yields = 0
  private lowest = 0

  constructor(depth: number) {
    super()
    this.changes = new RandomMoments(depth - 1)
  }

  override begin(random: Random): boolean {
    this.priorities.clear()
    this.changes.begin(random)
    this.last = null
    this.lowest = 0
    this.patience = PATIENCE[random.below(PATIENCE.length)]!
    return super.begin(random)
  }

  override pick(decision: Decision): number {
    const { last } = this
    if (last !== null && decision.yielded === last) this.yields++
    const isChange = this.changes.next()
    if (last !== null && (isChange || this.yields > this.patience)) {
      this.priorities.set(last, --this.lowest)
      this.yields = 0
    }
    let best = 0
    let highest = -Infinity
    for (let index = 0; index < decision.count; index++) {
      const priority = this.priorityOf(decision.candidate(index))
      if (priority <= highest) continue
      highest = priority
      best = index
    }
    this.last = decision.candidate(best)
    return best
  }

  private priorityOf(candidate: object): number {
    let priority = this.priorities.get(candidate)
    if (priority === undefined) {
      priority = this.random.fraction()
      this.priorities.set(candidate, priority)
    }
    return priority
  }

  override end(record: RunRecord): void {
    super.end(record)
    this.changes.end(record.picks)
  }
}
