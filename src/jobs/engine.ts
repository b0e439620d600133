import { randomUUID } from 'node:crypto'
import { badArgument } from '../scheduler/checks/bad-argument.js'
import { checkDuration } from '../scheduler/checks/check-duration.js'
import { checkOptions, type OptionNames } from '../scheduler/checks/check-options.js'
import { call, type Coroutine, type Operation, type WaitOptions } from '../scheduler/index.js'
import { checkWaitOptions, waitOptionNames } from '../scheduler/kernel/wait-options.js'
import { limited } from '../scheduler/waits/with-timeout.js'
import { answerOf, type Answer } from './answer.js'
import { FULL, weigh } from './batches.js'
import type { Delivery } from './delivery.js'
import { LeaseLost } from './errors.js'
import { checkStore, type FleetStore } from './fleet/store.js'
import type { AddOptions, DeadLetter, DeadLetters, Jobs, JobStatus, NewJob } from './jobs.js'
import { JobRecords, withoutStore } from './remote/job-records.js'
import { decodeValue } from './remote/outcome.js'
import { LIMIT, checkAdd, decode, decodeLoosely, describeError, encode } from './payload.js'

/** Options of the engines. */
export interface EngineOptions {
  /** Which jobs: those of one name are one queue; `'jobs'` by default. */
  name?: string | undefined
  /** How many milliseconds a job belongs to the worker that has it, unless the lease is extended; 30,000 by default. */
  lease?: number | undefined
  /** How many bytes the JSON of a job has at most; 1 MiB by default. */
  limit?: number | undefined
  /**
   * Where is kept how the jobs stand, so that they can be cancelled, and their progress and outcomes read: the same store for all
   * programs. Without one there is none of that.
   */
  store?: FleetStore | undefined
}

/** Complete {@link EngineOptions}. @internal */
export interface EngineSettings {
  readonly name: string
  readonly lease: number
  readonly limit: number
  readonly store: FleetStore | undefined
}

/** A job that a worker has. @internal */
export interface Held {
  readonly id: string
  /** JSON, if it was added by this package. */
  readonly text: string
  readonly attempt: number
}

/** A dead letter as an engine keeps it. @internal */
export interface Letter extends Held {
  readonly error: string
  readonly at: number | Date
}

/** A job on its way into an engine. @internal */
export interface Added {
  readonly id: string
  readonly text: string
  readonly delay: number
}

/** With how long its outcome is kept in the store. */
interface Kept extends Added {
  readonly keep: number
}

/** All that differs from engine to engine. A change of a job returns whether that was its holder's still. @internal */
export interface Engine<H extends Held> {
  /** Adds jobs in their order, except those of whose id there is one. */
  add(jobs: readonly Added[]): Answer<unknown>
  /** Removes a job that waits. @returns whether there was one; `false` where the engine cannot. */
  remove(id: string): Answer<boolean>
  /** Waits for jobs, and returns as soon as it has one. After a kill it holds nothing. */
  take(max: number): Coroutine<H[]>
  ack(held: H): Answer<boolean>
  /** @param attempt how many attempts are used up. */
  giveBack(held: H, attempt: number, delay: number): Answer<boolean>
  bury(held: H, error: string): Answer<boolean>
  extend(held: H): Answer<boolean>
  /** The dead letters, those that died first in front. */
  list(count: number): Answer<readonly Letter[]>
  look(id: string): Answer<Letter | undefined>
  /** @returns whether there was a dead letter of that id, as `drop` does. */
  putBack(id: string): Answer<boolean>
  drop(id: string): Answer<boolean>
  /** Closes what the engine has opened, if it opens anything. */
  close?(): Answer<unknown>
}

const addOptionNames: OptionNames = { own: ['id', 'delay', 'keep'] }
const newJobNames: OptionNames = { own: ['data', 'id', 'delay', 'keep'] }

/**
 * Checks the options of an engine.
 *
 * @param names those that it has.
 * @param defaults where they differ from those of {@link EngineOptions}.
 * @throws TypeError, RangeError for what cannot be meant.
 * @internal
 */
export function checkEngine(
  where: string,
  options: EngineOptions,
  names: readonly string[] = ['name', 'lease', 'limit', 'store'],
  defaults: Partial<EngineSettings> = {},
): EngineSettings {
  checkOptions(options, { own: names })
  const { name = 'jobs', lease = defaults.lease ?? 30_000, limit = defaults.limit ?? LIMIT, store } = options
  if (typeof name !== 'string' || !/^[\w-]{1,100}$/.test(name)) {
    throw badArgument(`${where}: { name }`, 'a name of letters, digits, _ and -', name)
  }
  checkDuration(lease, `${where}: { lease }`)
  if (lease === 0) throw badArgument(`${where}: { lease }`, 'more than 0 milliseconds', lease)
  if (store !== undefined) checkStore(store, `${where}: { store }`)
  return { name, lease, limit, store }
}

/** The jobs of an engine. @internal */
export class EngineJobs<T, H extends Held> implements Jobs<T> {
  readonly source: Jobs<T>['source']
  readonly dead: DeadLetters<T>
  private readonly known: JobRecords | undefined

  constructor(
    private readonly engine: Engine<H>,
    private readonly settings: EngineSettings,
  ) {
    const { name, lease, limit, store } = settings
    this.known = store && new JobRecords(store, name, limit, (id) => engine.remove(id))
    this.source = { lease, take: (max) => call(() => this.deliver(max)), records: this.known }
    this.dead = {
      list: (count = 100) =>
        call(function* () {
          return (yield* answerOf(engine.list(count))).map(letterOf<T>)
        }),
      look: (id) =>
        call(function* () {
          const letter = yield* answerOf(engine.look(id))
          return letter && letterOf<T>(letter)
        }),
      putBack: (id) => call(() => engine.putBack(id)),
      drop: (id) => call(() => engine.drop(id)),
    }
  }

  add(data: T, options: AddOptions = {}): Operation<string> {
    checkOptions(options, addOptionNames)
    const job = this.encode(data, options, 'add(data)')
    const put = (): Coroutine<void> => this.put([job])
    return call(function* () {
      yield* put()
      return job.id
    })
  }

  addAll(jobs: Iterable<NewJob<T>>): Operation<string[]> {
    const where = 'addAll(jobs)'
    if (typeof (Object(jobs) as Partial<typeof jobs>)[Symbol.iterator] !== 'function') {
      throw badArgument(where, 'an iterable of jobs', jobs, 'write addAll([{ data }])')
    }
    const encodeJob = (job: NewJob<T>): Kept => {
      checkOptions(job, newJobNames)
      return this.encode(job.data, job, where)
    }
    const put = (part: Kept[]): Coroutine<void> => this.put(part)
    return call(function* () {
      const ids: string[] = []
      let part: Kept[] = []
      let size = 0
      for (const each of jobs) {
        const job = encodeJob(each)
        part.push(job)
        ids.push(job.id)
        size += weigh(job.text)
        if (size < FULL) continue
        yield* put(part)
        part = []
        size = 0
      }
      if (part.length > 0) yield* put(part)
      return ids
    })
  }

  cancel(id: string): Operation<boolean> {
    const records = this.recordsFor('cancel(id)')
    return call(function* () {
      return (yield* records.cancel(id)) !== undefined
    })
  }

  status(id: string): Operation<JobStatus | undefined> {
    const records = this.recordsFor('status(id)')
    return call(function* () {
      const record = yield* records.look(id)
      if (record === undefined) return undefined
      const { state, attempt, progress } = record
      return { id, state, attempt, progress: decodeValue(progress) }
    })
  }

  result(id: string, options: WaitOptions = {}): Operation<unknown> {
    const records = this.recordsFor('result(id)')
    return limited(
      call(function* result() {
        return records.valueOf(id, yield* records.ended(id))
      }),
      checkWaitOptions(options, waitOptionNames),
    )
  }

  close(): Operation<void> {
    const { engine } = this
    return call(function* () {
      yield* answerOf(engine.close?.())
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  private encode(data: T, options: AddOptions, where: string): Kept {
    const { id = randomUUID(), delay, keep } = checkAdd(options, where)
    if (keep > 0) this.recordsFor(`${where.slice(0, -1)}, { keep })`)
    return { id, text: encode(data, this.settings.limit, where), delay, keep }
  }

  private *put(jobs: readonly Kept[]): Coroutine<void> {
    const { engine, known } = this
    if (known !== undefined) yield* answerOf(known.open(jobs))
    yield* answerOf(engine.add(jobs))
  }

  private recordsFor(what: string): JobRecords {
    if (this.known !== undefined) return this.known
    throw withoutStore(what)
  }

  private *deliver(max: number): Coroutine<Delivery<T>[]> {
    for (;;) {
      const taken = yield* this.engine.take(max)
      const deliveries = taken.map((held) => this.read(held)).filter((delivery) => delivery !== undefined)
      if (deliveries.length > 0) return deliveries
    }
  }

  /** @returns `undefined` for what nobody added by this package: it is dead at once. */
  private read(held: H): Delivery<T> | undefined {
    const { engine, settings } = this
    const { id, text, attempt } = held
    const change = (act: () => Answer<boolean>): Operation<void> =>
      call(function* () {
        if (!(yield* answerOf(act()))) throw new LeaseLost(id)
      })
    const discard = (error: unknown): Operation<void> => change(() => engine.bury(held, describeError(error)))
    let data: T
    try {
      data = decode(text, settings.limit) as T
    } catch (error) {
      const { known } = this
      const burying = call(function* () {
        if (known !== undefined) yield* answerOf(known.fail(id, error))
        yield* discard(error)
      })
      // If the engine cannot be reached now, it comes again.
      void burying.then(undefined, () => undefined)
      return undefined
    }
    return {
      id,
      data,
      attempt,
      ack: () => change(() => engine.ack(held)),
      retry: (delay, error) => change(() => engine.giveBack(held, error === undefined ? attempt - 1 : attempt, delay)),
      discard,
      extend: () => change(() => engine.extend(held)),
    }
  }
}

function letterOf<T>({ id, text, attempt, error, at }: Letter): DeadLetter<T> {
  return { id, data: decodeLoosely(text) as T, attempt, error, at: new Date(at) }
}
