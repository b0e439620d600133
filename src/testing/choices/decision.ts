import type { Greenlet } from '../../scheduler/greenlets/greenlet.js'
import type { Due } from '../../scheduler/kernel/timers.js'

/** Something that waits in the run queue. */
export interface Task {
  /** The number of a greenlet; 0 for a call back of the hub's own. */
  readonly id: number
  readonly name: string
  resume(): void
}

/**
 * A moment at which the runtime is free to go on in several ways, each a candidate with a number. Candidate 0 is what
 * happens in production: the running greenlet goes on if it can, timers that are due come before greenlets, and both
 * are served in the order in which they came.
 *
 * The number of a candidate with `count` added to it chooses that candidate too, and holds candidate 0 back for a while:
 * until it is chosen, nobody else can go on, or 30 steps were made. Many schedules in which one greenlet falls far behind
 * differ from production in no more than that. Those that are held back are the last of the candidates; timers cannot be.
 */
export class Decision {
  /** The greenlet that runs and can go on; `null` where the last one has parked. */
  running: Greenlet | null = null
  /** The one that ran last and gave way of its own accord (a bare `yield`, `sleep(0)`). */
  yielded: Task | null = null

  constructor(
    /** The timers whose time has come. */
    readonly due: Due[],
    /** The greenlets that are ready. */
    readonly ready: Task[],
    /** The tasks that would be ready, but are held back. */
    readonly held: Task[],
  ) {}

  /** How many candidates there are. */
  get count(): number {
    return (this.running === null ? 0 : 1) + this.due.length + this.ready.length + this.held.length
  }

  /** Whether candidate 0 can be held back. */
  get canHold(): boolean {
    return this.running !== null || this.due.length === 0
  }

  /** Returns the task or timer that a number stands for. */
  candidate(index: number): Task | Due {
    const { running, due, ready, held } = this
    if (running !== null && index-- === 0) return running
    if (index < due.length) return due[index]!
    index -= due.length
    return index < ready.length ? ready[index]! : held[index - ready.length]!
  }

  /** Whether a number stands for a timer. */
  isTimer(index: number): boolean {
    const first = this.running === null ? 0 : 1
    return index >= first && index < first + this.due.length
  }
}
