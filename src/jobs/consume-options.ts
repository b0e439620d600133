import { badArgument } from '../scheduler/checks/bad-argument.js'
import { checkCount } from '../scheduler/checks/check-count.js'
import { checkDuration } from '../scheduler/checks/check-duration.js'
import { checkOptions, type OptionNames } from '../scheduler/checks/check-options.js'
import { Attempts, type RetryPolicy } from '../scheduler/policies/retry.js'
import type { Source } from './delivery.js'
import type { Job } from './job.js'
import type { JobEvent } from './job-event.js'

/**
 * Does one job. A generator function, or any other that may return something to wait for: an async function that was
 * compiled runs as a greenlet, any other like a promise.
 */
export type JobWork<T> = (data: T, job: Job<T>) => unknown

/** Options of {@link consume}. */
export interface ConsumeOptions {
  /** How many jobs run at a time; 10 by default. */
  size?: number | undefined
  /** How many milliseconds a job may take; then a `Timeout` is raised in it. Without it there is no limit. */
  timeout?: number | undefined
  /**
   * When and how often a job that failed is tried again; by default 5 attempts, with pauses from 100 ms up to 30 s. An
   * error after the last one, or that `while` refuses, puts the job among the dead letters.
   */
  retry?: RetryPolicy | undefined
  /** How many milliseconds the jobs that run have left when `consume` is killed; 5,000 by default. */
  grace?: number | undefined
  /** Called for everything that happens: for logs and figures. Without it troubles with the engine are printed. */
  onEvent?: ((event: JobEvent) => void) | undefined
}

const consumeOptionNames: OptionNames = { own: ['size', 'timeout', 'retry', 'grace', 'onEvent'] }

/** Complete {@link ConsumeOptions}. @internal */
export interface Settings {
  readonly size: number
  readonly timeout: number | undefined
  readonly grace: number
  readonly attempts: number
  readonly onEvent: ((event: JobEvent) => void) | undefined
  /** Whether something waits for the outcome of a job with such data, an error or not. */
  readonly isAwaited: (data: unknown) => boolean
  /** Returns how many milliseconds to pause after a failure; `undefined` if that attempt was the last. */
  readonly pauseAfter: (attempt: number, error: unknown) => number | undefined
}

/** Checks the arguments of `consume`. @throws TypeError, RangeError for what cannot be meant. @internal */
export function checkConsume(source: Source, work: unknown, options: ConsumeOptions): Settings {
  const where = 'consume(source, work, options)'
  if (typeof (Object(source) as Partial<Source>).take !== 'function') {
    throw badArgument(where, 'a source', source, 'write consume(jobs.source, work)')
  }
  if (typeof source.lease !== 'number' || !(source.lease > 0)) {
    throw badArgument(`${where}: source.lease`, 'a number of milliseconds', source.lease)
  }
  if (typeof work !== 'function') throw badArgument(where, 'a function as the work', work)
  checkOptions(options, consumeOptionNames)
  const { size = 10, timeout, retry = {}, grace = 5000, onEvent } = options
  checkCount(size, `${where}: { size }`, 1)
  checkDuration(grace, `${where}: { grace }`)
  if (timeout !== undefined) checkDuration(timeout, `${where}: { timeout }`)
  if (onEvent !== undefined && typeof onEvent !== 'function') {
    throw badArgument(`${where}: { onEvent }`, 'a function', onEvent)
  }
  const policy = Object(retry) === retry ? { ...retry, attempts: retry.attempts ?? 5 } : retry
  const attempts = Attempts.of(policy, `${where}: { retry }`)
  // That a part of the work was killed or aborted is an error like any other here: nobody wants the job to stop.
  const isWorthwhile = policy.while ?? ((): boolean => true)
  return {
    size,
    timeout,
    grace,
    attempts: policy.attempts!,
    onEvent,
    isAwaited: () => false,
    pauseAfter: (attempt, error) => {
      const pause = attempts.pauseAt(attempt)
      return pause === undefined || !isWorthwhile(error, attempt) ? undefined : pause
    },
  }
}
