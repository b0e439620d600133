import type { Greenlet } from '../../scheduler/greenlets/greenlet.js'
import type { RunQueue } from '../../scheduler/kernel/run-queue.js'
import type { Runnable } from '../../scheduler/kernel/runnable.js'
import type { Due } from '../../scheduler/kernel/timers.js'
import type { Choices } from '../choices/choices.js'
import { Decision, type Task } from '../choices/decision.js'
import type { Observer } from '../story/observer.js'
import type { ForeignWaits } from './foreign-waits.js'
import type { StepLog } from './step-log.js'
import type { Timeline } from './time/timeline.js'
import { WakeOrder } from './wake-order.js'

/**
 * How much of its slowness a run may spend at once. Timeouts that are meant to ring are shorter than those that guard
 * against what never happens, and few programs are right if the latter ring, too.
 */
const LARGEST_SHARE = 0.2

/** For how many steps greenlets are held back at most: no fair scheduler passes anybody over for ever. */
const LONGEST_HOLD = 30

/** The state of a run that its queue needs. */
export interface RunState {
  readonly log: StepLog
  readonly choices: Choices
  readonly timeline: Timeline
  readonly foreign: ForeignWaits
  readonly observer: Observer | null
  /** How many milliseconds the clock may move while greenlets are ready. */
  readonly slowness: number
  /** The same, unless only the test moves the clock. */
  readonly autoSlowness: number
  /** Called at the end of each step. @returns whether nobody may go on without a new turn of the run. */
  stepped(greenlet: Greenlet): boolean
}

class Continuation implements Task {
  readonly id = 0

  constructor(
    readonly name: string,
    readonly resume: () => void,
  ) {}
}

/** The run queue of a simulation: who goes on is a choice each time. */
export class SimulatedQueue implements RunQueue {
  /** The task that was chosen to go on: a greenlet, or whatever else is ready; */
  nextTask: Task | null = null
  /** or a timer. */
  nextTimer: Due | null = null
  /** Whether promises are to call back before anybody goes on. */
  isInterrupted = false
  private readonly ready: Task[] = []
  private readonly held: Task[] = []
  private readonly decision: Decision
  private readonly wakeOrder = new WakeOrder()
  private later: Task[] = []
  private toBeHeld: Task | null = null
  private holdEndsAt = 0
  /** How many greenlets that are ready have not begun yet. */
  private newcomers = 0
  private isRinging = false
  private slownessLeft: number
  private readonly longestPause: number

  constructor(private readonly run: RunState) {
    this.decision = new Decision(run.timeline.due, this.ready, this.held)
    this.slownessLeft = run.autoSlowness
    this.longestPause = run.slowness * LARGEST_SHARE
  }

  // ---- What the hub asks for

  add(runnable: Runnable): void {
    this.addTask(runnable as Greenlet)
  }

  /** Makes ready what is no greenlet: `resume` is called when it is its turn, which is a choice like any other. */
  addContinuation(name: string, resume: () => void): void {
    this.addTask(new Continuation(name, resume))
  }

  /** Makes anything ready that can go on. */
  addTask(task: Task): void {
    const { log, timeline, foreign } = this.run
    if (log.isNew(task.id)) this.newcomers++
    if (task === this.toBeHeld) {
      this.toBeHeld = null
      this.held.push(task)
    } else if (!this.isRinging || this.wakeOrder.wake(task, timeline.now)) this.ready.push(task)
    foreign.wakeUp()
  }

  /** Whether a greenlet whose wait ended at once lets somebody else go first: each time, this is a choice. */
  givesWay(runnable: Runnable, must: boolean): boolean {
    const greenlet = runnable as Greenlet
    if (this.run.stepped(greenlet) || must) return true
    this.decide(greenlet)
    return this.hasNext || this.isInterrupted
  }

  gather(): void {
    // Turns are as the schedule has them.
  }

  noteKill(runnable: Runnable, error: Error): void {
    this.run.observer?.killed(this.run.log, runnable as Greenlet, error)
  }

  soon(callback: () => void): void {
    this.addContinuation('the hub', callback)
  }

  turnAfter(callback: () => void): void {
    callback()
  }

  get turnTime(): number {
    return this.run.timeline.now
  }

  /** Calls `callback` when nobody can go on any more. */
  addLater(callback: () => void): void {
    this.later.push(new Continuation('the hub', callback))
    this.run.foreign.wakeUp()
  }

  // ---- What the run asks for

  /** Makes ready what was to come later. @returns whether there was anything. */
  releaseLater(): boolean {
    const { later } = this
    if (later.length === 0) return false
    this.later = []
    this.ready.push(...later)
    return true
  }

  /** Whether it was decided who goes on. */
  get hasNext(): boolean {
    return this.nextTask !== null || this.nextTimer !== null
  }

  /** Decides who goes on, unless that was decided already. @returns whether there is anybody. */
  decideNext(): boolean {
    return this.hasNext || this.isInterrupted || this.decide(null)
  }

  /** A greenlet, or a call of an async function, is about to go on. */
  resumes(task: Task): void {
    const { log } = this.run
    if (log.isNew(task.id)) this.newcomers--
    log.resumes(task)
    if (this.wakeOrder.isBusy) this.ready.push(...this.wakeOrder.ran(task))
  }

  /** A greenlet has given way of its own accord. */
  noteYield(greenlet: Greenlet): void {
    if (this.ready.at(-1) === greenlet) this.decision.yielded = greenlet
  }

  /** Rings a timer, and keeps the order of those that it wakes. */
  ring(timer: Due): void {
    this.isRinging = true
    this.run.timeline.ring(timer)
    this.isRinging = false
  }

  // ---- Decisions

  private decide(running: Greenlet | null): boolean {
    const { decision } = this
    const { choices, log, observer } = this.run
    if (this.slownessLeft > 0) this.maybeMoveClockEarly(running)
    this.maybeHearPromises(running)
    if (this.isInterrupted) return false
    if (this.held.length > 0 && log.steps >= this.holdEndsAt) this.ready.push(...this.held.splice(0))
    decision.running = running
    const { count } = decision
    if (count === 0) return false
    let choice = 0
    // Those that are held back are no choice where nobody else is left.
    if (count > Math.max(1, this.held.length)) {
      choice = choices.pick(decision)
      observer?.picked(log, decision, choice)
    }
    decision.yielded = null
    this.take(choice)
    return true
  }

  private take(choice: number): void {
    const { ready, held, decision } = this
    const { timeline, log } = this.run
    const { running, count } = decision
    let index = choice
    if (index >= count) {
      index -= count
      if (held.length === 0) this.holdEndsAt = log.steps + LONGEST_HOLD
      // One that runs is held as soon as it gives way; the place of the chosen one moves when it leaves the queue.
      if (running !== null) this.toBeHeld = running
      else {
        held.push(ready.shift()!)
        index--
      }
    }
    if (running !== null && index-- === 0) return
    if (index < timeline.due.length) {
      this.nextTimer = timeline.take(index)
      return
    }
    index -= timeline.due.length
    const queue = index < ready.length ? ready : held
    if (queue === held) index -= ready.length
    this.nextTask = index === 0 ? queue.shift()! : queue.splice(index, 1)[0]!
  }

  private maybeMoveClockEarly(running: Greenlet | null): void {
    const { timeline, choices, observer, log } = this.run
    if (this.newcomers > 0 || (running === null && this.ready.length === 0)) return
    const time = timeline.next()
    const cost = time - timeline.now
    if (cost <= 0 || cost > Math.min(this.slownessLeft, this.longestPause) || choices.rare(2) === 0) return
    observer?.chose(log, () => `compute until ${time} ms, so that a timer rings while greenlets are ready`)
    this.slownessLeft -= cost
    timeline.jump()
  }

  // Promises call back when all greenlets wait; on a busy machine the hub's turn is over before that.
  private maybeHearPromises(running: Greenlet | null): void {
    const { slowness, foreign, choices, observer, log } = this.run
    if (slowness === 0 || (running === null && this.ready.length === 0)) return
    if (!foreign.isAny || choices.rare(2) === 0) return
    observer?.chose(log, () => 'let promises call back while greenlets are ready')
    this.isInterrupted = true
  }
}
