import { Greenlet } from '../../scheduler/greenlets/greenlet.js'
import { StackBudget } from '../../scheduler/stacks/stack-budget.js'
import { Hub } from '../../scheduler/kernel/hub.js'
import { Line } from '../../scheduler/kernel/line.js'
import type { Operation } from '../../scheduler/kernel/operation.js'
import { thread } from '../../scheduler/kernel/thread.js'
import type { Due } from '../../scheduler/kernel/timers.js'
import type { Actor } from '../choices/actor.js'
import { Choices } from '../choices/choices.js'
import type { Task } from '../choices/decision.js'
import type { RunRecord } from '../choices/strategy.js'
import { FaultInjection } from '../search/fault-injection.js'
import type { Describe, Observer } from '../story/observer.js'
import { ForeignWaits } from './foreign-waits.js'
import { makeSimulatedHost } from './simulated-host.js'
import { CallTurn, SimulatedCalls } from './simulated-calls.js'
import { SimulatedQueue, type RunState } from './simulated-queue.js'
import { StepLog } from './step-log.js'
import { Timeline } from './time/timeline.js'
import { Verdicts } from './verdicts.js'
import type { WorldOptions } from './world-options.js'

/** For how many milliseconds of virtual time greenlets may outlive the simulated function. */
const LINGER = 60_000

/**
 * How far a run has come: it is `over`; it waits for the world `outside`; it is `stuck`, unless something comes from
 * outside that nothing waits for; it is `restless`: Node has something to do for it first; or it is `interrupted`, so
 * that promises may call back before greenlets that are ready run.
 */
export type Standing = 'over' | 'outside' | 'stuck' | 'restless' | 'interrupted'

/**
 * A world is one run of a program under simulation. It has what a hub stands on: a run queue, a set of timers, a host.
 * The hub is the one of production, and so are greenlets, waits and all primitives; what the runtime is free to decide
 * is asked of {@link Choices}, which ask a strategy and record what it says. The same choices give the same run.
 *
 * A turn of the loop in `drive` makes one move: a step of a greenlet, a timer that rings, a callback of the hub.
 *
 * - {@link SimulatedQueue} decides which. Candidate 0 is always what production would do, so that a list of zeros is
 *   production's own order, and a failure is described by the few places where its list is not zero.
 * - {@link StepLog} notes it. Its fingerprint tells two runs apart: a program that gives another one for the same
 *   choices depends on something that is not under control.
 * - {@link Verdicts} keeps the first reason why the run failed.
 * - {@link ForeignWaits} knows what the run waits for that is not in its own hands.
 * - {@link Timeline} is the clock, and the timers that it moves past.
 *
 * When nobody can make a move, `goOn` looks for a reason to go on, in this order: something that Node has to tell first
 * (`restless`), callbacks for later, the world outside (`outside`), those who wait for all others to be blocked, and
 * only then the next deadline, to which the clock jumps. (Trio's autojump clock, Go's synctest.) If there is none the
 * run is over, or stuck.
 *
 * Invariants: the clock never moves while a greenlet that was started has not begun, and greenlets that were woken by
 * timers of different moments run in the order of these, as in any hub, however slow the machine is; see `WakeOrder`.
 * It never goes back. In addition, a run may take up to `slowness` milliseconds for its computing: so much, the clock
 * moves while greenlets are ready.
 *
 * Tried and rejected: a subclass of the hub that overrides what it does, since all that it inherits is dead and yet
 * answers (its figures were those of a queue that was not used); random delays in place of choices, since nothing can
 * be left out of them when a failure is to be made simple; greenlets that are numbered by the order in which they
 * become ready, since one choice that is left out renumbers all that follow.
 */
export class World implements RunState {
  readonly hub: Hub
  readonly choices: Choices
  readonly foreign: ForeignWaits = new ForeignWaits()
  readonly timeline: Timeline
  readonly log: StepLog
  readonly queue: SimulatedQueue
  readonly verdicts: Verdicts
  readonly calls: SimulatedCalls
  /** The state of the greenlets when it was over; `undefined` unless noted. */
  situation: string | undefined = undefined
  /** The greenlets that wait for all others to be blocked. */
  readonly settlers: Line<void, unknown, Operation<void>> = new Line<void, unknown, Operation<void>>()
  /** The greenlet that runs the simulated function. */
  main!: Greenlet
  private readonly faults: FaultInjection
  private clockLimit: number
  private endAt = Infinity
  private daemonsEnded = false

  constructor(
    readonly options: WorldOptions,
    realHub: Hub,
  ) {
    this.choices = new Choices(options.strategy)
    this.faults = new FaultInjection(this.choices)
    this.clockLimit = options.autojump ? Infinity : 0
    this.timeline = new Timeline(() => {
      this.foreign.wakeUp()
    })
    this.log = new StepLog(this.timeline)
    this.verdicts = new Verdicts(this.log, this.faults, options.check)
    this.queue = new SimulatedQueue(this)
    this.calls = new SimulatedCalls(this, options.nativeAwaits)
    this.hub = new Hub({
      host: makeSimulatedHost(this, realHub.platform),
      queue: this.queue,
      timers: this.timeline,
    })
    // To capture a stack would cost more than the whole rest of a schedule.
    if (options.detailed) {
      this.hub.stacks = new StackBudget(this.hub)
      this.hub.errorStacks = new StackBudget(this.hub)
    }
    this.hub.onError = (error) => {
      this.verdicts.failWith(error)
    }
  }

  get observer(): Observer | null {
    return this.options.observer
  }

  get slowness(): number {
    return this.options.slowness
  }

  get autoSlowness(): number {
    return this.options.autojump ? this.options.slowness : 0
  }

  /** Starts the function that is simulated. The world's hub must be that of the thread. */
  begin(fn: () => unknown): void {
    this.main = new Greenlet(fn)
    if (fn.name === '') this.main.name = 'main'
    this.main.observe()
    this.main.start()
  }

  /** Runs it as far as it goes by itself. */
  drive(): Standing {
    const { foreign, verdicts } = this
    const outer = thread.greenlet
    thread.greenlet = null
    foreign.isDriving = true
    try {
      while (verdicts.verdict === null) {
        const standing = this.advance()
        if (standing !== undefined) return standing
      }
    } catch (error) {
      verdicts.failWith(error)
    } finally {
      thread.greenlet = outer
      foreign.isDriving = false
    }
    return 'over'
  }

  /** Returns the part of the run that the strategy may learn from. */
  record(): RunRecord {
    const { stepsOf, parentOf } = this.log
    const { values, counts, picks, rares } = this.choices
    return { choices: values, counts, picks, rares, stepsOf, parentOf }
  }

  /** The verdict on a run that is stuck. */
  concludeStuck(): void {
    this.verdicts.fail(this.main.dead ? 'leak' : 'deadlock')
  }

  /** One of `count` possibilities that the program asks for. */
  choose(count: number, describe: Describe): number {
    const choice = count === 1 ? 0 : this.choices.choose(count)
    if (choice !== 0) this.observer?.chose(this.log, () => describe(choice))
    return choice
  }

  /** The same, where the first is the rule and the others are the exceptions. */
  chooseRarely(count: number, describe: Describe): number {
    const choice = this.choices.rare(count)
    if (choice !== 0) this.observer?.chose(this.log, () => describe(choice))
    return choice
  }

  // A move, or what takes its place when nobody can make one.
  private advance(): Standing | undefined {
    const { queue, log, faults, foreign, calls } = this
    this.countCalls()
    if (this.verdicts.verdict !== null) return undefined
    if (faults.isAimed) faults.inject()
    // Every greenlet that can continue by now is to be among the candidates.
    if (calls.isInUse && foreign.isRestless && !queue.hasNext) return 'restless'
    const isIdle = !queue.decideNext()
    if (queue.isInterrupted) {
      queue.isInterrupted = false
      return 'interrupted'
    }
    if (isIdle) return this.goOn()
    const { nextTask, nextTimer } = queue
    queue.nextTask = queue.nextTimer = null
    foreign.isResigned = false
    if (++log.moves > this.options.maxSteps) this.verdicts.fail('livelock')
    if (nextTimer !== null) this.ring(nextTimer)
    else if (nextTask instanceof CallTurn) this.runCall(nextTask)
    else this.run(nextTask!)
    if (calls.isInUse) foreign.disturb()
    return undefined
  }

  private run(task: Task): void {
    if (!(task instanceof Greenlet)) {
      task.resume()
      return
    }
    // The moment at which it has what it waited for, and has not seen it yet.
    if (this.options.cancel && task.wait !== null) {
      this.maybeAim(task)
      this.faults.inject()
    }
    this.queue.resumes(task)
    if (this.hub.step(task)) this.queue.add(task)
    this.countCalls()
    const { wait } = task
    if (wait === null || wait.givesWay) this.queue.noteYield(task)
    else if (!wait.settled) this.foreign.note(task)
    // One that gave way was counted when it did.
    if (!wait?.settled) this.stepped(task)
    if (task === this.main && task.dead && !task.successful) this.verdicts.failWith(task.error)
  }

  private runCall(turn: CallTurn): void {
    this.queue.resumes(turn)
    turn.resume()
    this.countCalls()
  }

  // What a call does before its first `await` is a part of the step in which it was made.
  private countCalls(): void {
    for (const actor of this.calls.takePaused()) this.stepped(actor)
  }

  /** Somebody has come to a wait, or to the end. @returns whether it may not go on now. */
  stepped(actor: Actor): boolean {
    const { options, log, choices, verdicts } = this
    log.stepped(actor)
    this.observer?.stepped(log, actor)
    verdicts.checkInvariant()
    if (log.steps * 2 > options.maxSteps) choices.isFair = true
    if (log.steps > options.maxSteps) verdicts.fail('livelock')
    if (options.cancel && !actor.dead) this.maybeAim(actor)
    return verdicts.verdict !== null || this.faults.isAimed
  }

  private maybeAim(actor: Actor): void {
    const fault = this.faults.aim(actor)
    if (fault !== undefined) this.observer?.chose(this.log, (nameOf) => `${fault} ${nameOf(actor)}`)
  }

  private ring(timer: Due): void {
    this.log.rings()
    this.observer?.ringing(this.log, timer)
    this.queue.ring(timer)
    this.verdicts.checkInvariant()
  }

  // Nobody can make a move.
  private goOn(): Standing | undefined {
    const { timeline, settlers, main, hub, foreign } = this
    if (foreign.isRestless) return 'restless'
    if (this.queue.releaseLater()) return undefined
    if (foreign.isAwaited(this.calls.isWaiting)) return 'outside'
    if (settlers.size > 0) {
      settlers.endAll((wait) => wait.resolve())
      return undefined
    }
    if (main.dead) {
      if (this.endDaemons()) return undefined
      if (hub.alive === 0 && this.calls.size === 0 && timeline.isOver) return 'over'
      if (this.endAt === Infinity) this.endAt = timeline.now + LINGER
    }
    const next = timeline.next()
    if (next === Infinity || next > this.endAt || !(next <= this.clockLimit || main.dead)) return 'stuck'
    timeline.jump()
    return undefined
  }

  // A program does not wait for them. Here they are killed, so that what they hold is seen to be given back.
  private endDaemons(): boolean {
    const { hub } = this
    const daemons = hub.greenlets().filter(({ daemon, wait }) => daemon || wait?.operation.isDaemon?.())
    if (daemons.length === 0 || daemons.length < hub.alive || this.daemonsEnded) return false
    this.daemonsEnded = true
    for (const daemon of daemons) daemon.kill()
    return true
  }

  /** Lets a clock that does not jump by itself move on for so many milliseconds. */
  allowClock(milliseconds: number): void {
    this.clockLimit = Math.max(this.clockLimit, this.timeline.now + milliseconds)
  }
}
