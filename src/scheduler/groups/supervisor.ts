import { GreenletExit, nameError } from '../checks/errors.js'
import type { Coroutine } from '../kernel/frames.js'
import type { EndListener } from '../kernel/fiber/completion.js'
import { Greenlet } from '../greenlets/greenlet.js'
import { Queue } from '../queues/queue.js'
import { protect } from '../waits/shield.js'
import { RestartPauses, type Pauses } from '../policies/backoff.js'
import type { ChildOptions, Complete, RestartType, Strategy, SuperviseOptions } from './supervise-options.js'
import { thread } from '../kernel/thread.js'

/** A child of `supervise` had to be restarted too often. Its `cause` is the last error. */
export class SupervisionError extends Error {
  declare readonly name: 'SupervisionError'
  declare readonly code: 'GVENT_SUPERVISION'

  /**
   * For `supervise`, and for tests of what handles it.
   * @param child the name of the child that failed.
   * @param restarts how often children were restarted.
   */
  constructor(
    message: string,
    /** The name of the child. */
    readonly child: string,
    /** How often that child had to be restarted, the last time included, which did not happen. */
    readonly restarts: number,
    cause: unknown,
  ) {
    super(message, { cause })
  }
}
nameError(SupervisionError, 'SupervisionError', 'GVENT_SUPERVISION')

/** @internal */
export interface Settings {
  strategy: Strategy
  intensity: number
  period: number
  pauses: Pauses | undefined
  isWorthwhile: (error: unknown, attempt: number) => boolean
  onFailure: SuperviseOptions['onFailure']
}

interface End {
  readonly child: Child
  readonly greenlet: Greenlet
  /** Whether it ended because it was stopped. */
  readonly stopped: boolean
}

/** One run of `supervise`. @internal */
export class Supervisor {
  readonly children: Child[] = []
  /** Ends of children, until they are dealt with. */
  readonly ends: Queue<End> = new Queue<End>(Infinity, { name: 'ends of supervised children' })
  private recent: number[] = []

  constructor(readonly settings: Settings) {}

  *run(): Coroutine<void> {
    try {
      for (const child of this.children) child.start(0)
      while (this.ends.size > 0 || this.children.some((child) => child.alive)) {
        yield* this.deal(yield* this.ends.get())
      }
    } finally {
      // Whatever is raised meanwhile: no child may be left behind.
      yield* protect(() => this.stop(this.children))
      while (this.ends.size > 0) this.report(this.ends.getNowait())
    }
  }

  /** Tells of an end, if it was an error. */
  report({ child, greenlet }: End, delay?: number): void {
    if (greenlet.successful) return
    const { error } = greenlet
    const { name, restarts } = child
    const { hub } = thread
    const { onFailure } = this.settings
    if (onFailure === undefined) {
      const fate = delay === undefined ? 'is not restarted' : `is restarted ${delay === 0 ? 'now' : `in ${delay} ms`}`
      hub.report(`supervise: ${JSON.stringify(name)} ended with an error and ${fate}`, error)
      return
    }
    try {
      onFailure({ child: name, error, restarts, delay })
    } catch (raised) {
      hub.raise('supervise: { onFailure } itself failed', raised)
      hub.report(`supervise: ${JSON.stringify(name)} ended with an error`, error)
    }
  }

  private *deal(end: End): Coroutine<void> {
    const { child, greenlet, stopped } = end
    // One that was restarted since, together with another, is not restarted once more.
    if (stopped || child.greenlet !== greenlet || !child.wantsRestart(greenlet)) {
      this.report(end)
      return
    }
    child.restarts++
    this.count(end)
    this.checkWorth(end)
    const delay = child.nextDelay(this.settings)
    this.report(end, delay)
    const affected = this.affectedBy(child)
    yield* this.stop(affected)
    for (const other of affected) if (other === child || other.restart !== 'temporary') other.start(delay)
  }

  private checkWorth({ child, greenlet }: End): void {
    const { name, restarts } = child
    if (greenlet.successful || this.settings.isWorthwhile(greenlet.error, restarts)) return
    throw new SupervisionError(
      `supervise: ${JSON.stringify(name)} ended with an error after which { while } allows no restart`,
      name,
      restarts,
      greenlet.error,
    )
  }

  private count({ child, greenlet }: End): void {
    const { intensity, period } = this.settings
    const now = thread.hub.now()
    this.recent = this.recent.filter((time) => now - time <= period)
    this.recent.push(now)
    if (this.recent.length <= intensity) return
    const allowed = intensity === 0 ? 'none is' : `${intensity} ${intensity === 1 ? 'is' : 'are'}`
    throw new SupervisionError(
      `supervise: ${JSON.stringify(child.name)} has ended ${times(child.restarts)} and would have to be restarted; that ` +
        `is restart ${this.recent.length} within ${period} ms, and ${allowed} allowed`,
      child.name,
      child.restarts,
      greenlet.error,
    )
  }

  private affectedBy(child: Child): Child[] {
    const { strategy } = this.settings
    if (strategy === 'oneForOne') return [child]
    return strategy === 'oneForAll' ? this.children : this.children.slice(this.children.indexOf(child))
  }

  private *stop(children: readonly Child[]): Coroutine<void> {
    for (const child of children.toReversed()) yield* child.stop()
  }
}

function times(count: number): string {
  return count === 1 ? 'once' : count === 2 ? 'twice' : `${count} times`
}

/** One child of a {@link Supervisor}. @internal */
export class Child implements EndListener {
  readonly name: string
  readonly restart: RestartType
  /** The last greenlet that was made for it. */
  greenlet: Greenlet | undefined
  /** How often it was restarted, or had to be. */
  restarts = 0
  private readonly run: () => unknown
  private readonly shutdown: number
  private stopping = false
  private startedAt = 0
  private pauses: RestartPauses | undefined

  constructor(
    private readonly supervisor: Supervisor,
    options: Complete<ChildOptions>,
  ) {
    this.name = options.name
    this.restart = options.restart
    this.run = options.run
    this.shutdown = options.shutdown
  }

  get alive(): boolean {
    return this.greenlet?.dead === false
  }

  /** Starts it in so many milliseconds. Until then it is alive, and can be stopped. */
  start(delay: number): void {
    const greenlet = new Greenlet(this.run)
    greenlet.name = this.name
    greenlet.listen(this)
    this.greenlet = greenlet
    this.stopping = false
    this.startedAt = thread.hub.now() + delay
    if (delay === 0) greenlet.start()
    else greenlet.startLater(delay)
  }

  /** Kills it and waits for its end; kills it once more if that takes too long. */
  *stop(): Coroutine<void> {
    const { greenlet, shutdown } = this
    if (greenlet === undefined || greenlet.dead) return
    this.stopping = true
    const inTime = yield* greenlet.kill(undefined, { timeout: shutdown })
    if (!inTime) yield* greenlet.kill(new GreenletExit(`it was killed, and did not end within ${shutdown} ms`))
  }

  /** @internal */
  greenletEnded(greenlet: Greenlet): void {
    greenlet.observe()
    this.supervisor.ends.putNowait({ child: this, greenlet, stopped: this.stopping })
  }

  /** Whether it has to be started again after `greenlet` ended. */
  wantsRestart(greenlet: Greenlet): boolean {
    return this.restart === 'permanent' || (this.restart === 'transient' && !greenlet.successful)
  }

  /** In how many milliseconds to restart it. */
  nextDelay({ pauses, period }: Settings): number {
    if (pauses === undefined) return 0
    this.pauses ??= new RestartPauses(pauses, period)
    this.pauses.ended(thread.hub.now() - this.startedAt)
    return this.pauses.next()
  }
}
