import { misuse, GreenletExit } from '../checks/errors.js'
import { described } from '../checks/show.js'
import { driveGreenlet } from './drive.js'
import { Completion } from './fiber/completion.js'
import type { Body, Driven, Frame } from './frames.js'
import { noteFirstGreenlet, type Greenlet, type Runnable } from './runnable.js'
import { reporter } from './reporter.js'
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
export abstract class Fiber<T = unknown> extends Completion<T> implements Waiter, Driven {
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
  // Once it has ended, `ENDED` and its place among those that have.
  private status = CREATED

  constructor(body: Body | undefined) {
    super()
    const { hub } = this
    const spawner = thread.greenlet
    this.id = ++hub.made
    if (this.id === 1) noteFirstGreenlet()
    this.parent = spawner ?? undefined
    this.body = body
    const { contexts } = hub.platform
    if (contexts !== undefined) this.ensureRare().context = contexts.capture()
    const inherited = (spawner === null ? hub : spawner.rare)?.inherited
    if (inherited) this.ensureRare().inherited = inherited
    if (spawner?.daemon) this.ensureRare().daemon = true
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
      throw misuse(new TypeError(`${this.toString()}.daemon: it is already waiting; set it right after spawn()`))
    }
    this.ensureRare().daemon = daemon
  }

  abstract get name(): string
  abstract run(...args: unknown[]): unknown
  abstract override toString(): string

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

  /** Makes it run at the next turn of the hub, after all that are ready already. Starting it again does nothing. */
  start(): this {
    if (this.status === CREATED) {
      this.stopTimer()
      this.status = READY
      if (this.context === null) this.keepContext()
      this.hub.register(this)
      this.hub.queue.add(this)
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
    this.hub.queue.noteKill(this, raised)
    if (this.isUnrun) this.finish(raised, true)
    else {
      const interruptions = this.ensureInterruptions()
      interruptions.killedWith = raised
      interruptions.grace = grace
      this.interrupt(raised)
    }
  }

  /**
   * Raises `error` where it waits, or at its next wait when it is running or shielded. What began inside of so many
   * `shields` is held off only by those that are further in.
   * @internal
   */
  interrupt(error: unknown, source?: object, shields = 0): void {
    const { wait } = this
    // A shield does not hold off what the wait itself was given as its limit.
    if (source !== undefined && wait?.isLimitedBy(source)) {
      wait.expire(error as Error)
      return
    }
    const interruptions = this.ensureInterruptions()
    if (!interruptions.push({ error, source, shields }) || this.status === RUNNING) return
    if (this.status === WAITING && wait?.interrupt(error)) interruptions.shift()
    else {
      // At once, and not when it comes to run, since nobody may hand it anything in between.
      this.dropWait()
      this.wake()
    }
  }

  /** Takes an interruption back that was not raised yet. @internal */
  withdraw(source: object): void {
    // A wait that was left already cannot be taken up again.
    this.interruptions?.withdraw(source, this.status !== RUNNING)
  }

  /** @internal */
  extendStack(error: unknown, below?: unknown, isCall?: boolean): void {
    reporter.extendStack(error, this, below, isCall)
  }

  /** @internal */
  checkpoint(): void {
    if (this.interruptions !== null || this.wait !== null) this.raiseDue()
  }

  private raiseDue(): void {
    if (this.interruptions?.due) {
      const error = this.interruptions.shift()
      // eslint-disable-next-line @typescript-eslint/unbound-method -- it only says where the stack begins
      this.extendStack(error, this.checkpoint)
      throw error
    }
    const { wait } = this
    if (wait !== null) {
      this.dropWait()
      throw misuse(
        new TypeError(
          `${this.toString()} waits while ${described(wait.operation)} was yielded to a loop, not to the hub`,
        ),
      )
    }
  }

  /** @internal */
  wake(): void {
    if (this.status !== WAITING) return
    this.status = READY
    this.hub.queue.add(this)
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
    wait.since = this.hub.queue.turnTime
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
      if (interruptions.isEndByKill(value, failed)) {
        value = interruptions.killedWith
        failed = true
      }
      this.stopTimer()
    }
    if (rare !== null) rare.end()
    this.status = ENDED + this.hub.ended++
    this.frame = null
    if (this.parent?.dead) this.parent = undefined
    if (status !== CREATED) this.hub.unregister(this)
    this.complete(value, failed)
  }
}

function step(fiber: Fiber): void {
  thread.greenlet = fiber.greenlet
  driveGreenlet(fiber)
}
