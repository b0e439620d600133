/** Each bucket ends so much later than the one before: percentiles are exact to half of it. */
const STEP = 1.02
const LEAST = 0.1

/** Times, of which percentiles can be asked, in a room that does not grow with their number. */
export class Histogram {
  private readonly buckets = new Float64Array(1200)
  private count = 0

  /** @param milliseconds a time. */
  add(milliseconds: number): void {
    const index = Math.round(Math.log(Math.max(milliseconds, LEAST) / LEAST) / Math.log(STEP))
    this.buckets[Math.min(index, this.buckets.length - 1)]!++
    this.count++
  }

  /** The time within which that part of all were done, in milliseconds. */
  percentile(part: number): number {
    let left = Math.ceil(this.count * part)
    const index = this.buckets.findIndex((count) => (left -= count) <= 0)
    return LEAST * STEP ** Math.max(index, 0)
  }
}
