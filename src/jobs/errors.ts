import { nameError } from '../scheduler/checks/errors.js'

/**
 * Raised by the work of a job, says that no further attempt will help: the job goes to the dead letters at once.
 *
 * ```ts
 * function* charge(order: Order) {
 *   if (order.amount < 0) throw new Discard(`an amount of ${order.amount}`)
 *   …
 * }
 * ```
 */
export class Discard extends Error {
  declare readonly name: 'Discard'
  declare readonly code: 'GVENT_DISCARD'
}
nameError(Discard, 'Discard', 'GVENT_DISCARD')

/**
 * Raised in those who wait for the outcome of a job that will never have one: it was cancelled, or the store knows nothing
 * of it any more.
 */
export class JobGone extends Error {
  declare readonly name: 'JobGone'
  declare readonly code: 'GVENT_JOB_GONE'

  /** For tests of what handles it. */
  constructor(
    /** That of the job. */
    readonly id: string,
    /** Why there is no outcome. */
    reason: string,
  ) {
    super(`job ${JSON.stringify(id)} has no outcome: ${reason}`)
  }
}
nameError(JobGone, 'JobGone', 'GVENT_JOB_GONE')

/**
 * Raised in the work of a job whose lease is over: the engine gave it to another worker, or will. Whatever the work does
 * after that, its result counts for nothing: there is neither an acknowledgement nor a retry.
 *
 * Raised as well in the greenlet that has acquired a {@link RemoteLock} or {@link RemoteSemaphore}, when the permit was
 * not extended in time and goes to another. That greenlet may catch it, and wait for the permit again.
 */
export class LeaseLost extends Error {
  declare readonly name: 'LeaseLost'
  declare readonly code: 'GVENT_LEASE_LOST'

  /** For engines, and for tests of what handles it. */
  constructor(
    /** That of the job; the name of the lock or the semaphore. */
    readonly id: string,
    message: string = `job ${JSON.stringify(id)} belongs to another worker now: its lease has expired`,
  ) {
    super(message)
  }
}
nameError(LeaseLost, 'LeaseLost', 'GVENT_LEASE_LOST')
