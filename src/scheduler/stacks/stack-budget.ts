import type { Budget } from '../checks/captured-stack.js'

/** So many stacks can be captured at once, and as many again in each second that follows. */
const STACKS_A_SECOND = 1000

/**
 * Says whether a stack may be captured now. Capturing one costs ten times as much as spawning a greenlet; a thousand of
 * them a second cost half a percent of it. A program that spawns by hand has the stack of every spawn; one that spawns
 * 100,000 at once has those of the first thousand.
 * @internal
 */
export class StackBudget implements Budget {
  private left = STACKS_A_SECOND
  private refused = 0
  private filledAt = 0

  constructor(private readonly clock: { now(): number }) {}

  /** Whether there is budget for one more. */
  take(): boolean {
    if (this.left === 0 && !this.refill()) return false
    this.left--
    return true
  }

  /** Takes off so many more that were captured along with it. */
  spend(stacks: number): void {
    this.left = Math.max(0, this.left - stacks)
  }

  // An empty budget looks at the clock at every 256th request only: the clock is dearer than half a spawn.
  private refill(): boolean {
    if ((++this.refused & 255) !== 1) return false
    const now = this.clock.now()
    if (now - this.filledAt < 1000) return false
    this.filledAt = now
    this.left = STACKS_A_SECOND
    return true
  }
}
