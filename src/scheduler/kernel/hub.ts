import { portableHost, type Host } from './host.js'
import type { Describable } from '../checks/show.js'
import { FailureReports } from './hub/failure-reports.js'
import { StrongRegistry, type Registry } from './runnable.js'
import { FairQueue, type RunQueue } from './run-queue.js'
import { running } from './running.js'
import type { Greenlet, Runnable } from './runnable.js'
import { noBudget, type Budget } from '../checks/captured-stack.js'
import { ArmedTimers, type TimerSet } from './timers.js'
import type { Due } from './timers.js'

/** So many waits may be over at once before one of them ends the step, so that a loop of such waits starves nothing. */
const WAITS_OVER_AT_ONCE = 1024

/** Watches the steps of greenlets: what runs between two waits. It must not wait, and what it raises is reported. */
export interface Instrument {
  /** Called before a greenlet goes on. */
  beforeStep?(greenlet: Greenlet): void
  /** Called when it waits again, or has ended. */
  afterStep?(greenlet: Greenlet): void
}

/** The wait of a promise, outside of all greenlets. @internal */
export interface OutsideWait {
  readonly operation: Describable
  readonly detail: unknown
  /** Whether what it waits for holds interruptions off. */
  readonly isHeldOff: boolean
  /** Ends it with an error. */
  abort(reason: unknown): void
  /** Raises an error in the work for which it waits. @returns whether there is such work. */
  interrupt(error: unknown): boolean
  /** Ends it without a result. */
  cancel(): boolean
}

/** The parts of a hub that a simulation replaces. @internal */
export interface HubParts {
  readonly host: Host
  readonly queue: RunQueue
  readonly timers: TimerSet
}

/**
 * The scheduler of a JavaScript thread. It has one way to wake a greenlet, `RunQueue.add`, one clock, one run queue
 * and one set of timers; all waits of the library go through them, and nothing else does.
 *
 * Fairness: a greenlet made ready goes to the back of the run queue. A turn of the hub runs greenlets from the front of
 * it until it is empty, 8,192 steps were made or 5 ms have passed; then timers and I/O have their turn. A wait that is
 * over at once does not end a step, but for every 1,024th.
 */
export class Hub extends FailureReports {
  /**
   * How long, in milliseconds, a greenlet may go on waiting after a kill that it swallowed, before it is ended by
   * force.
   */
  grace = 5000
  /** The number of greenlets that were made. */
  made = 0
  /** The number of greenlets that have ended. */
  ended = 0
  /** The number of greenlets that were started and have not ended. */
  alive = 0
  /** Waits of promises outside of all greenlets. @internal */
  readonly outside: Set<OutsideWait> = new Set<OutsideWait>()
  /** The one of them that began last; `null` once somebody has asked. @internal */
  latestOutside: OutsideWait | null = null
  /** For the stacks of spawns. @internal */
  stacks: Budget = noBudget
  /** For the stacks of errors. @internal */
  errorStacks: Budget = noBudget
  /** The values of code outside of greenlets that greenlets inherit, as those of a greenlet in its `rare`. @internal */
  inherited: ReadonlyMap<object, unknown> | null = null
  /** The values of code outside of greenlets. @internal */
  locals: WeakMap<object, unknown> | null = null
  private host: Host
  /**
   * Which greenlets run next: what is made ready goes to the back of it, and nothing is woken in another way. @internal
   */
  readonly queue: RunQueue
  /** @internal */
  timers: TimerSet
  // Whether the queue is asked about every wait that is over at once.
  private readonly asksQueue: boolean
  private overAtOnce = 0
  /** Keeps the greenlets that were started and have not ended. @internal */
  registry: Registry = new StrongRegistry()
  /** @internal */
  watchers: readonly Instrument[] | null = null

  /** @internal */
  constructor(parts?: HubParts) {
    super()
    this.asksQueue = parts !== undefined
    if (parts !== undefined) {
      this.host = parts.host
      this.queue = parts.queue
      this.timers = parts.timers
      return
    }
    this.host = portableHost
    const queue = new FairQueue(this)
    this.queue = queue
    this.timers = new ArmedTimers(this, queue)
  }

  /** Puts another world under the hub. Done once, before any greenlet was made. */
  install(host: Host): void {
    this.host = host
  }

  /** The platform under the hub. @internal */
  get platform(): Host {
    return this.host
  }

  /** The hub's clock in milliseconds. It never goes back, and has nothing to do with the date. */
  now(): number {
    return this.host.now()
  }

  /** Whether a greenlet whose wait was over at once need not go through the loop that drives it. @internal */
  goesOn(): boolean {
    return !this.asksQueue && this.overAtOnce++ < WAITS_OVER_AT_ONCE
  }

  /**
   * Whether a greenlet whose wait was over at once lets all that are ready go first.
   *
   * @param must whether its operation wants it to.
   * @internal
   */
  givesWay(greenlet: Runnable, must: boolean): boolean {
    return this.queue.givesWay(greenlet, must || this.isStarving())
  }

  private isStarving(): boolean {
    if (this.overAtOnce++ < WAITS_OVER_AT_ONCE) return false
    this.overAtOnce = 0
    return true
  }

  /** Runs a greenlet up to its next wait, watched by those who want to. @returns as `Runnable.resume`. @internal */
  step(runnable: Runnable): boolean {
    const gaveWay = this.watchers === null ? runnable.resume() : this.stepWatched(runnable, this.watchers)
    running.note.greenlet = null
    return gaveWay
  }

  private stepWatched(runnable: Runnable, instruments: readonly Instrument[]): boolean {
    const greenlet = runnable as Greenlet
    for (const instrument of instruments) this.guard(() => instrument.beforeStep?.(greenlet))
    const gaveWay = runnable.resume()
    running.note.greenlet = null
    for (const instrument of instruments) this.guard(() => instrument.afterStep?.(greenlet))
    return gaveWay
  }

  private guard(callback: () => void): void {
    try {
      callback()
    } catch (error) {
      this.raise('an instrument failed', error)
    }
  }

  /**
   * Has every step of every greenlet watched. Costs nothing while there is no instrument. (Trio: instruments.)
   * @returns a function that ends it.
   */
  addInstrument(instrument: Instrument): () => void {
    this.watchers = [...(this.watchers ?? []), instrument]
    return () => {
      const left = this.watchers?.filter((other) => other !== instrument) ?? []
      this.watchers = left.length === 0 ? null : left
    }
  }

  /**
   * Makes `timer` due after `milliseconds`, never if that is `Infinity`.
   *
   * @param isDaemon whether the program does not go on for it alone.
   * @internal
   */
  startTimer(timer: Due, milliseconds: number, isDaemon: boolean = false): void {
    this.timers.start(timer, milliseconds, isDaemon)
  }

  /** Makes a timer void. @internal */
  stopTimer(timer: Due): void {
    this.timers.stop(timer)
  }

  /** Notes a greenlet that was started. @internal */
  register(greenlet: Runnable): void {
    this.alive++
    this.registry.add(greenlet)
  }

  /** Notes that a greenlet ended. @internal */
  unregister(greenlet: Runnable): void {
    this.alive--
    this.registry.delete(greenlet)
  }

  /** How it stands: for monitoring and tests. */
  stats(): { made: number; alive: number; ended: number; timers: number; outside: number } {
    const { made, alive, ended, timers, outside } = this
    return { made, alive, ended, timers: timers.size, outside: outside.size }
  }

  /** All greenlets that were started and have not ended, the youngest first. */
  greenlets(): Greenlet[] {
    return Array.from(this.registry) as Greenlet[]
  }
}
