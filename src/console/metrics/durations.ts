import type { Exchange } from '../../io/observing/events/exchange.js'

/** The upper bounds of the buckets of a histogram, in seconds: those of Prometheus. */
export const BOUNDS: readonly number[] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

/** How long the requests of one method took that got one status. */
export interface DurationSeries {
  /** The method of the requests. */
  readonly method: string
  /** 0 when there was no response. */
  readonly status: number
  /** The number of requests. */
  readonly count: number
  /** All together, in milliseconds. */
  readonly milliseconds: number
  /**
   * How many took at most 5, 10, 25, 50, 100, 250 and 500 milliseconds, 1, 2.5, 5 and 10 seconds. Those of a bucket are in
   * all the later ones, too.
   */
  readonly buckets: readonly number[]
}

interface Series {
  readonly method: string
  readonly status: number
  count: number
  milliseconds: number
  readonly buckets: number[]
}

/** So many methods and statuses are kept apart: a program may fetch with methods of its own making. */
const MOST = 200

/** Histograms by method and status. */
export class Durations {
  private readonly byKey = new Map<string, Series>()

  add({ method, status, milliseconds }: Exchange): void {
    const series = this.seriesOf(method.toUpperCase(), status)
    series.count++
    series.milliseconds += milliseconds
    // The first that fits; the later ones are summed up when they are read.
    const index = BOUNDS.findIndex((bound) => milliseconds <= bound * 1000)
    if (index !== -1) series.buckets[index]!++
  }

  series(): DurationSeries[] {
    return Array.from(this.byKey.values(), ({ buckets, ...series }) => {
      let sum = 0
      return { ...series, buckets: buckets.map((count) => (sum += count)) }
    })
  }

  private seriesOf(method: string, status: number): Series {
    const key = `${method} ${status}`
    const known = this.byKey.get(key)
    if (known !== undefined) return known
    if (this.byKey.size >= MOST && method !== 'OTHER') return this.seriesOf('OTHER', status)
    const series = { method, status, count: 0, milliseconds: 0, buckets: BOUNDS.map(() => 0) }
    this.byKey.set(key, series)
    return series
  }
}
