import { randomUUID } from 'node:crypto'
import { describe, type ThreadFunction } from '../../io/threads/thread-function.js'
import { badArgument } from '../../scheduler/checks/bad-argument.js'
import { checkDuration } from '../../scheduler/checks/check-duration.js'
import type { OptionNames } from '../../scheduler/checks/check-options.js'
import { misuse } from '../../scheduler/checks/errors.js'
import type { NamedOptions } from '../../scheduler/checks/named.js'
import { show } from '../../scheduler/checks/show.js'
import type { ImapOptions, Results } from '../../scheduler/groups/imap-results.js'
import type { ApplyOptions } from '../../scheduler/groups/pool-mapping.js'
import type { Source } from '../../scheduler/groups/source.js'
import {
  Pool,
  getHub,
  sleep,
  withTimeout,
  type Coroutine,
  type Greenlet,
  type Operation,
  type WaitOptions,
} from '../../scheduler/index.js'
import type { Returned } from '../../scheduler/kernel/frames.js'
import { Pauses } from '../../scheduler/policies/backoff.js'
import { outcomeOf } from '../../scheduler/policies/outcome.js'
import { protect } from '../../scheduler/waits/shield.js'
import { answerOf } from '../answer.js'
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

/** The functions that run here in place of others. */
const standIns = new WeakSet<object>()

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
 * dies in the middle is no error: another one starts again, so a call may be made twice.
 *
 * A kill or a timeout here kills the greenlet there, and waits for its cleanup.
 */
export class RemotePool extends Pool {
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

  /**
   * Calls a function in a worker.
   *
   * @param fn `fromModule(url, name)`.
   * @param args go through JSON.
   * @returns a greenlet that stands for the call, as soon as it has its place.
   * @throws TypeError for anything but `fromModule`. The greenlet fails with what the function raised, with JobGone
   *   when somebody else has cancelled the job, and with the error of the client when engine or store cannot be
   *   reached.
   * Cancel safety: a spawn that was killed or timed out did not happen. A kill of the greenlet reaches the worker.
   */
  override spawn<A extends unknown[], R>(fn: ThreadFunction<A, R>, ...args: A): Operation<Greenlet<Returned<R>>>
  override spawn<A extends unknown[], R>(
    options: WaitOptions,
    fn: ThreadFunction<A, R>,
    ...args: A
  ): Operation<Greenlet<Returned<R>>>
  override spawn(...call: unknown[]): Operation<Greenlet> {
    const { options, fn, args } = this.readCall(call, 'spawn')
    return super.spawn(options ?? {}, this.stand(fn, 'spawn'), ...args)
  }

  /**
   * Calls a function in a worker and waits for what it returns. Otherwise as {@link RemotePool.spawn}.
   *
   * Cancel safety: a kill or timeout kills the greenlet in the worker, and waits for its cleanup.
   */
  override apply<A extends unknown[], R>(fn: ThreadFunction<A, R>, ...args: A): Operation<Returned<R>>
  override apply<A extends unknown[], R>(
    options: WaitOptions,
    fn: ThreadFunction<A, R>,
    ...args: A
  ): Operation<Returned<R>>
  override apply(...call: unknown[]): Operation<unknown> {
    const { options, fn, args } = this.readCall(call, 'apply')
    return super.apply(options ?? {}, fn, ...args)
  }

  /** As `pool.applyAsync`, in a worker. */
  override applyAsync<A extends unknown[], R>(fn: ThreadFunction<A, R>, ...args: A): Greenlet<Returned<R>>
  override applyAsync<A extends unknown[], R>(
    options: ApplyOptions<Returned<R>>,
    fn: ThreadFunction<A, R>,
    ...args: A
  ): Greenlet<Returned<R>>
  override applyAsync(...call: unknown[]): Greenlet {
    const { options, fn, args } = this.readCall(call, 'applyAsync')
    return super.applyAsync(options ?? {}, this.stand(fn, 'applyAsync'), ...args)
  }

  /** As `pool.map`, in workers. */
  override map<T, R>(fn: ThreadFunction<[T], R>, items: Source<T>, options?: WaitOptions): Operation<Returned<R>[]> {
    return super.map(fn as (item: T) => R, items, options)
  }

  /** As `pool.imap`, in workers. */
  override imap<T, R>(fn: ThreadFunction<[T], R>, items: Source<T>, options?: ImapOptions): Results<Returned<R>> {
    return super.imap(fn as (item: T) => R, items, options)
  }

  /** As `pool.imapUnordered`, in workers. */
  override imapUnordered<T, R>(
    fn: ThreadFunction<[T], R>,
    items: Source<T>,
    options?: ImapOptions,
  ): Results<Returned<R>> {
    return super.imapUnordered(fn as (item: T) => R, items, options)
  }

  protected override checkFunction(fn: unknown, method: string): void {
    if (!standIns.has(fn as object)) this.exportOf(fn, method)
  }

  protected override areOptions(first: unknown): boolean {
    return super.areOptions(first) && !('module' in (first as object))
  }

  /** Under which name the modules of the workers export a function. */
  private exportOf(fn: unknown, method: string): string {
    const where = `${this.toString()}.${method}(fn)`
    const description = describe(fn, where)
    if ('module' in description) return description.export
    const advice =
      "export it from the module of the workers, and write fromModule(new URL('./jobs.js', import.meta.url), 'name')"
    throw misuse(new TypeError(`${where}: ${show(fn)} is not sent to other machines; ${advice}`))
  }

  /** Returns the function that runs here in place of `fn`, which runs in a worker. */
  private stand(fn: unknown, method: string): (...args: unknown[]) => Coroutine<unknown> {
    const call = this.exportOf(fn, method)
    const execute = (...args: unknown[]): Coroutine<unknown> => this.execute({ call, args, reply: true })
    Object.defineProperty(execute, 'name', { value: call })
    standIns.add(execute)
    return execute
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
      const cancelling = (): Coroutine<unknown> => answerOf(records.cancel(id))
      const { status, ...outcome } = yield* outcomeOf(() => withTimeout(left, cancelling))
      if (status === 'fulfilled') {
        // What waits still is taken out when its turn comes: that it is cancelled must be known until then.
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
