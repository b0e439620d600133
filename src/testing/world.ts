import { Greenlet } from '../scheduler/greenlet.js'
import type { Host } from '../scheduler/host.js'
import { thread } from '../scheduler/thread.js'
import { Timeout } from '../scheduler/timeout.js'
import { Timers, type Due } from '../scheduler/timers.js'
import { WaitList } from '../scheduler/wait-list.js'
import { Decision, type Task } from './decision.js'
import { SimulatedHost } from './simulated-host.js'
import { SimulatedHub } from './simulated-hub.js'
import type { Marks } from './marks.js'
import type { Observer } from './observer.js'
import type { Random } from './random.js'
import type { RunRecord, Strategy } from './strategy.js'
import type { FailureKind } from './failure.js'

/** For how many milliseconds of virtual time greenlets may outlive the simulated function. */
const LINGER = 60_000

/** What decides how a {@link World} runs. */
export interface WorldOptions {
  readonly strategy: Strategy
  readonly random: Random
  readonly slowness: number
  readonly autojump: boolean
  readonly cancel: boolean
  readonly globals: boolean
  readonly maxSteps: number
  readonly check: (() => void) | undefined
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

/** What has to happen for a run to go on. */
export type Standing = 'over' | 'outside' | 'stuck'

// What a simulation does to a greenlet to see what comes of it: nothing, a kill, a timeout.
const SPARE = 0
const KILL = 1
const BLOWS = 3

class Callback implements Task {
  readonly id = 0
  readonly name = 'the hub'

  constructor(readonly resume: () => void) {}
}

/**
 * One run of a program: its run queue, clock and timers, where every choice that the runtime is free to make goes
 * through {@link Strategy} and is recorded.
 *
 * The clock moves when all greenlets wait, to the next deadline; all timers of that moment ring, in any order, and the
 * greenlets that they wake may run before, between and after. (Trio's autojump clock, Go's synctest.) In addition, a run
 * may take up to `slowness` milliseconds for its computing: so much, the clock moves while greenlets are ready.
 */
export class World {
  readonly hub: SimulatedHub
  /** The virtual clock, in milliseconds. */
  now = 0
  /** Everything that was chosen so far, and out of how many. */
  readonly choices: number[] = []
  readonly counts: number[] = []
  /** Differs between two runs that differ in anything that the hub can see. */
  fingerprint = 0
  steps = 0
  verdict: Verdict | null = null
  /** What the library would have printed. */
  readonly reports: string[] = []
  /** Who waits for all others to be blocked. */
  readonly settlers: WaitList<void> = new WaitList<void>()
  /** Greenlets that wait for the world outside. */
  readonly external: Set<Greenlet> = new Set<Greenlet>()
  /** What they waited for, in words: it is beyond the control of the simulation. */
  readonly uncontrolled: Set<string> = new Set<string>()
  main!: Greenlet
  private readonly ready: Task[] = []
  private readonly due: Due[] = []
  private readonly timers = new Timers()
  private readonly decision = new Decision(this.due, this.ready)
  private later: Task[] = []
  private readonly stepsOf: number[] = []
  private readonly parentOf: number[] = []
  private readonly injected = new Set<unknown>()
  /** The greenlet that ran last. */
  last: Greenlet | null = null
  private next: Task | Due | null = null
  private nextRings = false
  private victim: Greenlet | null = null
  private blow = SPARE
  private slownessLeft: number
  private clockLimit: number
  private picks = 0
  private endAt = Infinity
  isDriving = false
  /** Called when something was made ready from outside, between two drives. */
  onWake: (() => void) | null = null

  constructor(
    readonly options: WorldOptions,
    realHost: Host,
  ) {
    this.slownessLeft = options.autojump ? options.slowness : 0
    this.clockLimit = options.autojump ? Infinity : 0
    this.hub = new SimulatedHub(this, options.detailed)
    this.hub.install(new SimulatedHost(this, realHost))
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

  // A step, or what takes its place when nobody can make one.
  private advance(): Standing | undefined {
    if (this.victim !== null) this.strike(this.victim)
    if (this.next === null && !this.decide(null)) return this.goOn()
    const { next } = this
    this.next = null
    if (this.nextRings) this.ring(next as Due)
    else this.run(next as Task)
    return undefined
  }

  /** The verdict on a run that is stuck. */
  concludeStuck(): void {
    this.fail(this.main.dead ? 'leak' : 'deadlock')
  }

  /** Notes why the run failed; the first reason counts. */
  fail(kind: FailureKind, error?: unknown): void {
    if (this.verdict !== null) return
    this.verdict = { kind, error, last: this.last }
  }

  private failWith(error: unknown): void {
    if (!this.isInjected(error)) this.fail('error', error)
  }

  /** Whether an error is one that the simulation raised itself, to see what comes of it. */
  private isInjected(error: unknown): boolean {
    if (this.injected.size === 0) return false
    for (let cause = error, depth = 0; cause instanceof Error && depth < 10; cause = cause.cause, depth++) {
      if (this.injected.has(cause)) return true
      if (cause instanceof AggregateError) return cause.errors.every((each) => this.isInjected(each))
    }
    return false
  }

  /** The library reported an error that no greenlet can be told of. */
  failReported(): void {
    this.fail('error', new Error(this.reports.at(-1)))
  }

  /** What the strategy may learn from the run. */
  record(): RunRecord {
    const { choices, counts, picks, stepsOf, parentOf } = this
    return { choices, counts, picks, stepsOf, parentOf }
  }

  // ---- Decisions

  /** One of `count` possibilities. `describe` says which one it was. */
  choose(count: number, describe: (choice: number) => string): number {
    if (count === 1) return 0
    const choice = this.note(this.isFair ? 0 : this.options.strategy.choose(count), count)
    this.options.observer?.chose(this, choice, describe)
    return choice
  }

  private rarely(count: number, describe: (choice: number) => string): number {
    const choice = this.note(this.isFair ? 0 : this.options.strategy.rare(count), count)
    if (choice !== 0) this.options.observer?.chose(this, choice, describe)
    return choice
  }

  private note(choice: number, count: number): number {
    this.choices.push(choice)
    this.counts.push(count)
    return choice
  }

  // A strategy may let one greenlet spin for ever while the one that it waits for is never run. A run that takes long
  // gets the fair order of production, so that only what is stuck in that too is called a livelock.
  private get isFair(): boolean {
    return this.steps * 2 > this.options.maxSteps
  }

  /** Decides who goes on. @returns whether there is anybody. */
  private decide(running: Greenlet | null): boolean {
    const { decision } = this
    if (this.slownessLeft > 0) this.maybeMoveClockEarly(running)
    decision.running = running
    const { count } = decision
    if (count === 0) return false
    let index = 0
    if (count > 1) {
      this.picks++
      index = this.note(this.isFair ? 0 : this.options.strategy.pick(decision), count)
      this.options.observer?.picked(this, decision, index)
    }
    decision.yielded = null
    this.take(index)
    return true
  }

  private take(index: number): void {
    const { running } = this.decision
    if (running !== null && index-- === 0) return
    this.nextRings = index < this.due.length
    if (this.nextRings) this.next = index === 0 ? this.due.shift()! : this.due.splice(index, 1)[0]!
    else {
      index -= this.due.length
      this.next = index === 0 ? this.ready.shift()! : this.ready.splice(index, 1)[0]!
    }
  }

  private maybeMoveClockEarly(running: Greenlet | null): void {
    if (this.timers.size === 0 || (running === null && this.ready.length === 0)) return
    const next = this.timers.next()
    const cost = next - this.now
    if (cost <= 0 || cost > this.slownessLeft) return
    const describe = (): string => `computing takes until ${next} ms, so that a timer rings while greenlets are ready`
    if (this.rarely(2, describe) === 0) return
    this.slownessLeft -= cost
    this.moveClock(next)
  }

  // ---- Steps

  /** Whether a greenlet whose wait ended at once lets somebody else go first. */
  givesWay(greenlet: Greenlet): boolean {
    this.stepped(greenlet)
    if (this.verdict !== null) return true
    if (this.options.cancel && this.maybeChooseVictim(greenlet)) return true
    this.decide(greenlet)
    return this.next !== null
  }

  private run(task: Task): void {
    const { decision, options, ready } = this
    if (task instanceof Greenlet) {
      if (options.cancel && task.wait !== null && this.maybeChooseVictim(task)) this.strike(task)
      this.fingerprint = Math.imul(this.fingerprint ^ task.id, 0x01000193)
    }
    task.resume()
    if (task instanceof Greenlet) {
      const { wait } = task
      if (wait === null) {
        if (ready.at(-1) === task) decision.yielded = task
      } else if (!wait.settled && wait.operation.isExternal()) this.noteExternal(task, wait.operation.describe())
      this.stepped(task)
      if (options.cancel && !task.dead && this.victim === null) this.maybeChooseVictim(task)
      if (task === this.main && task.dead && !task.successful) this.failWith(task.error)
    }
  }

  private noteExternal(greenlet: Greenlet, what: string): void {
    this.external.add(greenlet)
    this.uncontrolled.add(`"${greenlet.name}" waits for ${what}`)
  }

  private stepped(greenlet: Greenlet): void {
    const { options, stepsOf } = this
    const { id } = greenlet
    this.steps++
    this.last = greenlet
    stepsOf[id] = (stepsOf[id] ?? 0) + 1
    if (stepsOf[id] === 1) this.parentOf[id] = greenlet.parent?.id ?? 0
    options.observer?.stepped(this, greenlet)
    this.checkInvariant()
    if (this.steps > options.maxSteps) this.fail('livelock')
  }

  private checkInvariant(): void {
    const { check } = this.options
    if (check === undefined) return
    try {
      check()
    } catch (error) {
      this.fail('invariant', error)
    }
  }

  private ring(timer: Due): void {
    this.timers.remove(timer)
    this.fingerprint = Math.imul(this.fingerprint ^ (0x10000 + this.now), 0x01000193)
    this.options.observer?.ringing(this, timer)
    timer.ring()
    this.checkInvariant()
  }

  // ---- Cancellation

  private maybeChooseVictim(greenlet: Greenlet): boolean {
    this.blow = this.rarely(BLOWS, (choice) => `${choice === KILL ? 'kill' : 'time out'} "${greenlet.name}" there`)
    if (this.blow === SPARE) return false
    this.victim = greenlet
    return true
  }

  private strike(victim: Greenlet): void {
    this.victim = null
    if (victim.dead) return
    if (this.blow === KILL) victim.kill()
    else {
      const error = new Timeout(0, 'timed out by the simulation')
      this.injected.add(error)
      victim.interrupt(error)
    }
  }

  // ---- When nobody can make a step

  private goOn(): Standing | undefined {
    const { later, timers, settlers, external, main, hub } = this
    if (later.length > 0) {
      this.later = []
      this.ready.push(...later)
      return undefined
    }
    for (const greenlet of external) if (!waitsOutside(greenlet)) external.delete(greenlet)
    if (external.size > 0) return 'outside'
    if (settlers.size > 0) {
      settlers.drain((wait) => wait.resolve())
      return undefined
    }
    if (main.dead) {
      if (hub.alive === 0 && timers.size === 0) return 'over'
      if (this.endAt === Infinity) this.endAt = this.now + LINGER
    }
    const next = timers.next()
    if (next === Infinity || next > this.endAt || !(next <= this.clockLimit || main.dead)) return 'stuck'
    this.moveClock(next)
    return undefined
  }

  /** Goes on although greenlets wait for the world outside: nothing there could wake them. */
  giveUpOutside(): void {
    this.external.clear()
  }

  /** Lets a clock that does not jump by itself move on for so many milliseconds. */
  allowClock(milliseconds: number): void {
    this.clockLimit = Math.max(this.clockLimit, this.now + milliseconds)
  }

  private moveClock(time: number): void {
    this.now = time
    for (const timer of this.timers.due()) this.due.push(timer)
  }

  // ---- What the hub asks for

  makeReady(greenlet: Greenlet): void {
    this.ready.push(greenlet)
    if (!this.isDriving) this.onWake?.()
  }

  callSoon(callback: () => void): void {
    this.ready.push(new Callback(callback))
    if (!this.isDriving) this.onWake?.()
  }

  callLater(callback: () => void): void {
    this.later.push(new Callback(callback))
    if (!this.isDriving) this.onWake?.()
  }

  startTimer(timer: Due, milliseconds: number): void {
    timer.tick = -1
    if (milliseconds === Infinity) return
    this.timers.add(timer, this.now + milliseconds)
    if (timer.tick <= this.now) this.due.push(timer)
    if (!this.isDriving) this.onWake?.()
  }

  stopTimer(timer: Due): void {
    const index = timer.tick === -1 || timer.tick > this.now ? -1 : this.due.indexOf(timer)
    if (index !== -1) this.due.splice(index, 1)
    this.timers.remove(timer)
  }
}

function waitsOutside({ wait }: Greenlet): boolean {
  return wait !== null && !wait.settled && wait.operation.isExternal()
}
