import {
  Event,
  call,
  getHub,
  sleep,
  spawn,
  withTimeout,
  type Coroutine,
  type Greenlet,
  type Operation,
} from '../../scheduler/index.js'
import { showAs } from '../../scheduler/checks/node-inspect.js'
import { outcomeOf } from '../../scheduler/policies/outcome.js'
import { Pauses } from '../../scheduler/policies/backoff.js'
import { protect } from '../../scheduler/waits/shield.js'
import { answerOf, type Answer } from '../answer.js'
import { LeaseLost } from '../errors.js'

const pauses = Pauses.of({ initial: 50, max: 1000 }, 'permit.release()')

/** The place that a permit stands for. @internal */
export interface Place {
  /** The name of the semaphore or lock: `lock "reports"`. */
  readonly what: string
  readonly name: string
  readonly lease: number
  readonly fence: number
  extend(): Answer<boolean>
  leave(): Answer<boolean>
}

/**
 * The right to go on, for as long as its lease is extended, which it is until it is released.
 *
 * A process that stands still, or is cut off, cannot extend it, and cannot know that either: for a moment two may believe
 * that they have it. So what is written has to check {@link RemotePermit.fence}.
 */
export class RemotePermit {
  private readonly released = new Event()
  private controller: AbortController | undefined
  private loss: LeaseLost | undefined
  private isOurs = true
  private readonly shields: number

  /** @internal */
  constructor(
    private readonly place: Place,
    /** The greenlet in which the loss is raised. */
    private readonly holder: Greenlet | undefined,
    // Since when the lease is known to be ours.
    private since: number,
  ) {
    // The shields in which the permit was acquired do not hold the loss off.
    this.shields = holder?.shields ?? 0
    const keeper = spawn(() => this.keep())
    keeper.name = `lease of ${place.what}`
    keeper.observe()
  }

  /**
   * The fencing number: each permit of that name has a higher one than all before it. A store that refuses what comes with a
   * lower number than it has seen is safe from those who do not know yet that their lease is lost.
   */
  get fence(): number {
    return this.place.fence
  }

  /** Whether it was neither released nor lost, as far as this process knows. */
  get held(): boolean {
    return this.isOurs
  }

  /** Aborts with the `LeaseLost` when it is lost: for async functions, in which nothing can be raised. */
  get signal(): AbortSignal {
    if (this.controller === undefined) {
      this.controller = new AbortController()
      if (this.loss !== undefined) this.controller.abort(this.loss)
    }
    return this.controller.signal
  }

  /**
   * Gives it back, and waits until the store knows; if that cannot be reached, until the lease is over.
   *
   * @returns whether it was held until now.
   * Cancel safety: once begun it is not interrupted. Releasing it again does nothing.
   */
  release(): Operation<boolean> {
    return call(() => protect(() => this.giveBack()))
  }

  /** Gives it back without a wait, for `using`. */
  [Symbol.dispose](): void {
    if (!this.isOurs) return
    const giver = spawn(() => protect(() => this.giveBack()))
    giver.name = `release of ${this.place.what}`
  }

  /** Gives it back, for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.release()
  }

  /** Describes it in one line. */
  toString(): string {
    return `permit ${this.fence} of ${this.place.what}`
  }

  private *giveBack(): Coroutine<boolean> {
    if (!this.isOurs) return false
    this.isOurs = false
    this.released.set()
    for (let failures = 1; ; failures++) {
      const outcome = yield* outcomeOf(() => withTimeout(this.place.lease, () => answerOf(this.place.leave())))
      if (outcome.status === 'fulfilled') return outcome.value as boolean
      if (this.isOver) return false
      yield* sleep(pauses.after(failures))
    }
  }

  /** Extends the lease each time a third of it has passed. */
  private *keep(): Coroutine<void> {
    const { place } = this
    const third = place.lease / 3
    while (!(yield* this.released.wait({ timeout: third }))) {
      const now = getHub().now()
      const outcome = yield* outcomeOf(() => withTimeout(third, () => answerOf(place.extend())))
      if (!this.isOurs) return
      // A store that cannot be reached did not refuse: it is ours until its time is over.
      if (outcome.status === 'fulfilled' ? outcome.value === true : !this.isOver) {
        if (outcome.status === 'fulfilled') this.since = now
      } else return this.lose()
    }
  }

  private get isOver(): boolean {
    return getHub().now() - this.since >= this.place.lease
  }

  private lose(): void {
    const { name, what } = this.place
    this.isOurs = false
    const error = (this.loss = new LeaseLost(name, `${what} belongs to another holder now: its lease has expired`))
    this.controller?.abort(error)
    // Not by a kill: the holder may catch it, and wait for as long as it likes.
    if (this.holder?.dead === false) this.holder.interrupt(error, this, this.shields)
  }
}
showAs(RemotePermit, (permit) => `<${permit.toString()}, ${permit.held ? 'held' : 'not held'}>`)
