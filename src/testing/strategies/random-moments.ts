import type { Random } from '../choices/random.js'

/** Random moments of a run that is about as long as the one before. */
export class RandomMoments {
  private readonly moments = new Set<number>()
  private position = 0
  private length = 1

  constructor(private readonly count: number) {}

  /** Draws the moments of the next run. */
  begin(random: Random): void {
    this.moments.clear()
    for (let moment = 0; moment < this.count; moment++) this.moments.add(random.below(this.length))
    this.position = 0
  }

  /** Goes on to the next moment. @returns whether it is one of those that were drawn. */
  next(): boolean {
    return this.moments.has(this.position++)
  }

  /** Notes how long the run was. */
  end(length: number): void {
    this.length = Math.max(1, length)
  }
}
