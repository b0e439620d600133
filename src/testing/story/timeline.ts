import { Timers, type Due } from '../../scheduler/kernel/timers.js'

/** The virtual clock of a run, and the timers that it moves past. */
export class Timeline {
  /** In milliseconds. */
  now = 0
  /** The timers whose time has come, in the order in which they were set: any of them may ring next. */
  readonly due: Due[] = []
  /** How many of the timers do not count as left over at the end. */
  unreferenced = 0
  // Made when it is needed: many simulated programs have no timer at all, and are run a thousand times.
  private timers: Timers | null = null

  /** How many timers are set, those that are due included. */
  get size(): number {
    return this.timers === null ? 0 : this.timers.size
  }

  /** When the next timer is due; `Infinity` if none is set. */
  next(): number {
    return this.timers === null ? Infinity : this.timers.next()
  }

  start(timer: Due, milliseconds: number): void {
    timer.tick = -1
    if (milliseconds === Infinity) return
    this.timers ??= new Timers()
    this.timers.add(timer, this.now + milliseconds)
    if (timer.tick <= this.now) this.due.push(timer)
  }

  stop(timer: Due): void {
    const index = timer.tick === -1 || timer.tick > this.now ? -1 : this.due.indexOf(timer)
    if (index !== -1) this.due.splice(index, 1)
    this.timers?.remove(timer)
  }

  /** Moves the clock to the next deadline: all timers of that moment are due then. */
  jump(): void {
    const timers = this.timers!
    this.now = timers.next()
    for (const timer of timers.due()) this.due.push(timer)
  }

  /** Takes the timer at this place among those that are due. It has to be rung. */
  take(index: number): Due {
    return index === 0 ? this.due.shift()! : this.due.splice(index, 1)[0]!
  }

  ring(timer: Due): void {
    this.timers!.remove(timer)
    timer.ring()
  }
}
