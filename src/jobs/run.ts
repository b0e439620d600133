import {
  GreenletExit,
  call,
  getHub,
  sleep,
  withTimeout,
  type Coroutine,
  type Greenlet,
  type Operation,
} from '../scheduler/index.js'
import { outcomeOf } from '../scheduler/policies/outcome.js'
import { answerOf, type Answer } from './answer.js'
import { Pauses } from '../scheduler/policies/backoff.js'
import type { JobWork, Settings } from './consume-options.js'
import type { Delivery, Source } from './delivery.js'
import { Discard, LeaseLost } from './errors.js'
import { Job } from './job.js'
import type { JobRecords } from './remote/job-records.js'
import type { JobEvent } from './job-event.js'
import { beginWork } from './job-greenlet.js'
import type { Suspicion } from './suspicion.js'
import { tell } from './tell.js'

const pauses = Pauses.of({ initial: 50, max: 1000 }, 'consume')

/** How often a job is begun beyond its attempts, if it never came to an end: its workers may have died of others. */
const CHANCES = 3

/** One job in this worker, from its delivery to its end. Its methods run shielded. @internal */
export class Run {
  private readonly lease: number
  // Since when the lease is known to be ours.
  private held = getHub().now()
  private isLost = false
  private greenlet: Greenlet | undefined
  private isKilled = false
  private isCancelled = false
  private isKept = false
  private readonly records: JobRecords | undefined

  constructor(
    private readonly delivery: Delivery,
    { lease, records }: Source,
    private readonly settings: Settings,
    private readonly suspicion: Suspicion,
    /** Called when the work has succeeded, before the engine knows. */
    private readonly succeeded: () => void,
  ) {
    this.lease = lease
    this.records = records
  }

  /** Kills the work; the job is handed back when its cleanup is over. */
  kill(): void {
    this.isKilled = true
    void this.greenlet?.kill()
  }

  /** Whether it was delivered more often than it may be tried: its workers may have died of it. */
  get isSuspect(): boolean {
    return this.delivery.attempt > this.settings.attempts
  }

  *work(work: JobWork<unknown>): Coroutine<void> {
    const { delivery, settings } = this
    const { attempt } = delivery
    if (this.isKilled) return yield* this.giveBack()
    if (!this.isSuspect) return yield* this.begin(work)
    if (attempt > settings.attempts + CHANCES) {
      const message = `delivered ${attempt} times: its workers died, or lost their leases, before an attempt finished`
      return yield* this.bury(new Discard(message))
    }
    if (this.suspicion.suspect !== this) return yield* this.giveBack(this.lease / 3)
    yield* this.suspicion.othersGone()
    if (this.isKilled) yield* this.giveBack()
    else if (this.isOver) this.note({ type: 'lost', id: delivery.id, attempt })
    else yield* this.begin(work)
  }

  private *begin(work: JobWork<unknown>): Coroutine<void> {
    const { delivery, records, settings } = this
    const { id, attempt } = delivery
    if (yield* this.wasCancelled()) return yield* this.endCancelled()
    if (this.isKilled) return yield* this.giveBack()
    if (records === undefined && settings.isAwaited(delivery.data)) {
      return yield* this.bury(new Discard('somebody waits for the outcome, and the jobs of this worker have no store'))
    }
    this.note({ type: 'started', id, attempt })
    const job = new Job(delivery, records && ((progress) => records.report(id, progress)))
    const greenlet = beginWork(`work of job ${id}`, work, job, settings.timeout)
    this.greenlet = greenlet
    const unfollow = records?.follow(id, (record) => {
      if (record?.isCancelled === true) this.cancel(greenlet)
    })
    yield* this.keepLease(greenlet)
    unfollow?.()
    if (this.isLost) this.note({ type: 'lost', id, attempt })
    else if (greenlet.killed) yield* this.isCancelled ? this.endCancelled() : this.giveBack()
    else if (greenlet.successful) yield* this.succeed(greenlet.value)
    else yield* this.fail(greenlet.error)
  }

  private cancel(greenlet: Greenlet): void {
    if (this.isCancelled) return
    this.isCancelled = true
    void greenlet.kill(new GreenletExit('the job was cancelled'))
  }

  private *wasCancelled(): Coroutine<boolean> {
    const { records, lease } = this
    const { id, attempt } = this.delivery
    if (records === undefined) return false
    try {
      const { isCancelled, isKept } = yield* withTimeout(lease / 3, () => answerOf(records.begin(id, attempt)))
      this.isKept = isKept
      return isCancelled
    } catch (error) {
      this.note({ type: 'trouble', during: 'begin', id, error })
      return false
    }
  }

  /** Hands the job back as if it had never been delivered. */
  *giveBack(delay = 0): Coroutine<void> {
    const { id, attempt } = this.delivery
    if (yield* this.retry(delay, undefined)) this.note({ type: 'returned', id, attempt })
  }

  /** Waits for the end of the work, and extends the lease meanwhile. */
  private *keepLease(greenlet: Greenlet): Coroutine<void> {
    const third = this.lease / 3
    while (!(yield* greenlet.join({ timeout: third }))) {
      if (yield* this.extend(third)) continue
      this.isLost = true
      void greenlet.kill(new LeaseLost(this.delivery.id))
      yield* greenlet.join()
    }
  }

  private *extend(timeout: number): Coroutine<boolean> {
    const { delivery } = this
    const now = getHub().now()
    try {
      if ((yield* withTimeout(timeout, () => delivery.extend())) === false) return false
      this.held = now
      return true
    } catch (error) {
      if (error instanceof LeaseLost) return false
      this.note({ type: 'trouble', during: 'extend', id: delivery.id, error })
      // An engine that cannot be reached did not refuse. The lease is ours until its time is over.
      return !this.isOver
    }
  }

  private *succeed(value: unknown): Coroutine<void> {
    const { delivery, records } = this
    const { id, attempt } = delivery
    this.succeeded()
    const noting = (): Answer<unknown> => records?.succeed(id, this.isKept ? value : undefined)
    if (yield* this.settle('ack', () => delivery.ack(value), noting)) this.note({ type: 'done', id, attempt, value })
  }

  private *fail(error: unknown): Coroutine<void> {
    const { id, attempt } = this.delivery
    const isLast = error instanceof Discard || this.isAwaited
    const delay = isLast ? undefined : this.settings.pauseAfter(attempt, error)
    if (delay === undefined) return yield* this.bury(error)
    if (yield* this.retry(delay, error)) this.note({ type: 'retry', id, attempt, delay, error })
  }

  private *retry(delay: number, error: unknown): Coroutine<boolean> {
    const { delivery, records, greenlet, lease } = this
    // A store that cannot be reached does not hold up the others.
    if (greenlet && records) yield* outcomeOf(() => withTimeout(lease / 3, () => answerOf(records.pause(delivery.id))))
    return yield* this.settle('retry', () => delivery.retry(delay, error))
  }

  /** Ends the job for good by an error: for its caller, or else among the dead letters. */
  private *bury(error: unknown): Coroutine<void> {
    const { delivery, records, isAwaited } = this
    const { id, attempt } = delivery
    const noting = (): Answer<unknown> => records?.fail(id, error)
    if (isAwaited) {
      if (yield* this.settle('ack', () => delivery.ack(), noting)) this.note({ type: 'failed', id, attempt, error })
    } else if (yield* this.settle('discard', () => delivery.discard(error), noting)) {
      this.note({ type: 'dead', id, attempt, error })
    }
  }

  private *endCancelled(): Coroutine<void> {
    const { delivery, records } = this
    const { id, attempt } = delivery
    const noting = (): Answer<unknown> => records?.endCancelled(id)
    if (yield* this.settle('ack', () => delivery.ack(), noting)) this.note({ type: 'cancelled', id, attempt })
  }

  /** Whether something waits for the outcome, be it an error. */
  private get isAwaited(): boolean {
    return this.records !== undefined && this.settings.isAwaited(this.delivery.data)
  }

  /**
   * Tells the engine how the job ended, again and again while the engine cannot be reached and the lease may be ours:
   * what it does not learn runs once more.
   *
   * @param noting notes it in the store before that.
   * @returns whether the engine knows.
   */
  private *settle(
    during: 'ack' | 'retry' | 'discard',
    act: () => Operation<unknown>,
    noting?: () => Answer<unknown>,
  ): Coroutine<boolean> {
    const { delivery, lease } = this
    const { id, attempt } = delivery
    for (let failures = 1; ; failures++) {
      try {
        yield* withTimeout(lease, function* () {
          if (noting !== undefined) yield* answerOf(noting())
          yield* call(act)
        })
        return true
      } catch (error) {
        if (error instanceof LeaseLost) {
          this.note({ type: 'lost', id, attempt })
          return false
        }
        this.note({ type: 'trouble', during, id, error })
      }
      if (this.isOver) {
        this.note({ type: 'lost', id, attempt })
        return false
      }
      yield* sleep(pauses.after(failures))
    }
  }

  /** Whether the lease may be another's. */
  private get isOver(): boolean {
    return getHub().now() - this.held >= this.lease
  }

  private note(event: JobEvent): void {
    tell(this.settings, event)
  }
}
