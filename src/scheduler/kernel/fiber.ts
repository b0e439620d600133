import { diagnosis } from '../checks/diagnosis.js'
import { misuse, GreenletExit } from '../checks/errors.js'
import { described } from '../checks/show.js'
import { driveGreenlet, none } from './drive.js'
import type { Body, Driven, Frame } from './frames.js'
import type { Hub } from './hub.js'
import { Interruptions } from './interruptions.js'
import { Operation } from './operation.js'
import { noteFirstGreenlet } from './runnable.js'
import { reporter } from './reporter.js'
import { Failure, Killed, NoValue, type Greenlet, type Runnable } from './runnable.js'
import { keepStack, type CapturedStack } from './stack.js'
import { thread } from './thread.js'
import { Timer } from './timers.js'
import type { Wait, Waiter } from './wait.js'

/** Where a greenlet stands. */
export type GreenletState = 'created' | 'ready' | 'running' | 'waiting' | 'ended'

const CREATED = 0
const READY = 1
const RUNNING = 2
const WAITING = 3
const ENDED = 4
const STATES: GreenletState[] = ['created', 'ready', 'running', 'waiting', 'ended']

/** How often a greenlet that yields in its cleanup is made to return before it is dropped as it is. */
const FORCED_RETURNS = 1000

/** Gets to know the end of a greenlet: the wait of one who joins it, or one object that counts many. @internal */
export interface EndListener {
  greenletEnded(greenlet: Greenlet): void
}

/**
 * The state that few greenlets have, apart from them: where 100,000 are alive, most of the time of a spawn goes by the
 * size of the object.
 */
class RareState {
  label: string | undefined = undefined
  spawnStack: CapturedStack | undefined = undefined
  inherited: ReadonlyMap<object, unknown> | null = null
  locals: WeakMap<object, unknown> | null = null
  interruptions: Interruptions | null = null
  callers: Driven['callers'] = null
  /** The ambient context of its next step; `null` where none is kept. */
  context: unknown = null
  callWait: Wait<unknown> | null = null
  daemon = false

  /** Drops what an ended greenlet needs no more. */
  end(): void {
    this.inherited = this.locals = this.interruptions = this.callers = this.callWait = this.context = null
  }
}

/**
 * The machine under a greenlet: its state, its stack, its wait and its end. `Greenlet` is its public face; the two are
 * one object and one hidden class.
 *
 *     created ─ start ─▶ ready ─ enter ─▶ running ─ park ─▶ waiting
 *                          ▲                 │  │              │
 *                          ├──── giveWay ────┘  └─ finish ─▶ ended
 *                          └────────────────── wake ───────────┘
 *
 * @internal
 */
export abstract class Fiber<T = unknown> extends Operation<T> implements Waiter, Driven {
  /** The scheduler that runs it. */
  readonly hub: Hub = thread.hub
  /** A number that no other greenlet of this hub has. */
  readonly id: number
  /** The greenlet that spawned this one; `undefined` when it was spawned outside of all greenlets. */
  parent: Greenlet | undefined
  /** @internal */
  readonly body: Body | undefined
  /** @internal */
  wait: Wait<unknown> | null = null
  /** @internal */
  nextReady: Runnable | null = null
  /** @internal */
  aliveBefore: Runnable | null = null
  /** @internal */
  aliveAfter: Runnable | null = null
  /** @internal */
  frame: Frame | null = null
  /**
   * Until it runs, what the function is called with: one argument as it is, since a list for each would be half as big as
   * the greenlet, any other number as `Arguments`. Once it has ended it is the `outcome`: the two share the field.
   * @internal
   */
  argument: unknown = none
  // Once it has ended, `ENDED` and its place among those that have.
  private status = CREATED
  private listeners: EndListener | Set<EndListener> | null = null
  /** @internal */
  protected rare: RareState | null = null

  constructor(body: Body | undefined) {
    super()
    const { hub } = this
    this.id = ++hub.made
    if (this.id === 1) noteFirstGreenlet()
    this.parent = thread.greenlet ?? undefined
    this.body = body
    const { contexts } = hub.platform
    if (contexts !== undefined) this.ensureRare().context = contexts.capture()
    const { inherited } = thread.greenlet ?? hub
    if (inherited !== null) this.inherited = inherited
    if (thread.greenlet?.daemon) this.ensureRare().daemon = true
  }

  /**
   * Whether the program may end while it has not, as soon as nothing else goes on: its timers do not keep the program
   * alive, and it is not reported then. What waits for it keeps the program alive. It ends without cleanup.
   *
   * Greenlets that a daemon spawns are daemons. Sockets, servers and other handles keep a program alive as ever.
   * Set it before the greenlet waits: `const ticker = spawn(tick); ticker.daemon = true`.
   */
  get daemon(): boolean {
    return this.rare?.daemon === true
  }

  set daemon(daemon: boolean) {
    if (daemon === this.daemon) return
    if (this.status === WAITING || this.interruptions?.timer) {
      throw misuse(new TypeError(`${this.toString()}.daemon: it waits already; set it right after spawn()`))
    }
    this.ensureRare().daemon = daemon
  }

  /** @internal */
  abstract get greenlet(): Greenlet
  abstract get name(): string
  abstract run(...args: unknown[]): unknown
  abstract override toString(): string
  /** @internal */
  protected ensureRare(): RareState {
    return (this.rare ??= new RareState())
  }

  abstract get spawnedAt(): string

  /** The values that it inherited or left to inherit; a map that is replaced and never changed. @internal */
  get inherited(): ReadonlyMap<object, unknown> | null {
    return this.rare === null ? null : this.rare.inherited
  }

  set inherited(values: ReadonlyMap<object, unknown> | null) {
    this.ensureRare().inherited = values
  }

  /** The values of its own, which end with it. @internal */
  get locals(): WeakMap<object, unknown> | null {
    return this.rare === null ? null : this.rare.locals
  }

  set locals(values: WeakMap<object, unknown> | null) {
    this.ensureRare().locals = values
  }

  /** @internal */
  get callers(): Driven['callers'] {
    return this.rare === null ? null : this.rare.callers
  }

  set callers(callers: Driven['callers']) {
    this.ensureRare().callers = callers
  }

  /** @internal */
  get interruptions(): Interruptions | null {
    return this.rare === null ? null : this.rare.interruptions
  }

  /** @internal */
  ensureInterruptions(): Interruptions {
    return (this.ensureRare().interruptions ??= new Interruptions())
  }

  private get context(): unknown {
    return this.rare === null ? null : this.rare.context
  }

  /** @internal */
  get caller(): Greenlet | null {
    const callWait = this.rare?.callWait
    return callWait?.parked ? callWait.greenlet : null
  }

  /** The greenlet that uses what this one gets: its caller, if it was made to call a function; `null` outside of greenlets. @internal */
  get beneficiary(): Greenlet | null {
    const callWait = this.rare?.callWait
    return callWait ? callWait.greenlet : (this as unknown as Greenlet)
  }

  /** Whether it was made to call a function, for whose value somebody waits. @internal */
  get isAwaitedCall(): boolean {
    return this.rare?.callWait?.parked === true
  }

  /** Notes that it was made to call a function on behalf of the greenlet that waits there. @internal */
  callFor(wait: Wait<unknown>): void {
    this.ensureRare().callWait = wait
  }

  /** Where it is in its life; see {@link GreenletState}. */
  get state(): GreenletState {
    return STATES[Math.min(this.status, ENDED)]!
  }

  /** Whether it was started and has not ended. */
  get started(): boolean {
    return this.status > CREATED && this.status < ENDED
  }

  /** Whether it has ended. */
  get dead(): boolean {
    return this.status >= ENDED
  }

  /** Whether it has run none of its function. @internal */
  protected get isUnrun(): boolean {
    const { status } = this
    return status === CREATED || (status === READY && this.frame === null && this.wait === null)
  }

  /** When it ended, in relation to others that have. @internal */
  get endedAs(): number {
    return this.status - ENDED
  }

  /** Its value, its `Failure` or `Killed`, once it has ended. @internal */
  get outcome(): unknown {
    return this.argument
  }

  /** The error that ended it, and who knows of that. @internal */
  get failure(): Failure | undefined {
    const { outcome } = this
    return NoValue.is(outcome) && outcome instanceof Failure ? outcome : undefined
  }

  /** The kill that ended it. @internal */
  get killed(): Killed | undefined {
    const { outcome } = this
    return NoValue.is(outcome) && outcome instanceof Killed ? outcome : undefined
  }

  /** Whether the error that ended it has not to be reported. @internal */
  get observed(): boolean {
    const { failure } = this
    return failure !== undefined && failure.observers > 0
  }

  /** Marks the error that ended it, or will, as seen, so that it is not reported. @returns the error. @internal */
  observe(): unknown {
    const { failure } = this
    if (failure === undefined) {
      if (!this.dead) this.listen({ greenletEnded: () => void this.observe() })
      return undefined
    }
    failure.observers++
    return failure.error
  }

  /** Takes an `observe` back: the error is reported unless somebody else saw it. @internal */
  unobserve(): void {
    const { failure } = this
    if (failure !== undefined && --failure.observers === 0) this.hub.noteFailure(this)
  }

  /**
   * Calls `listener` when it has ended. Nearly all greenlets have one listener at most, so there is a set for those only
   * that have more.
   * @returns whether it was not listening already.
   * @internal
   */
  listen(listener: EndListener): boolean {
    const { listeners } = this
    if (listeners === null) this.listeners = listener
    else if (listeners === listener) return false
    else if (!(listeners instanceof Set)) this.listeners = new Set([listeners, listener])
    else if (listeners.has(listener)) return false
    else listeners.add(listener)
    return true
  }

  /** Takes it back. @internal */
  unlisten(listener: EndListener): void {
    const { listeners } = this
    if (listeners === listener) this.listeners = null
    else if (listeners instanceof Set) listeners.delete(listener)
  }

  /** Those that it will call, in order. @internal */
  protected get endListeners(): EndListener[] {
    const { listeners } = this
    return listeners instanceof Set ? Array.from(listeners) : listeners === null ? [] : [listeners]
  }

  /** Makes it run at the next turn of the hub, after all that are ready already. Starting it again does nothing. */
  start(): this {
    if (this.status === CREATED) {
      this.stopTimer()
      this.status = READY
      if (this.context === null) this.keepContext()
      this.hub.register(this)
      this.hub.ready(this)
    }
    return this
  }

  /** Starts it after so many milliseconds, unless something starts it before. @internal */
  protected startAfter(milliseconds: number): void {
    if (this.status !== CREATED || milliseconds === Infinity || this.interruptions?.timer) return
    const timer = new Timer<unknown>(() => void this.start(), undefined)
    this.ensureInterruptions().timer = timer
    this.hub.startTimer(timer, milliseconds, this.daemon)
  }

  /** Ends it by `error`, which is raised where it waits. A second kill without an error of its own changes nothing. @internal */
  protected raiseKill(error: Error | undefined, grace: number | undefined): void {
    if (this.dead || (error === undefined && this.interruptions?.killedWith !== undefined)) return
    const raised = error ?? new GreenletExit()
    this.hub.noteKill(this, raised)
    if (this.isUnrun) this.finish(raised, true)
    else {
      const interruptions = this.ensureInterruptions()
      interruptions.killedWith = raised
      interruptions.grace = grace
      this.interrupt(raised)
    }
  }

  /** The exit that the last kill raised in it; `undefined` if there was none. @internal */
  get exit(): GreenletExit | undefined {
    const exit = this.interruptions?.killedWith
    return GreenletExit.isExit(exit) && !this.interruptions!.holds(exit) ? exit : undefined
  }

  /** How many shields it is in. @internal */
  get shields(): number {
    return this.interruptions === null ? 0 : this.interruptions.shields
  }

  /**
   * Raises `error` where it waits, or at its next wait when it is running or shielded. What began inside of so many
   * `shields` is held off only by those that are further in.
   * @internal
   */
  interrupt(error: unknown, source?: object, shields = 0): void {
    const { wait } = this
    // A shield does not hold off what the wait itself was given as its limit.
    if (wait?.isLimitedBy(source)) {
      wait.expire(error as Error)
      return
    }
    const interruptions = this.ensureInterruptions()
    if (!interruptions.push({ error, source, shields })) return
    if (this.status === WAITING && wait?.interrupt(error)) interruptions.shift()
    else this.leaveWait()
  }

  /** Takes an interruption back that was not raised yet. @internal */
  withdraw(source: object): void {
    // A wait that was left already cannot be taken up again.
    this.interruptions?.withdraw(source, this.status !== RUNNING)
  }

  // Gives back its place in a line, or what was handed over already: at once, and not when it comes to run, since
  // nobody may hand it anything in between.
  private leaveWait(): void {
    const { wait } = this
    if (wait === null || this.status === RUNNING) return
    this.wait = null
    wait.cancel()
    this.wake()
  }

  /** @internal */
  startGrace(): void {
    const interruptions = this.ensureInterruptions()
    if (interruptions.timer !== null) return
    interruptions.timer = new Timer<unknown>(() => {
      interruptions.timer = null
      if (interruptions.shields > 0) interruptions.overdue = true
      else this.force(interruptions)
    }, undefined)
    this.hub.startTimer(interruptions.timer, interruptions.overdue ? 0 : (interruptions.grace ?? this.hub.grace))
  }

  /** Ends it by force at its next wait, if it has ignored a kill for too long: it enters a shield again. @internal */
  forceIfOverdue(): void {
    const { interruptions } = this
    if (interruptions?.overdue && !interruptions.forced) this.force(interruptions)
  }

  // A catch swallowed the kill: from now on every yield is answered with return().
  private force(interruptions: Interruptions): void {
    const place = reporter.parkedStack(this)
    const wait = this.wait === null ? 'yields' : `waits for ${described(this.wait.operation)}`
    const what = this.status === RUNNING ? 'enters a shield' : wait
    this.hub.platform.report(
      `${this.toString()} was killed ${(interruptions.grace ?? this.hub.grace) / 1000} s ago, caught that and still ${what}; it is ended by force` +
        `${diagnosis.adviseOn('kill caught')}\n${place}`,
    )
    interruptions.forced = true
    this.leaveWait()
  }

  /** @internal */
  dropForced(): boolean {
    this.dropWait()
    if (++this.interruptions!.forcedReturns < FORCED_RETURNS) return false
    this.hub.platform.report(`${this.toString()} yields for ever in its cleanup; it is dropped as it is`)
    this.finish(undefined, false)
    return true
  }

  /** @internal */
  extendStack(error: unknown, below?: unknown, isCall?: boolean): void {
    reporter.extendStack(error, this, below, isCall)
  }

  /** @internal */
  checkpoint(): void {
    if (this.interruptions?.due) {
      const error = this.interruptions.shift()
      // eslint-disable-next-line @typescript-eslint/unbound-method -- it only says where the stack begins
      this.extendStack(error, this.checkpoint)
      throw error
    }
    const { wait } = this
    if (wait !== null) {
      this.wait = null
      wait.throw(
        misuse(
          new TypeError(
            `${this.toString()} waits while ${described(wait.operation)} was yielded to a loop, not to the hub`,
          ),
        ),
      )
    }
  }

  /** @internal */
  wake(): void {
    if (this.status !== WAITING) return
    this.status = READY
    this.hub.ready(this)
  }

  /** @internal */
  enter(): void {
    this.status = RUNNING
  }

  /** @internal */
  giveWay(): void {
    this.status = READY
  }

  /** @internal */
  park(wait: Wait<unknown>): void {
    wait.since = this.hub.turnTime()
    this.status = WAITING
  }

  /** @internal */
  resume(): boolean {
    if (this.status >= ENDED) return false
    const { context } = this
    if (context === null) {
      step(this)
      // The first store of all was set in this step.
      if (this.context !== null) {
        this.keepContext()
        this.hub.platform.leaveFirstContext?.()
      }
    } else {
      const left = this.hub.platform.contexts!.run(context, step, this)
      if (this.status < ENDED) this.rare!.context = left
    }
    return this.status === READY
  }

  /** @internal */
  keepContext(): void {
    const { contexts } = this.hub.platform
    if (contexts !== undefined && this.status < ENDED) this.ensureRare().context = contexts.capture()
  }

  /** @internal */
  dropWait(): void {
    this.wait?.cancel()
    this.wait = null
  }

  private stopTimer(): void {
    const timer = this.interruptions?.timer
    if (!timer) return
    this.hub.stopTimer(timer)
    this.interruptions.timer = null
  }

  /** @internal */
  finish(value: unknown, failed: boolean): void {
    const { status, interruptions, rare } = this
    this.dropWait()
    if (interruptions !== null) {
      if (interruptions.forced && !failed) {
        value = interruptions.killedWith
        failed = true
      }
      this.stopTimer()
    }
    if (rare !== null) rare.end()
    this.status = ENDED + this.hub.ended++
    const exit = failed && GreenletExit.isExit(value) ? value : null
    const failure = failed && exit === null ? new Failure(value) : null
    this.argument = failure ?? (exit === null ? value : new Killed(this, exit))
    this.frame = null
    // Who waits for the greenlet gets the same error, and is not among those who called what raised it.
    if (failure !== null) keepStack(value)
    if (this.parent?.dead) this.parent = undefined
    if (status !== CREATED) this.hub.unregister(this)
    const { listeners } = this
    if (listeners !== null) {
      // One that is taken back by another that was called before is not called any more.
      if (listeners instanceof Set) for (const listener of listeners) listener.greenletEnded(this.greenlet)
      else listeners.greenletEnded(this.greenlet)
      this.listeners = null
    }
    if (failure?.observers === 0) this.hub.noteFailure(this)
  }
}

function step(fiber: Fiber): void {
  thread.greenlet = fiber.greenlet
  driveGreenlet(fiber)
  thread.greenlet = null
}
