import type { Outcome, Transfer } from '../requests/transfer.js'
import { Histogram } from './histogram.js'
import { count, duration, size } from './units.js'

/** How many URLs became what, and how it went. */
export class Counts {
  readonly outcomes: Record<Outcome, number> = { fetched: 0, failed: 0, 'given up': 0, 'never begun': 0 }
  /** The number of URLs that an earlier run fetched. */
  before = 0
  private bytes = 0
  private readonly times = new Histogram()
  private readonly kinds = new Map<string, number>()

  /** Adds a URL that has come to its end. */
  add({ outcome, size, times, failure }: Transfer): void {
    this.outcomes[outcome!]++
    this.bytes += size
    if (outcome === 'fetched') this.times.add(times.total ?? 0)
    if (failure === undefined) return
    const kind = failure.kind === 'http' ? failure.code.replace('HTTP_', 'status ') : failure.kind
    this.kinds.set(kind, (this.kinds.get(kind) ?? 0) + 1)
  }

  /** Whether all were fetched. */
  get isComplete(): boolean {
    const { failed, 'given up': givenUp, 'never begun': neverBegun } = this.outcomes
    return failed + givenUp + neverBegun === 0
  }

  /** How many have come to an end by themselves. */
  get done(): number {
    return this.outcomes.fetched + this.outcomes.failed
  }

  /** The lines of the summary. @param elapsed how many milliseconds it took. */
  summary(elapsed: number): string[] {
    const { fetched, ...others } = this.outcomes
    const words = [`${count(fetched)} fetched`]
    for (const [outcome, number] of Object.entries(others)) if (number > 0) words.push(`${count(number)} ${outcome}`)
    if (this.before > 0) words.push(`${count(this.before)} fetched before`)
    const lines = [`${words.join(', ')}; ${size(this.bytes)} in ${duration(elapsed)}`]
    if (fetched > 0) {
      const [p50, p90, p99] = [0.5, 0.9, 0.99].map((part) => duration(this.times.percentile(part)))
      const seconds = Math.max(elapsed, 1) / 1000
      const pace = `${count(Math.round((this.done / seconds) * 10) / 10)}/s, ${size(Math.round(this.bytes / seconds))}/s`
      lines.push(`p50 ${p50!}, p90 ${p90!}, p99 ${p99!}; ${pace}`)
    }
    if (this.kinds.size > 0) {
      const kinds = Array.from(this.kinds).sort(([, one], [, other]) => other - one)
      lines.push(`errors: ${kinds.map(([kind, number]) => `${count(number)} ${kind}`).join(', ')}`)
    }
    return lines
  }
}
