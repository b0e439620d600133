import type { JobRecords } from './remote/job-records.js'
import type { Operation } from '../scheduler/index.js'

/**
 * One job as an engine hands it over, for as long as the lease lasts. After `ack`, `retry` or `discard` it is the engine's
 * again.
 *
 * What they return is waited for; an engine of your own may return coroutines and promises as well.
 */
export interface Delivery<T = unknown> {
  /** The same for every delivery of one job: the key by which work that was done already can be recognised. */
  readonly id: string
  /** The data that was added. */
  readonly data: T
  /** How often the job was begun, this time included: 1 at first. */
  readonly attempt: number
  /**
   * Says that the job is done: it never comes again.
   *
   * @param value what the work returned, for engines that keep it.
   * @throws LeaseLost when the job is another's by now.
   */
  ack(value?: unknown): Operation<unknown>
  /**
   * Gives the job back.
   *
   * @param delay after how many milliseconds it may be delivered again.
   * @param error what the work raised. Without one nothing went wrong: the job is handed back as if it had never been
   *   delivered, and where the engine can it counts no attempt.
   * @throws LeaseLost when the job is another's by now.
   */
  retry(delay: number, error?: unknown): Operation<unknown>
  /**
   * Puts the job among the dead letters, with the error.
   *
   * @throws LeaseLost when the job is another's by now.
   */
  discard(error: unknown): Operation<unknown>
  /**
   * Makes the lease begin again.
   *
   * @throws LeaseLost when the job is another's by now.
   */
  extend(): Operation<unknown>
}

/** Where jobs come from: all that an engine has to give. */
export interface Source<T = unknown> {
  /** How many milliseconds a job belongs to the worker that has it, unless the lease is extended. */
  readonly lease: number
  /** @internal */
  readonly records?: JobRecords | undefined
  /**
   * Waits for jobs, and returns as soon as it has one.
   *
   * @param max how many it may give.
   * Cancel safety: after a kill nothing is held; what was handed over goes back.
   */
  take(max: number): Operation<Delivery<T>[]>
}
