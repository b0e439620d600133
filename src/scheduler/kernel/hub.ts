import { hintOn } from '../checks/errors.js'
import { portableHost, type AmbientContext, type Host } from './host.js'
import { showAs } from '../checks/node-inspect.js'
import { show, type Describable } from '../checks/show.js'
import { StrongRegistry, type Registry } from './registry.js'
import type { Greenlet, Runnable } from './runnable.js'
import { StackBudget, trimStack } from './stack.js'
import { Timers, type Due } from './timers.js'

/** A turn of the hub ends after so many steps of greenlets, so that timers and I/O get theirs. */
const STEPS_A_TURN = 8192
/** A turn of the hub ends after so many milliseconds. (gevent's switch interval.) */
const MILLISECONDS_A_TURN = 5
/** So many waits may be over at once before one of them ends the step, so that a loop of such waits starves nobody. */
const WAITS_OVER_AT_ONCE = 1024
/** The clock is read at most every so many steps: reading it costs twice as much as a step. */
const STEPS_BETWEEN_CLOCK_READINGS = 64
/** So many turns may follow each other before timers and I/O are asked whether they had theirs in between. */
const TURNS_UNWATCHED = 64
/** The longest that `setTimeout` can wait. */
const LONGEST_TIMER = 2 ** 31 - 1

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
  /** Ends it with an error. */
  abort(reason: unknown): void
}

/**
 * The scheduler of a JavaScript thread. It has one way to wake a greenlet, `Hub.ready`, one clock, one run queue
 * and one set of timers; all waits of the library go through them, and nothing else does.
 *
 * Fairness: a greenlet made ready goes to the back of the run queue. A turn of the hub runs greenlets from the front of
 * it until it is empty, 8,192 steps were made or 5 ms have passed; then timers and I/O have their turn. A wait that is over
 * at once does not end a step, but for every 1,024th.
 */
export class Hub {
  /** How long, in milliseconds, a greenlet may go on waiting after a kill that it swallowed, before it is ended by force. */
  grace = 5000
  /** The number of greenlets that were made. */
  made = 0
  /** The number of greenlets that have ended. */
  ended = 0
  /** The number of greenlets that were started and have not ended. */
  alive = 0
  /** Waits of promises outside of all greenlets. @internal */
  readonly outside: Set<OutsideWait> = new Set<OutsideWait>()
  /** For the stacks of spawns. @internal */
  readonly stacks: StackBudget = new StackBudget(this)
  /** For the stacks of errors. @internal */
  readonly errorStacks: StackBudget = new StackBudget(this)
  /**
   * What becomes of an error that ended a greenlet and that nobody observed. Replace it to log in your own way; the
   * default prints the error, the greenlet's name and where it was spawned, and makes the exit status a failure.
   */
  onError: (error: unknown, greenlet: Greenlet) => void = (error, greenlet) => {
    this.reportError(error, greenlet)
  }
  /** The values of code outside of greenlets that greenlets inherit; see {@link Greenlet.inherited}. @internal */
  inherited: ReadonlyMap<object, unknown> | null = null
  private host: Host = portableHost
  private readonly timers = new Timers()
  private first: Runnable | null = null
  private last: Runnable | null = null
  private registry: Registry = new StrongRegistry()
  private instruments: readonly Instrument[] | null = null
  private scheduled = false
  private turning = false
  private time = 0
  private armed: unknown = undefined
  private armedTick = Infinity
  private failed: Runnable[] = []
  private overAtOnce = 0
  private unwatched = 0
  private watchedSince = 0

  /** Puts another world under the hub. Done once, before any greenlet was made. */
  install(host: Host): void {
    this.host = host
  }

  /**
   * From now on greenlets keep the ambient context of whoever spawned them. Those that live already have none to keep,
   * and get what there is now.
   * @internal
   */
  keepContexts(captureContext: () => AmbientContext): void {
    this.host = { ...this.host, captureContext }
    for (const greenlet of this.registry) greenlet.keepContext()
  }

  /** What the hub stands on. @internal */
  get platform(): Host {
    return this.host
  }

  /** The hub's clock in milliseconds. It never goes back, and has nothing to do with the date. */
  now(): number {
    return this.host.now()
  }

  /**
   * The hub's clock in whole milliseconds, read once a turn: reading it for every greenlet that parks would cost more
   * than parking it.
   * @internal
   */
  turnTime(): number {
    return (this.time ||= Math.trunc(this.host.now()))
  }

  /** Makes `greenlet` run after all those that are ready already: the one way in which anything is woken. @internal */
  ready(greenlet: Runnable): void {
    if (this.last === null) this.first = greenlet
    else this.last.nextReady = greenlet
    this.last = greenlet
    if (!this.scheduled) {
      this.soon(this.turn)
      this.scheduled = true
    }
  }

  /** Whether a greenlet whose wait was over at once need not go through the loop that drives it. @internal */
  goesOn(): boolean {
    return this.overAtOnce++ < WAITS_OVER_AT_ONCE
  }

  /** Whether a greenlet whose wait was over at once lets all that are ready go first. @internal */
  givesWay(_greenlet: Runnable): boolean {
    if (this.goesOn()) return false
    this.overAtOnce = 0
    return true
  }

  /**
   * Calls `callback` as soon as the running JavaScript is done. A program whose turns follow each other without end,
   * each woken by a promise that is settled already, say, is as bounded as a single turn is: then timers and I/O go
   * first.
   * @internal
   */
  soon(callback: () => void): void {
    if (++this.unwatched < TURNS_UNWATCHED) {
      this.host.soon(callback)
      return
    }
    const now = this.host.now()
    if (this.unwatched === TURNS_UNWATCHED) {
      this.watchedSince = now
      this.host.later(this.noteLoop)
    }
    const isBounded = this.unwatched < STEPS_A_TURN && now - this.watchedSince < MILLISECONDS_A_TURN
    if (isBounded) this.host.soon(callback)
    else this.host.later(callback)
  }

  private readonly noteLoop = (): void => {
    this.unwatched = 0
  }

  private readonly turn = (): void => {
    this.turning = true
    try {
      this.runReady()
    } finally {
      this.turning = false
      if (this.first === null) this.scheduled = false
      else this.host.later(this.turn)
      this.arm()
    }
  }

  private runReady(): void {
    this.time = 0
    let steps = 0
    let readClockAt = 2
    let interval = 1
    let readAt = 0
    let endAt = Infinity
    for (;;) {
      const greenlet = this.first
      if (greenlet === null) return
      const { nextReady } = greenlet
      this.first = nextReady
      if (nextReady === null) this.last = null
      else greenlet.nextReady = null
      if (this.instruments === null) greenlet.resume()
      else this.resumeWatched(greenlet, this.instruments)
      if (++steps !== readClockAt) continue
      // The clock is read after every step at first, and ever less often as long as steps turn out to be short.
      const now = this.host.now()
      if (endAt === Infinity) endAt = now + MILLISECONDS_A_TURN
      else {
        if (now >= endAt || steps >= STEPS_A_TURN) return
        interval = now - readAt < 0.5 ? Math.min(interval * 2, STEPS_BETWEEN_CLOCK_READINGS) : 1
      }
      readAt = now
      this.time = Math.trunc(now)
      readClockAt += interval
    }
  }

  private resumeWatched(runnable: Runnable, instruments: readonly Instrument[]): void {
    const greenlet = runnable as Greenlet
    for (const instrument of instruments) this.guard(() => instrument.beforeStep?.(greenlet))
    runnable.resume()
    for (const instrument of instruments) this.guard(() => instrument.afterStep?.(greenlet))
  }

  private guard(callback: () => void): void {
    try {
      callback()
    } catch (error) {
      this.complain('an instrument failed', error)
    }
  }

  /**
   * Has every step of every greenlet watched. Costs nothing while there is no instrument. (Trio: instruments.)
   * @returns a function that ends it.
   */
  addInstrument(instrument: Instrument): () => void {
    this.instruments = [...(this.instruments ?? []), instrument]
    return () => {
      const left = this.instruments?.filter((other) => other !== instrument) ?? []
      this.instruments = left.length === 0 ? null : left
    }
  }

  /** Makes `timer` due after `milliseconds`, never if that is `Infinity`. @internal */
  startTimer(timer: Due, milliseconds: number): void {
    if (milliseconds === Infinity) {
      timer.tick = -1
      return
    }
    this.timers.add(timer, this.host.now() + milliseconds)
    if (!this.turning && timer.tick < this.armedTick) this.arm()
  }

  /** Makes a timer void. @internal */
  stopTimer(timer: Due): void {
    this.timers.remove(timer)
    if (!this.turning && this.timers.size === 0) this.arm()
  }

  // One timer of the platform stands for all of ours. It is set at the end of a turn, not whenever one of ours is: most
  // of ours are gone by then. One that is too early is left alone, except where it alone would keep the program alive.
  private arm(): void {
    const next = this.timers.next()
    if (next >= this.armedTick && next !== Infinity) return
    if (next === this.armedTick) return
    if (this.armed !== undefined) this.host.stopTimer(this.armed)
    this.armed = undefined
    this.armedTick = next
    if (next === Infinity) return
    const milliseconds = Math.min(Math.max(next - this.host.now(), 0), LONGEST_TIMER)
    this.armed = this.host.startTimer(Math.ceil(milliseconds), this.alarm)
  }

  private readonly alarm = (): void => {
    this.armed = undefined
    this.armedTick = Infinity
    const { scheduled } = this
    this.scheduled = this.turning = true
    try {
      this.timers.expire(this.host.now())
    } finally {
      this.turning = false
      if (scheduled) this.arm()
      else this.turn()
    }
  }

  /** Notes a greenlet that was started. @internal */
  enlist(greenlet: Runnable): void {
    this.alive++
    this.registry.add(greenlet)
  }

  /** Notes that a greenlet ended. @internal */
  strike(greenlet: Runnable): void {
    this.alive--
    this.registry.delete(greenlet)
  }

  /** Has another registry keep the greenlets. @internal */
  watchWith(registry: Registry): void {
    for (const greenlet of Array.from(this.registry).reverse()) registry.add(greenlet)
    this.registry = registry
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

  /** Notes an error that ended a greenlet: it is reported in the next turn unless somebody observes it. @internal */
  noteFailure(greenlet: Runnable): void {
    if (this.failed.push(greenlet) === 1) this.host.later(this.reportFailures)
  }

  private readonly reportFailures = (): void => {
    const { failed } = this
    this.failed = []
    for (const greenlet of failed) {
      const failure = greenlet.failure!
      if (failure.observers > 0) continue
      failure.observers = Infinity
      try {
        this.onError(failure.error, greenlet as Greenlet)
      } catch (error) {
        this.reportError(failure.error, greenlet)
        this.complain('hub.onError itself failed', error)
      }
    }
  }

  private reportError(error: unknown, greenlet: Runnable): void {
    const spawned = greenlet.spawnedAt === '' ? '' : `\n  spawned\n${greenlet.spawnedAt}`
    this.host.report(`${greenlet.toString()} ended with an error:\n${this.inspect(error)}${spawned}`)
    this.host.markFailed()
  }

  /** Reports an error that no greenlet can be told of. @internal */
  complain(what: string, error: unknown): void {
    this.mention(what, error)
    this.host.markFailed()
  }

  /** Reports an error that is being dealt with: it is no failure of the program. @internal */
  mention(what: string, error: unknown): void {
    this.host.report(`${what}:\n${this.inspect(error)}`)
  }

  // Rendering runs code of the value's own, and a report must not be lost to that.
  private inspect(value: unknown): string {
    try {
      return `${trimStack(this.host.inspect(value))}${hintOn(value)}`
    } catch {
      return `${show(value)}, which cannot be shown: rendering it raises an error`
    }
  }
}

showAs(Hub, ({ alive }) => `<Hub ${alive} greenlets alive>`)
