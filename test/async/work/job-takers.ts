import { AsyncResult, spawn } from 'gvent'
import { consume, memoryJobs, type JobEvent } from 'gvent/jobs'
import type { Taker } from './taker.js'

/** What of `gvent/jobs` takes work. */
export const jobTakers: readonly Taker[] = [
  {
    name: 'consume',
    async begin(work) {
      const jobs = memoryJobs()
      const result = new AsyncResult<unknown>()
      const onEvent = (event: JobEvent): void => {
        if (event.type === 'done') result.set(event.value)
        else if (event.type === 'dead') result.setError(event.error as Error)
      }
      const worker = spawn(() => consume(jobs.source, work, { onEvent, retry: { attempts: 1 }, grace: 0 }))
      await jobs.add(1)
      return {
        result: result.get(),
        async end() {
          await worker.kill()
          await jobs.close()
          if (!result.ready) result.set(undefined)
        },
      }
    },
  },
]
