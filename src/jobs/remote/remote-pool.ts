import { randomUUID } from 'node:crypto'
import { DelegatingPool, type DelegatedFunction } from '../../io/threads/delegating-pool.js'
import { describe } from '../../io/threads/thread-function.js'
import { badArgument } from '../../scheduler/checks/bad-argument.js'
import { checkDuration } from '../../scheduler/checks/check-duration.js'
import type { OptionNames } from '../../scheduler/checks/check-options.js'
import { misuse } from '../../scheduler/checks/errors.js'
import type { NamedOptions } from '../../scheduler/checks/named.js'
import { show } from '../../scheduler/checks/show.js'
import { getHub, sleep, withTimeout, type Coroutine } from '../../scheduler/index.js'
import { Pauses } from '../../scheduler/policies/backoff.js'
import { outcomeOf } from '../../scheduler/policies/outcome.js'
import { protect } from '../../scheduler/waits/shield.js'
import type { Jobs } from '../jobs.js'
import type { JobCall } from './job-call.js'
import { withoutStore, type JobRecords } from './job-records.js'

/** Options of {@link RemotePool}. */
export interface RemotePoolOptions extends NamedOptions {
  /** How many calls are under way at a time; 1,000 by default. How many run is decided by the workers. */
  size?: number | undefined
  /** How many milliseconds a call that is killed or timed out waits for the cleanup at the worker; 5,000 by default. */
  grace?: number | undefined
}

/** How long a store keeps an outcome for a caller that cannot reach it, in milliseconds. */
const KEEP = 600_000

const pauses = Pauses.of({ initial: 50, max: 1000 }, 'RemotePool')

/**
 * A pool whose functions run in the workers of a fleet: each call is a job of an engine, which a worker that runs
 * {@link consumeModule} takes. Otherwise it is used as `ThreadPool` and {@link Pool} are: a greenlet here stands for
 * each call there.
 *
 * ```ts
 * const jobs = redisJobs(client, { store: redisStore(client) })
 * const hash = fromModule<typeof import('./jobs.js').hash>(new URL('./jobs.js', import.meta.url), 'hash')
 * const pool = new RemotePool(jobs)                      // before: new ThreadPool()
 * const digests = yield* pool.map(hash, secrets)
 * ```
 *
 * The functions are those of `fromModule(url, name)`. Only the name goes to the worker, which calls what its own module
 * exports under that name, and nothing else. Arguments and results go through JSON.
 *
 * An error that is raised there is raised here: of the same class if that is one of the language's or of this package,
 * with its name, message, code, cause and stack in any case. It is not tried again: `retry(…)` does that. A worker that
 * dies in the middle is no error: another one starts again, so a call may be made twice. A call fails with JobGone when
 * somebody else has cancelled its job, and with the error of the client when engine or store cannot be reached.
 *
 * A kill or a timeout here kills the greenlet there, and waits for its cleanup.
 */
export class RemotePool extends DelegatingPool {
  private readonly records: JobRecords
  private readonly grace: number

  /**
   * @param jobs those of an engine with a `store`.
   * @param options `size`: how many calls are under way at a time, 1,000 by default; `grace`: how long a call that is
   *   killed waits for the cleanup at the worker, 5,000 ms by default.
   * @throws TypeError when the engine has no store; TypeError, RangeError for options out of range.
   */
  constructor(
    private readonly jobs: Jobs,
    options: RemotePoolOptions = {},
  ) {
    const { size = 1000, grace = 5000 } = options
    super(size, options)
    const where = 'new RemotePool(jobs, options)'
    if (typeof (Object(jobs) as Partial<Jobs>).add !== 'function') {
      throw badArgument(where, 'the jobs of an engine', jobs, 'write new RemotePool(redisJobs(client, { store }))')
    }
    const { records } = jobs.source
    if (records === undefined) throw withoutStore(where)
    checkDuration(grace, `${where}: { grace }`)
    this.records = records
    this.grace = grace
  }

  /** @internal */
  protected override get optionNames(): OptionNames {
    return remotePoolOptionNames
  }

  /** @internal */
  protected override delegate(fn: unknown, where: string): DelegatedFunction {
    const description = describe(fn, where)
    if (!('module' in description)) {
      const advice =
        "export it from the module of the workers, and write fromModule(new URL('./jobs.js', import.meta.url), 'name')"
      throw misuse(new TypeError(`${where}: ${show(fn)} is not sent to other machines; ${advice}`))
    }
    const name = description.export
    return { name, call: (args) => this.execute({ call: name, args, reply: true }) }
  }

  private *execute(call: JobCall): Coroutine<unknown> {
    const { jobs, records } = this
    const id = randomUUID()
    let hasEnded = false
    try {
      yield* jobs.add(call, { id, keep: KEEP })
      const record = yield* records.ended(id)
      hasEnded = true
      return records.valueOf(id, record)
    } finally {
      if (hasEnded) records.forgetSoon(id)
      else yield* protect(() => this.withdraw(id))
    }
  }

  /** Cancels the job of a call that nothing waits for any more, and waits until its cleanup is over. */
  private *withdraw(id: string): Coroutine<void> {
    const { records, grace } = this
    const end = getHub().now() + grace
    for (let failures = 1; getHub().now() < end; failures++) {
      const left = end - getHub().now()
      const cancelling = (): Coroutine<unknown> => records.cancel(id)
      const { status, ...outcome } = yield* outcomeOf(() => withTimeout(left, cancelling))
      if (status === 'fulfilled') {
        if ('value' in outcome && outcome.value === 'running') {
          yield* withTimeout(left, () => records.ended(id), { value: undefined })
        }
        return
      }
      yield* sleep(pauses.after(failures))
    }
  }
}

const remotePoolOptionNames: OptionNames = { own: ['name', 'size', 'grace'] }
