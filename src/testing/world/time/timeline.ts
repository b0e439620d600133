import { Timers, nextDue, type Due, type TimerSet } from '../../../scheduler/kernel/timers.js'
import { NamedTimer } from './named-timer.js'

/** The virtual clock of a run, and the timers that it moves past. */
export class Timeline implements TimerSet {
  /** In milliseconds. */
  now = 0
  /** The timers whose time has come, in the order in which they were set: any of them may ring next. */
  readonly due: Due[] = []
  /** How many of the timers do not count as left over at the end. */
  unreferenced = 0
  // Those of the simulated platform, which are none of the hub's.
  private named = 0
  // Made when it is needed: many simulated programs have no timer at all, and are run a thousand times.
  private timers: Timers | null = null

  /** @param onStart called whenever a timer is set. */
  constructor(private readonly onStart: () => void) {}

  /** How many timers of the hub are set, those that are due included. */
  get size(): number {
    return this.timers === null ? 0 : this.timers.size - this.named
  }

  /** Whether no timer is set that counts as left over at the end. */
  get isOver(): boolean {
    return this.timers === null || this.timers.size === this.unreferenced
  }

  /** When the next timer is due; `Infinity` if none is set. */
  next(): number {
    return this.timers === null ? Infinity : this.timers.next()
  }

  holdProgram(): boolean {
    return this.size > 0
  }

  start(timer: Due, milliseconds: number): void {
    timer.tick = -1
    if (milliseconds === Infinity) return
    this.timers ??= new Timers()
    this.timers.add(timer, this.now + milliseconds)
    if (timer instanceof NamedTimer) this.named++
    if (timer.tick <= this.now) this.due.push(timer)
    this.onStart()
  }

  stop(timer: Due): void {
    const index = timer.tick === -1 || timer.tick > this.now ? -1 : this.due.indexOf(timer)
    if (index !== -1) this.due.splice(index, 1)
    this.remove(timer)
  }

  private remove(timer: Due): void {
    if (timer.tick === -1) return
    if (timer instanceof NamedTimer) this.named--
    this.timers!.remove(timer)
  }

  /** Moves the clock to the next deadline: all timers of that moment are due then. */
  jump(): void {
    const timers = this.timers!
    this.now = timers.next()
    for (const timer of nextDue(timers)) this.due.push(timer)
  }

  /** Takes the timer at this place among those that are due. It has to be rung. */
  take(index: number): Due {
    return index === 0 ? this.due.shift()! : this.due.splice(index, 1)[0]!
  }

  ring(timer: Due): void {
    this.remove(timer)
    timer.ring()
  }
}
