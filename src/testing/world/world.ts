import { NetworkOperation } from '../../io/net/network.js'
import { Greenlet } from '../../scheduler/greenlets/greenlet.js'
import { Hub } from '../../scheduler/kernel/hub.js'
import type { Operation } from '../../scheduler/kernel/operation.js'
import { thread } from '../../scheduler/kernel/thread.js'
import type { Due } from '../../scheduler/kernel/timers.js'
import { Until } from '../../scheduler/kernel/until.js'
import { WaitList } from '../../scheduler/kernel/line.js'
import { Choices } from '../choices/choices.js'
import { Decision, type Task } from '../choices/decision.js'
import type { FailureKind } from '../failure.js'
import type { Marks } from '../search/marks.js'
import type { Describe, Observer } from '../story/observer.js'
import type { NetworkOptions } from '../network/route.js'
import type { Random } from '../choices/random.js'
import type { RunQueue } from '../../scheduler/kernel/run-queue.js'
import type { Runnable } from '../../scheduler/kernel/runnable.js'
import { makeSimulatedHost } from './simulated-host.js'
import { Sleepers } from './wake-order.js'
import type { RunRecord, Strategy } from '../choices/strategy.js'
import { Strikes } from '../search/fault-injection.js'
import { Timeline } from './timeline.js'

/** For how many milliseconds of virtual time greenlets may outlive the simulated function. */
const LINGER = 60_000

/**
 * How much of its slowness a run may spend at once. Timeouts that are meant to ring are shorter than those that guard
 * against what never happens, and few programs are right if the latter ring, too.
 */
const LARGEST_SHARE = 0.2

/** For how many steps greenlets are held back at most: no fair scheduler passes anybody over for ever. */
const LONGEST_HOLD = 30

/** What decides how a {@link World} runs. */
export interface WorldOptions {
  readonly strategy: Strategy
  /** What `random` begins with. */
  readonly seed: number
  readonly random: Random
  readonly slowness: number
  readonly autojump: boolean
  readonly cancel: boolean
  readonly globals: boolean
  /** How its network behaves; `null` for the real one. */
  readonly network: NetworkOptions | null
  readonly maxSteps: number
  readonly check: (() => unknown) | undefined
  /** Whether errors and reports have the stacks that make them readable; they cost more than all the rest. */
  readonly detailed: boolean
  /** Counts the marks that are hit. */
  readonly marks: Marks
  /** Is told everything that happens. */
  readonly observer: Observer | null
}

/** Why a run failed. */
export interface Verdict {
  readonly kind: FailureKind
  readonly error: unknown
  /** Who ran last. */
  readonly last: Greenlet | null
}

/**
 * How far a run has come: it is `over`; it waits for the world `outside`; it is `stuck`, unless something comes from
 * outside that nobody waits for; it is `restless`: Node has something to do for it first; or it is `interrupted`, so that
 * promises may call back before greenlets that are ready run.
 */
export type Standing = 'over' | 'outside' | 'stuck' | 'restless' | 'interrupted'

class Callback implements Task {
  readonly id = 0
  readonly name = 'the hub'

  constructor(readonly resume: () => void) {}
}

/**
 * One run of a program: its run queue and its clock, with all that the runtime is free to decide left to
 * {@link Choices}.
 *
 * The clock moves when all greenlets wait, to the next deadline; all timers of that moment ring, in any order, and the
 * greenlets that they wake may run before, between and after. (Trio's autojump clock, Go's synctest.) In addition, a run
 * may take up to `slowness` milliseconds for its computing: so much, the clock moves while greenlets are ready. But in
 * no hub does it move before a greenlet that was started has begun, and those that were woken by timers of different
 * moments run in the order of these.
 */
export class World implements RunQueue {
  readonly hub: Hub
  readonly choices: Choices
  readonly timeline: Timeline
  /** Differs between two runs that differ in anything that the hub can see. */
  fingerprint = 0
  steps = 0
  verdict: Verdict | null = null
  /** What the greenlets were doing when it was over; `undefined` unless noted. */
  situation: string | undefined = undefined
  /** What the library would have printed. */
  readonly reports: string[] = []
  /** Who waits for all others to be blocked. */
  readonly settlers: WaitList<void> = new WaitList<void>()
  /** What greenlets waited for that is beyond the control of the simulation, in words. */
  readonly uncontrolled: string[] = []
  /** Whether it has had nothing to do with the world outside so far. */
  isClosed = true
  /** The greenlet that runs the simulated function. */
  main!: Greenlet
  /** The greenlet that ran last. */
  last: Greenlet | null = null
  /** Whether its greenlets are being run at the moment. */
  isDriving = false
  /** Whether something was done since the last time whose consequences are Node's to tell of, a tick later. */
  isRestless = false
  /** How much is under way outside of which the platform does not tell. */
  outsideWork = 0
  /** Called when something was made ready from outside, between two drives. */
  onWake: (() => void) | null = null
  private readonly ready: Task[] = []
  private readonly held: Task[] = []
  private readonly decision: Decision
  private readonly strikes: Strikes
  private toBeHeld: Task | null = null
  private holdEndsAt = 0
  private later: Task[] = []
  private external: Greenlet[] = []
  private isResigned = false
  private isInterrupted = false
  private readonly stepsOf: number[] = []
  private readonly parentOf: number[] = []
  /** How many timers have rung since a greenlet made a step. */
  private moves = 0
  /** How many greenlets that are ready have not begun yet. */
  private newcomers = 0
  private readonly sleepers = new Sleepers()
  private isRinging = false
  private next: Task | Due | null = null
  private nextRings = false
  private slownessLeft: number
  private readonly longestPause: number
  private clockLimit: number
  private endAt = Infinity

  constructor(
    readonly options: WorldOptions,
    realHub: Hub,
  ) {
    this.choices = new Choices(options.strategy)
    this.strikes = new Strikes(this.choices)
    this.slownessLeft = options.autojump ? options.slowness : 0
    this.longestPause = options.slowness * LARGEST_SHARE
    this.clockLimit = options.autojump ? Infinity : 0
    this.timeline = new Timeline(() => {
      this.wakeUp()
    })
    this.decision = new Decision(this.timeline.due, this.ready, this.held)
    this.hub = new Hub({
      host: makeSimulatedHost(this, realHub.platform),
      queue: this,
      timers: this.timeline,
      // To capture a stack would cost more than the whole rest of a schedule.
      hasStacks: options.detailed,
    })
    this.hub.onError = (error) => {
      this.failWith(error)
    }
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
    const outer = thread.greenlet
    thread.greenlet = null
    this.isDriving = true
    try {
      while (this.verdict === null) {
        const standing = this.advance()
        if (standing !== undefined) return standing
      }
    } catch (error) {
      this.failWith(error)
    } finally {
      thread.greenlet = outer
      this.isDriving = false
    }
    return 'over'
  }

  /** What the strategy may learn from the run. */
  record(): RunRecord {
    const { stepsOf, parentOf } = this
    const { values, counts, picks, rares } = this.choices
    return { choices: values, counts, picks, rares, stepsOf, parentOf }
  }

  // ---- Verdicts

  /** Notes why the run failed; the first reason counts. */
  fail(kind: FailureKind, error?: unknown): void {
    this.verdict ??= { kind, error, last: this.last }
  }

  /** The verdict on a run that is stuck. */
  concludeStuck(): void {
    this.fail(this.main.dead ? 'leak' : 'deadlock')
  }

  /** The library reported an error that no greenlet can be told of. */
  failReported(): void {
    this.fail('error', new Error(this.reports.at(-1)))
  }

  private failWith(error: unknown): void {
    if (!this.strikes.caused(error)) this.fail('error', error)
  }

  // ---- Decisions

  /** One of `count` possibilities that the program asks for. */
  choose(count: number, describe: Describe): number {
    const choice = count === 1 ? 0 : this.choices.choose(count)
    if (choice !== 0) this.options.observer?.chose(this, () => describe(choice))
    return choice
  }

  /** The same, where the first is the rule and the others are the exceptions. */
  chooseRarely(count: number, describe: Describe): number {
    const choice = this.choices.rare(count)
    if (choice !== 0) this.options.observer?.chose(this, () => describe(choice))
    return choice
  }

  /** Whether a greenlet whose wait ended at once lets somebody else go first: each time, this is a choice. */
  givesWay(runnable: Runnable, must: boolean): boolean {
    const greenlet = runnable as Greenlet
    this.stepped(greenlet)
    if (must || this.verdict !== null || this.strikes.isAimed) return true
    this.decide(greenlet)
    return this.next !== null || this.isInterrupted
  }

  noteKill(runnable: Runnable, error: Error): void {
    this.options.observer?.killed(this, runnable as Greenlet, error)
  }

  /** Decides who goes on. @returns whether there is anybody. */
  private decide(running: Greenlet | null): boolean {
    const { decision, choices } = this
    if (this.slownessLeft > 0) this.maybeMoveClockEarly(running)
    if (this.external.length > 0) this.maybeHearPromises(running)
    if (this.isInterrupted) return false
    if (this.held.length > 0 && this.steps >= this.holdEndsAt) this.ready.push(...this.held.splice(0))
    decision.running = running
    const { count } = decision
    if (count === 0) return false
    let choice = 0
    // Those that are held back are no choice where nobody else is left.
    if (count > Math.max(1, this.held.length)) {
      choice = choices.pick(decision)
      this.options.observer?.picked(this, decision, choice)
    }
    decision.yielded = null
    this.take(choice)
    return true
  }

  private take(choice: number): void {
    const { timeline, ready, held, decision } = this
    const { running, count } = decision
    let index = choice
    if (index >= count) {
      index -= count
      if (held.length === 0) this.holdEndsAt = this.steps + LONGEST_HOLD
      // One that runs is held as soon as it gives way; the place of the chosen one moves when it leaves the queue.
      if (running !== null) this.toBeHeld = running
      else {
        held.push(ready.shift()!)
        index--
      }
    }
    if (running !== null && index-- === 0) return
    this.nextRings = index < timeline.due.length
    if (this.nextRings) {
      this.next = timeline.take(index)
      return
    }
    index -= timeline.due.length
    const queue = index < ready.length ? ready : held
    if (queue === held) index -= ready.length
    this.next = index === 0 ? queue.shift()! : queue.splice(index, 1)[0]!
  }

  private maybeMoveClockEarly(running: Greenlet | null): void {
    const { timeline } = this
    if (this.newcomers > 0 || (running === null && this.ready.length === 0)) return
    const time = timeline.next()
    const cost = time - timeline.now
    if (cost <= 0 || cost > Math.min(this.slownessLeft, this.longestPause) || this.choices.rare(2) === 0) return
    this.options.observer?.chose(
      this,
      () => `compute until ${time} ms, so that a timer rings while greenlets are ready`,
    )
    this.slownessLeft -= cost
    timeline.jump()
  }

  // Promises call back when all greenlets wait; on a busy machine the hub's turn is over before that.
  private maybeHearPromises(running: Greenlet | null): void {
    if (this.options.slowness === 0 || (running === null && this.ready.length === 0)) return
    if (!this.external.some(waitsOutside) || this.choices.rare(2) === 0) return
    this.options.observer?.chose(this, () => 'let promises call back while greenlets are ready')
    this.isInterrupted = true
  }

  // ---- Steps

  // A step, or what takes its place when nobody can make one.
  private advance(): Standing | undefined {
    if (this.strikes.isAimed) this.strikes.strike()
    const isIdle = this.next === null && !this.isInterrupted && !this.decide(null)
    if (this.isInterrupted) {
      this.isInterrupted = false
      return 'interrupted'
    }
    if (isIdle) return this.goOn()
    const { next } = this
    this.next = null
    this.isResigned = false
    if (++this.moves > this.options.maxSteps) this.fail('livelock')
    if (this.nextRings) this.ring(next as Due)
    else this.run(next as Task)
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
      this.strikes.strike()
    }
    this.fingerprint = Math.imul(this.fingerprint ^ task.id, 0x01000193)
    if (this.isNew(task)) {
      this.newcomers--
      this.stepsOf[task.id] = 0
    }
    if (this.sleepers.isBusy) this.ready.push(...this.sleepers.ran(task))
    this.hub.step(task)
    const { wait } = task
    if (wait === null || wait.givesWay) {
      if (this.ready.at(-1) === task) this.decision.yielded = task
    } else if (!wait.settled) this.noteWait(task, wait.operation)
    // One that gave way was counted when it did.
    if (!wait?.settled) this.stepped(task)
    if (task === this.main && task.dead && !task.successful) this.failWith(task.error)
  }

  private noteWait(greenlet: Greenlet, operation: Operation<unknown>): void {
    if (operation.isExternal()) {
      this.external.push(greenlet)
      this.isClosed = false
    } else if (operation instanceof NetworkOperation || operation instanceof Until) this.disturb()
  }

  // A greenlet has come to a wait, or to its end.
  private stepped(greenlet: Greenlet): void {
    const { options, stepsOf, choices } = this
    const { id } = greenlet
    this.steps++
    this.moves = 0
    this.last = greenlet
    stepsOf[id] = (stepsOf[id] ?? 0) + 1
    if (stepsOf[id] === 1) this.parentOf[id] = greenlet.parent?.id ?? 0
    options.observer?.stepped(this, greenlet)
    this.checkInvariant()
    if (this.steps * 2 > options.maxSteps) choices.isFair = true
    if (this.steps > options.maxSteps) this.fail('livelock')
    if (options.cancel && !greenlet.dead) this.maybeAim(greenlet)
  }

  private maybeAim(greenlet: Greenlet): void {
    const blow = this.strikes.aim(greenlet)
    if (blow !== undefined) this.options.observer?.chose(this, (nameOf) => `${blow} ${nameOf(greenlet)}`)
  }

  private checkInvariant(): void {
    const { check } = this.options
    if (check === undefined) return
    try {
      if (check() === false) this.fail('invariant', new Error('check gave false'))
    } catch (error) {
      this.fail('invariant', error)
    }
  }

  private ring(timer: Due): void {
    this.fingerprint = Math.imul(this.fingerprint ^ (0x10000 + this.timeline.now), 0x01000193)
    this.options.observer?.ringing(this, timer)
    this.isRinging = true
    this.timeline.ring(timer)
    this.isRinging = false
    this.checkInvariant()
  }

  // ---- When nobody can make a step

  private goOn(): Standing | undefined {
    const { later, timeline, settlers, main, hub } = this
    if (this.isRestless) return 'restless'
    if (later.length > 0) {
      this.later = []
      this.ready.push(...later)
      return undefined
    }
    if (this.external.length > 0) this.external = this.external.filter(waitsOutside)
    if (!this.isResigned && (this.external.length > 0 || this.outsideWork > 0)) return 'outside'
    if (settlers.size > 0) {
      settlers.drain((wait) => wait.resolve())
      return undefined
    }
    if (main.dead) {
      if (hub.alive === 0 && timeline.isOver) return 'over'
      if (this.endAt === Infinity) this.endAt = timeline.now + LINGER
    }
    const next = timeline.next()
    if (next === Infinity || next > this.endAt || !(next <= this.clockLimit || main.dead)) return 'stuck'
    timeline.jump()
    return undefined
  }

  /** The clock stands still until a promise is settled which nobody waits for in a way that can be seen. */
  async during(work: Promise<unknown>): Promise<void> {
    this.outsideWork++
    try {
      await work
    } finally {
      this.outsideWork--
    }
  }

  /** Node has something to tell before the clock may move. */
  disturb(): void {
    this.isRestless = true
    this.isClosed = false
  }

  /** Something real is under way for which greenlets wait. */
  noteUncontrolled(): void {
    for (const { name, wait } of this.external) {
      if (wait !== null) this.uncontrolled.push(`"${name}" waits for ${wait.operation.describe()}`)
    }
  }

  /** Goes on although greenlets wait for the world outside: nothing that was done so far will wake them. */
  giveUpOutside(): void {
    this.isResigned = true
  }

  /** Lets a clock that does not jump by itself move on for so many milliseconds. */
  allowClock(milliseconds: number): void {
    this.clockLimit = Math.max(this.clockLimit, this.timeline.now + milliseconds)
  }

  // ---- What the hub asks for

  add(runnable: Runnable): void {
    this.addTask(runnable as Greenlet)
  }

  /** Makes ready what is no greenlet, too: whatever goes on when it is its turn. */
  addTask(task: Task): void {
    if (this.isNew(task)) this.newcomers++
    if (task === this.toBeHeld) {
      this.toBeHeld = null
      this.held.push(task)
    } else if (!this.isRinging || this.sleepers.wake(task, this.timeline.now)) this.ready.push(task)
    this.wakeUp()
  }

  private wakeUp(): void {
    if (!this.isDriving) this.onWake?.()
  }

  private isNew({ id }: Task): boolean {
    return id > 0 && this.stepsOf[id] === undefined
  }

  soon(callback: () => void): void {
    this.addTask(new Callback(callback))
  }

  turnTime(): number {
    return this.timeline.now
  }

  callLater(callback: () => void): void {
    this.later.push(new Callback(callback))
    this.wakeUp()
  }
}

function waitsOutside({ wait }: Greenlet): boolean {
  return wait !== null && !wait.settled && wait.operation.isExternal()
}
