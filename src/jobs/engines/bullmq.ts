import { badArgument } from '../../scheduler/checks/bad-argument.js'
import { checkDuration } from '../../scheduler/checks/check-duration.js'
import { checkOptions, type OptionNames } from '../../scheduler/checks/check-options.js'
import {
  GreenletExit,
  call,
  green,
  joinAll,
  killAll,
  type Coroutine,
  type Greenlet,
  type Operation,
} from '../../scheduler/index.js'
import { protect } from '../../scheduler/waits/shield.js'
import { beginWork } from '../job-greenlet.js'
import type { JobWork } from '../consume-options.js'
import { Discard, LeaseLost } from '../errors.js'
import { Job } from '../job.js'
import type { DeadLetter, DeadLetters } from '../jobs.js'

/** The part of a job of the package `bullmq` that is used. */
export interface BullJob<T = unknown> {
  /** Its id. */
  readonly id?: string | undefined
  /** The data that was added. */
  readonly data: T
  /** How often it has failed. */
  readonly attemptsMade: number
  /** Why it failed last. */
  readonly failedReason?: string | undefined
  /** The stacks of its failures. */
  readonly stacktrace?: string[] | null | undefined
  /** When it ended. */
  readonly finishedOn?: number | undefined
  /** Gives it back. */
  moveToWait(token?: string): Promise<unknown>
  /** Whether it has failed for good. */
  isFailed(): Promise<boolean>
  /** Puts it back. */
  retry(state: 'failed', options?: { resetAttemptsMade?: boolean }): Promise<unknown>
  /** Removes it. */
  remove(): Promise<unknown>
}

/** The part of a `Queue` of the package `bullmq` that is used. */
export interface BullQueue<T = unknown> {
  /** Returns jobs of some states. */
  getJobs(states: 'failed'[], start: number, end: number, ascending: boolean): Promise<BullJob<T>[]>
  /** Returns a job. */
  getJob(id: string): Promise<BullJob<T> | undefined>
}

/** Options of {@link bullProcessor}. */
export interface BullProcessorOptions {
  /** How many milliseconds a job may take; then a `Timeout` is raised in it. Without it there is no limit. */
  timeout?: number | undefined
  /** How many milliseconds the jobs that run have left when it is stopped; 5,000 by default. */
  grace?: number | undefined
}

const optionNames: OptionNames = { own: ['timeout', 'grace'] }

/** A processor for a `Worker` of the package `bullmq`. */
export interface BullProcessor<T = unknown> {
  /** Does a job in a greenlet of its own; for the worker. */
  (job: BullJob<T>, token: string | undefined, signal: AbortSignal | undefined): Promise<unknown>
  /**
   * Raises a `LeaseLost` in the work of those jobs: for the worker's event `lockRenewalFailed`.
   *
   * @param ids those of the jobs.
   */
  lost(this: void, ids: readonly string[]): void
  /**
   * Lets the jobs that run go on for `grace`, kills the others, and hands them back to the queue. Pause the worker
   * first, and close it afterwards.
   *
   * Cancel safety: once begun it is not interrupted.
   */
  stop(): Operation<void>
}

/**
 * Makes a processor for BullMQ, which has a loop of its own: each of its jobs is a greenlet. Attempts, pauses, delays
 * and repetitions are those of BullMQ. `worker.cancelJob(id)` kills the greenlet, and the job has failed for good.
 *
 * ```ts
 * import { Worker } from 'bullmq'
 * const processor = bullProcessor(sendMail, { timeout: 60_000 })
 * const worker = new Worker('mails', processor, { connection, concurrency: 100 })
 * worker.on('lockRenewalFailed', processor.lost)
 * …
 * await worker.pause(true)
 * await processor.stop()
 * await worker.close()
 * ```
 *
 * @param work gets the data of a job, and the {@link Job} itself.
 * @param options `timeout` of a job; `grace`: how long jobs may go on after `stop`, 5,000 ms by default.
 */
export function bullProcessor<T = unknown>(work: JobWork<T>, options: BullProcessorOptions = {}): BullProcessor<T> {
  const where = 'bullProcessor(work, options)'
  if (typeof work !== 'function') throw badArgument(where, 'a function as the work', work)
  checkOptions(options, optionNames)
  const { timeout, grace = 5000 } = options
  if (timeout !== undefined) checkDuration(timeout, `${where}: { timeout }`)
  checkDuration(grace, `${where}: { grace }`)
  const running = new Map<string, Greenlet>()
  let isStopped = false

  const processor = (
    bullJob: BullJob<T>,
    token: string | undefined,
    signal: AbortSignal | undefined,
  ): Promise<unknown> => {
    const { id = '', data, attemptsMade } = bullJob
    if (isStopped) return handBack(bullJob, token)
    const job = new Job({ id, data, attempt: attemptsMade + 1 })
    return new Promise((resolve, reject) => {
      const greenlet = beginWork(`job ${id}`, work, job, timeout, ({ error, killed, successful, value }) => {
        running.delete(id)
        // Neither of them knows what became of the job; a killed greenlet has no value.
        if (killed && !signal?.aborted) resolve(handBack(bullJob, token))
        else if (killed) reject(called('UnrecoverableError', value, 'the job was killed: '))
        else if (successful) resolve(value)
        else reject(error instanceof Discard ? called('UnrecoverableError', error) : (error as Error))
      })
      running.set(id, greenlet)
      const cancel = (): void =>
        void greenlet.kill(new GreenletExit(`cancelled: ${String(signal?.reason ?? 'by its id')}`))
      if (signal?.aborted) cancel()
      else signal?.addEventListener('abort', cancel)
    })
  }
  return Object.assign(processor, {
    lost: (ids: readonly string[]) => {
      for (const id of ids) void running.get(id)?.kill(new LeaseLost(id))
    },
    stop: green(function* stop(): Coroutine<void> {
      isStopped = true
      yield* protect(function* () {
        const greenlets = Array.from(running.values())
        if ((yield* joinAll(greenlets, { timeout: grace })).length < greenlets.length) yield* killAll(greenlets)
      })
    }),
  })
}

/** BullMQ learns the fate of a job from the name of the error. */
function called(name: string, cause: unknown, prefix = ''): Error {
  const { message } = Object(cause) as Error
  return Object.assign(new Error(prefix + message, { cause }), { name })
}

async function handBack(job: BullJob, token: string | undefined): Promise<never> {
  await job.moveToWait(token)
  throw called('WaitingError', new Error('the worker is stopped'))
}

/**
 * The dead letters of BullMQ: the jobs that have failed for good.
 *
 * @param queue a `Queue` of the package `bullmq`.
 */
export function bullDeadLetters<T = unknown>(queue: BullQueue<T>): DeadLetters<T> {
  if (typeof (Object(queue) as Partial<BullQueue>).getJobs !== 'function') {
    throw badArgument('bullDeadLetters(queue)', 'a queue of bullmq', queue, "write bullDeadLetters(new Queue('mails'))")
  }
  const find = async (id: string): Promise<BullJob<T> | undefined> => {
    const job = await queue.getJob(id)
    return job !== undefined && (await job.isFailed()) ? job : undefined
  }
  const changed = (id: string, change: (job: BullJob<T>) => Promise<unknown>): Operation<boolean> =>
    call(async () => {
      const job = await find(id)
      if (job === undefined) return false
      await change(job)
      return true
    })
  return {
    list: (limit = 100) =>
      call(() => queue.getJobs(['failed'], 0, limit - 1, true).then((jobs) => jobs.map(letterOf<T>))),
    look: (id) => call(() => find(id).then((job) => job && letterOf(job))),
    putBack: (id) => changed(id, (job) => job.retry('failed', { resetAttemptsMade: true })),
    drop: (id) => changed(id, (job) => job.remove()),
  }
}

function letterOf<T>({
  id = '',
  data,
  attemptsMade,
  failedReason = '',
  stacktrace,
  finishedOn = 0,
}: BullJob<T>): DeadLetter<T> {
  return { id, data, attempt: attemptsMade, error: stacktrace?.at(-1) ?? failedReason, at: new Date(finishedOn) }
}
