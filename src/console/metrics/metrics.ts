import { thread } from '../../scheduler/kernel/thread.js'
import { watchLostErrors } from '../../io/observing/events/messages.js'
import { fetchChannels, requestChannels } from '../../io/observing/events/exchange.js'
import { watchHub } from '../../io/observing/events/hub-events.js'
import { LoadMeter } from '../../io/observing/load.js'
import { ThingFinder, type Thing } from '../../io/observing/things.js'
import { Durations, type DurationSeries } from './durations.js'

/** How this thread stands, and what it has counted: see {@link metrics}. Times are milliseconds. */
export interface Metrics {
  /** Since the program began: how many greenlets were made, and have ended; and how many are alive. */
  readonly greenlets: { readonly made: number; readonly ended: number; readonly alive: number }
  /** The number of timers that are set. */
  readonly timers: number
  /** The number of promises outside of greenlets that wait. */
  readonly outside: number
  /** The number of kills since the first call. */
  readonly kills: number
  /** The number of errors since the first call that ended a greenlet and were never observed. */
  readonly lostErrors: number
  /** The load of the event loop. */
  readonly loop: {
    /** How much of the time since the last call the event loop was busy, from 0 to 1. */
    readonly utilization: number
    /** By how much it was late since the last call: the middle, the 99th of a hundred, the worst. */
    readonly delay: { readonly p50: number; readonly p99: number; readonly max: number }
  }
  /** The time that garbage collection has taken since the first call. */
  readonly garbageCollection: number
  /** The bytes of the heap in use. */
  readonly heap: number
  /** The bytes of resident memory. */
  readonly memory: number
  /** Requests that servers have answered since the first call, by method and status. */
  readonly requests: readonly DurationSeries[]
  /** Fetches since the first call, by method and status. */
  readonly fetches: readonly DurationSeries[]
  /** The locks, queues and other things that greenlets wait for, those first for which most do; at most 100. */
  readonly things: readonly Thing[]
}

class Collector {
  private readonly meter = new LoadMeter(true)
  private readonly requests = new Durations()
  private readonly fetches = new Durations()
  private kills = 0
  private lostErrors = 0

  constructor() {
    watchHub({
      killed: () => {
        this.kills++
      },
      ...watchLostErrors(() => {
        this.lostErrors++
      }),
    })
    const ignore = (): void => undefined
    requestChannels().subscribe(ignore, (exchange) => {
      this.requests.add(exchange)
    })
    fetchChannels().subscribe(ignore, (exchange) => {
      this.fetches.add(exchange)
    })
  }

  read(): Metrics {
    const { hub } = thread
    const { made, ended, alive, timers, outside } = hub.stats()
    const { utilization, delay, collected, heap, memory } = this.meter.read()
    const things = new ThingFinder()
    for (const greenlet of hub.greenlets()) things.add(greenlet)
    return {
      greenlets: { made, ended, alive },
      timers,
      outside,
      kills: this.kills,
      lostErrors: this.lostErrors,
      loop: { utilization, delay },
      garbageCollection: collected,
      heap,
      memory,
      requests: this.requests.series(),
      fetches: this.fetches.series(),
      things: things.finish(),
    }
  }
}

let collector: Collector | undefined

/**
 * Gives numbers on this thread, for monitoring. What has to be counted (requests, fetches, kills, lost errors, garbage
 * collection) is counted from the first call on; before it nothing is.
 *
 * ```ts
 * const { greenlets, loop } = metrics()
 * console.log(greenlets.alive, loop.delay.p99)
 * ```
 */
export function metrics(): Metrics {
  return (collector ??= new Collector()).read()
}
