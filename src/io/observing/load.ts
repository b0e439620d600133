import { monitorEventLoopDelay, PerformanceObserver, performance, type EventLoopUtilization } from 'node:perf_hooks'

/** How the event loop and the heap of the thread stand. */
export interface Load {
  /** How much of the time since the last look the loop was busy, from 0 to 1. */
  readonly utilization: number
  /** By how many milliseconds the loop was late: the middle, the 99th of a hundred, the worst. */
  readonly delay: { readonly p50: number; readonly p99: number; readonly max: number }
  /** How many milliseconds garbage collection has taken since the observation began. */
  readonly collected: number
  /** Bytes. */
  readonly heap: number
  readonly memory: number
}

/** Milliseconds between two looks of Node at its loop; it counts them as delay. */
const RESOLUTION = 10
/** After so many milliseconds without a question, nobody looks any more. */
const ABANDONED = 10_000

/** Measures the loop while somebody looks, and stops by itself when nobody has for a while. */
export class LoadMeter {
  private stop: (() => void) | null = null
  private delay: ReturnType<typeof monitorEventLoopDelay> | undefined
  private utilization: EventLoopUtilization | undefined
  private collected = 0
  private timer: NodeJS.Timeout | undefined

  /** @param lasts whether it goes on for ever once it was read. */
  constructor(private readonly lasts: boolean = false) {}

  read(): Load {
    if (this.stop === null) this.begin()
    this.timer?.refresh()
    const { delay } = this
    const current = performance.eventLoopUtilization()
    const { utilization } = performance.eventLoopUtilization(current, this.utilization)
    this.utilization = current
    const late = (nanoseconds: number): number =>
      Number.isFinite(nanoseconds) ? Math.max(0, Math.round(nanoseconds / 1e5 - RESOLUTION * 10) / 10) : 0
    const { heapUsed, rss } = process.memoryUsage()
    const load = {
      utilization: Number.isFinite(utilization) ? utilization : 0,
      delay:
        delay!.max === 0
          ? { p50: 0, p99: 0, max: 0 }
          : { p50: late(delay!.percentile(50)), p99: late(delay!.percentile(99)), max: late(delay!.max) },
      collected: this.collected,
      heap: heapUsed,
      memory: rss,
    }
    delay!.reset()
    return load
  }

  private begin(): void {
    this.delay = monitorEventLoopDelay({ resolution: RESOLUTION })
    this.delay.enable()
    this.utilization = performance.eventLoopUtilization()
    const collections = new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) this.collected += duration
    })
    collections.observe({ entryTypes: ['gc'] })
    this.stop = () => {
      this.delay!.disable()
      collections.disconnect()
      this.stop = null
    }
    if (this.lasts) return
    this.timer = setTimeout(() => this.stop?.(), ABANDONED)
    this.timer.unref()
  }
}
