import { call, withTimeout, type Coroutine } from '../scheduler/index.js'
import type { JobWork } from './consume-options.js'
import { workedFor } from './current-job.js'
import type { Job } from './job.js'

/** Does the work of a job, in the greenlet that runs this and nothing else. @internal */
export function* doWork<T>(work: JobWork<T>, job: Job<T>, timeout: number | undefined): Coroutine<unknown> {
  const run = (): unknown => work(job.data, job)
  workedFor.set(job)
  try {
    return yield* timeout === undefined ? call(run) : withTimeout(timeout, run)
  } catch (error) {
    job.abort(error)
    throw error
  }
}
