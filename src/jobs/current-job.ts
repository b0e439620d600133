import { misuse } from '../scheduler/checks/errors.js'
import { GreenletLocal } from '../scheduler/index.js'
import type { Job } from './job.js'

/** The job that each greenlet works for. @internal */
export const workedFor: GreenletLocal<Job> = new GreenletLocal<Job>({ inherit: true })

/**
 * The job in whose work this is called, for functions that a job calls by name: {@link consumeModule}. Greenlets that the
 * work spawns have it too. An async function that was not compiled calls it before its first `await`.
 *
 * ```ts
 * export function* importRows(file: string) {
 *   const { id, signal } = currentJob()
 *   …
 * }
 * ```
 *
 * @throws Error where no job runs.
 */
export function currentJob(): Job {
  const job = workedFor.get()
  if (job === undefined) {
    throw misuse(
      new Error(
        'currentJob(): no job runs here; call it in the work of consume or consumeModule, in an async function before its first await',
      ),
    )
  }
  return job
}
