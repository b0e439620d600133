import { misuse } from '../../scheduler/checks/errors.js'
import { AsyncResult, sleep, spawn, type Coroutine } from '../../scheduler/index.js'
import { answerOf, type Answer } from '../answer.js'
import { JobGone } from '../errors.js'
import type { FleetStore } from '../fleet/store.js'
import { Lookout, type Follower } from './lookout.js'
import { decodeOutcome, encodeError, encodeValue } from './outcome.js'
import type { Beginning, JobRecord, JobState, Opened } from './record-calls.js'

/** How many jobs are forgotten at a time. */
const MOST = 500

/** The records of a store about the jobs of one name. @internal */
export class JobRecords {
  private readonly forgettable: string[] = []

  constructor(
    private readonly store: FleetStore,
    private readonly name: string,
    /** How many bytes an outcome has at most. */
    private readonly limit: number,
    /** Removes a job that waits from its engine, if that can. */
    private readonly remove: (id: string) => Answer<boolean>,
  ) {}

  open(jobs: readonly (Omit<Opened, 'key'> & { readonly id: string })[]): Answer<unknown> {
    return this.calls.open(jobs.map(({ id, keep, delay }) => ({ key: this.keyOf(id), keep, delay })))
  }

  begin(id: string, attempt: number): Answer<Beginning> {
    return this.calls.begin(this.keyOf(id), attempt)
  }

  pause(id: string): Answer<unknown> {
    return this.calls.pause(this.keyOf(id))
  }

  report(id: string, progress: unknown): Answer<unknown> {
    return this.calls.report(this.keyOf(id), encodeValue(progress, this.limit, `progress of job ${id}`))
  }

  succeed(id: string, value: unknown): Answer<unknown> {
    return this.end(id, 'done', encodeValue(value, this.limit, `job ${id}`))
  }

  fail(id: string, error: unknown): Answer<unknown> {
    return this.end(id, 'failed', encodeError(error, this.limit))
  }

  endCancelled(id: string): Answer<unknown> {
    return this.end(id, 'cancelled', encodeValue(undefined, this.limit, id))
  }

  /** Ends a job that waits, and asks for the end of one that runs. @returns its state by now; `undefined` if it had ended. */
  *cancel(id: string): Coroutine<JobState | undefined> {
    const state = yield* answerOf(this.calls.cancel(this.keyOf(id)))
    // What is not removed is dropped when its turn comes: that it is cancelled is known until then.
    if (state === 'cancelled' && (yield* answerOf(this.remove(id)))) yield* answerOf(this.endCancelled(id))
    return state
  }

  *look(id: string): Coroutine<JobRecord | undefined> {
    return (yield* answerOf(this.calls.look([this.keyOf(id)])))[0]
  }

  /** The result of a job, by its record. @throws what it raised; JobGone if it did neither. */
  valueOf(id: string, record: JobRecord | undefined): unknown {
    if (record === undefined) throw new JobGone(id, 'the store knows nothing of it')
    if (record.outcome === undefined || record.state === 'cancelled') throw new JobGone(id, 'it was cancelled')
    return decodeOutcome(record.outcome)
  }

  /** Forgets a job, with others at the same time. One that is not forgotten is kept no longer than it was to be. */
  forgetSoon(id: string): void {
    this.forgettable.push(this.keyOf(id))
    if (this.forgettable.length > 1) return
    const greenlet = spawn(() => this.forgetAll())
    greenlet.name = 'forget jobs'
    greenlet.observe()
  }

  private *forgetAll(): Coroutine<void> {
    yield* sleep(0)
    const keys = this.forgettable.splice(0)
    while (keys.length > 0) yield* answerOf(this.calls.forget(keys.splice(0, MOST)))
  }

  /** Calls a function soon, and each time a record may have changed, until that is ended by what this returns. */
  follow(id: string, follower: Follower): () => void {
    return Lookout.of(this.store).follow(this.keyOf(id), follower)
  }

  /** Waits for the end of a job. @returns its record; `undefined` if nothing is known of it. */
  *ended(id: string): Coroutine<JobRecord | undefined> {
    const end = new AsyncResult<JobRecord | undefined>()
    const unfollow = this.follow(id, (record) => {
      if (!end.ready && record?.state !== 'waiting' && record?.state !== 'running') end.set(record)
    })
    try {
      return yield* end.get()
    } finally {
      unfollow()
    }
  }

  private end(id: string, state: JobState, outcome: string): Answer<unknown> {
    return this.calls.end(this.keyOf(id), state, outcome)
  }

  private get calls(): FleetStore['records'] {
    return this.store.records
  }

  private keyOf(id: string): string {
    return `${this.name}:${id}`
  }
}

/** The error of a call that needs a store, on jobs without one. @internal */
export function withoutStore(where: string): TypeError {
  const advice = 'give one to the engine, here and in the workers: { store: redisStore(client) }'
  return misuse(new TypeError(`${where}: these jobs have no store; ${advice}`))
}
