import { portableHost, type Host } from '../host.js'
import { areTimersReplaced, holdProgram, now, startTimer, stopTimer } from './platform-timers.js'
import type { FairQueue } from '../run-queue.js'
import { hub } from '../thread.js'
import { ArmedTimers, LONGEST_TIMER, nextDue, type Due, type Timers } from '../timers.js'

/**
 * The timers where a program may end while some are set, and where a test may put its own in the place of the platform's:
 * in Node, and while a page is being written. A page in production has no use for either. A timer of the platform that is
 * too early is left alone, except where it alone would keep the program alive.
 */
class ProgramTimers extends ArmedTimers {
  // Whether the program goes on until the platform's timer rings.
  private holds = true
  /** The timers that are timers of the platform by themselves, since a test has put its own in their place. */
  private readonly single = new Map<Due, unknown>()

  override get size(): number {
    return this.timers.size + this.single.size
  }

  // Not by way of `super`, which these two are called too often for.
  override start(timer: Due, milliseconds: number, isDaemon: boolean): void {
    if (milliseconds === Infinity) {
      timer.tick = -1
      return
    }
    const { platform } = this.owner
    if (platform.areTimersReplaced?.()) {
      this.startSingle(timer, milliseconds)
      return
    }
    const { timers } = this
    timers.add(timer, platform.now() + milliseconds)
    if (isDaemon) timers.daemons.add(timer)
    if (!this.turns.turning && (timer.tick < this.armedTick || timers.daemons.size > 0)) this.arm()
  }

  override stop(timer: Due): void {
    if (this.single.size > 0 && this.stopSingle(timer)) return
    const { timers } = this
    timers.remove(timer)
    if (!this.turns.turning && (timers.size === 0 || timers.daemons.size > 0)) this.arm()
  }

  holdProgram(): boolean {
    this.hold(true)
    return this.armed !== undefined
  }

  /** Takes over what another set has. */
  takeOver(timers: Timers): void {
    for (let tick = timers.next(); tick !== Infinity; tick = timers.next()) {
      for (const timer of Array.from(nextDue(timers))) {
        timers.remove(timer)
        this.timers.add(timer, tick)
      }
    }
    this.arm()
  }

  protected override arm(): void {
    const { armed } = this
    super.arm()
    if (this.armed !== armed) this.holds = true
    const { size, daemons } = this.timers
    if (!this.holds || daemons.size > 0) this.hold(size > daemons.size)
  }

  private hold(holds: boolean): void {
    if (this.armed === undefined || holds === this.holds) return
    this.holds = holds
    this.owner.platform.holdProgram?.(this.armed, holds)
  }

  private startSingle(timer: Due, milliseconds: number): void {
    timer.tick = -1
    const part = Math.min(Math.ceil(milliseconds), LONGEST_TIMER)
    const ring = (): void => {
      this.single.delete(timer)
      if (milliseconds > part) this.startSingle(timer, milliseconds - part)
      else this.turns.turnAfter(() => timer.ring())
    }
    this.single.set(timer, this.owner.platform.startTimer(part, ring))
  }

  private stopSingle(timer: Due): boolean {
    if (!this.single.has(timer)) return false
    this.owner.platform.stopTimer(this.single.get(timer))
    return this.single.delete(timer)
  }
}

Object.assign(portableHost, { now, startTimer, stopTimer, holdProgram, areTimersReplaced } satisfies Partial<Host>)
const first = hub.timers as ArmedTimers
const timers = new ProgramTimers(hub, hub.queue as FairQueue)
// It may be loaded when a page runs already.
timers.takeOver(first.timers)
hub.timers = timers
