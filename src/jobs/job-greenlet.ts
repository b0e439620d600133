import { Greenlet, withTimeout } from '../scheduler/index.js'
import type { JobWork } from './consume-options.js'
import { workedFor } from './current-job.js'
import type { Job } from './job.js'

/** A greenlet for a job. No call of the program spawned it, so there is no stack to capture. @internal */
export class JobGreenlet<T = unknown> extends Greenlet<T> {
  /** Starts one that runs `fn`. */
  static spawn<T>(name: string, fn: () => unknown): JobGreenlet<T> {
    const greenlet = new JobGreenlet<T>(fn).start()
    greenlet.name = name
    return greenlet
  }

  override hasSpawner(): boolean {
    return false
  }
}

/**
 * Begins the work of a job in a greenlet of its own.
 *
 * @param ended called in the hub when it has ended.
 * @internal
 */
export function beginWork<T>(
  name: string,
  work: JobWork<T>,
  job: Job<T>,
  timeout: number | undefined,
  ended?: (greenlet: Greenlet) => void,
): Greenlet {
  const run = (): unknown => work(job.data, job)
  const greenlet = JobGreenlet.spawn(name, () => {
    workedFor.set(job)
    return timeout === undefined ? run() : withTimeout(timeout, run)
  })
  greenlet.observe()
  greenlet.onEnded(() => {
    if (greenlet.killed) job.abort(greenlet.value)
    else if (!greenlet.successful) job.abort(greenlet.error)
    ended?.(greenlet)
  })
  return greenlet
}
