import type { Host } from './host.js'
import { Timers, type Due } from './timers.js'

/** The longest that `setTimeout` can wait. */
const LONGEST_TIMER = 2 ** 31 - 1

/** The timers of a hub. @internal */
export interface TimerSet {
  /** How many are set. */
  readonly size: number
  /** Makes `timer` due after `milliseconds`, never if that is `Infinity`. */
  start(timer: Due, milliseconds: number): void
  /** Makes a timer void. */
  stop(timer: Due): void
}

/** The turns of a run queue, as far as timers have to know of them. @internal */
export interface Turns {
  /** Whether one is being made: it ends with a call of {@link ArmedTimers.arm}. */
  readonly turning: boolean
  /** Calls `callback`, and runs what it makes ready in the same go. */
  turnAfter(callback: () => void): void
}

/**
 * The timers of production. One timer of the platform stands for all of them. It is set at the end of a turn, not
 * whenever one of ours is: most of ours are gone by then. One that is too early is left alone, except where it alone
 * would keep the program alive.
 * @internal
 */
export class ArmedTimers implements TimerSet {
  private readonly timers = new Timers()
  private armed: unknown = undefined
  private armedTick = Infinity
  /** Those that are timers of the platform by themselves, since a test has put its own in their place. */
  private readonly single = new Map<Due, unknown>()

  constructor(
    private readonly owner: { readonly platform: Host },
    private readonly turns: Turns,
  ) {}

  get size(): number {
    return this.timers.size + this.single.size
  }

  start(timer: Due, milliseconds: number): void {
    if (milliseconds === Infinity) {
      timer.tick = -1
      return
    }
    const { platform } = this.owner
    if (platform.areTimersReplaced?.()) {
      this.startSingle(timer, milliseconds)
      return
    }
    this.timers.add(timer, platform.now() + milliseconds)
    if (!this.turns.turning && timer.tick < this.armedTick) this.arm()
  }

  stop(timer: Due): void {
    if (this.single.size > 0 && this.stopSingle(timer)) return
    this.timers.remove(timer)
    if (!this.turns.turning && this.timers.size === 0) this.arm()
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

  /** Sets the platform's timer to the next deadline. */
  arm(): void {
    const next = this.timers.next()
    if (next >= this.armedTick && next !== Infinity) return
    if (next === this.armedTick) return
    const { platform } = this.owner
    if (this.armed !== undefined) platform.stopTimer(this.armed)
    this.armed = undefined
    this.armedTick = next
    if (next === Infinity) return
    const milliseconds = Math.min(Math.max(next - platform.now(), 0), LONGEST_TIMER)
    this.armed = platform.startTimer(Math.ceil(milliseconds), this.alarm)
  }

  private readonly alarm = (): void => {
    this.armed = undefined
    this.armedTick = Infinity
    this.turns.turnAfter(this.expire)
  }

  private readonly expire = (): void => {
    this.timers.expire(this.owner.platform.now())
  }
}
