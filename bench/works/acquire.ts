import { elapsedTime } from '../gauges.js'
import type { Work } from '../work.js'

/** One operation: a task acquires a permit of a semaphore and releases it. */
export const acquiring: Work = {
  name: 'acquire',
  title: 'acquire and release a semaphore',
  unit: 'ns',
  gauge: elapsedTime,
  operations: 400_000,
  warmups: 3,
  rounds: 7,
  peers: [
    {
      name: 'gvent, free',
      note: 'one task, a permit is free',
      load: async () => {
        const { run, Semaphore } = await import('gvent')
        const semaphore = new Semaphore(1)
        return (operations) => run(use, semaphore, operations)
      },
    },
    {
      name: 'gvent, handed over',
      note: 'two tasks, each release hands over to the other',
      load: async () => {
        const { joinAll, Semaphore, spawn } = await import('gvent')
        const semaphore = new Semaphore(1)
        return async (operations) => joinAll([1, 2].map(() => spawn(contend, semaphore, operations / 2)))
      },
    },
  ],
}

type Semaphore = import('gvent').Semaphore

function* use(semaphore: Semaphore, operations: number) {
  for (let done = 0; done < operations; done++) (yield* semaphore.acquire()).release()
}

function* contend(semaphore: Semaphore, operations: number) {
  for (let done = 0; done < operations; done++) {
    const permit = yield* semaphore.acquire()
    yield // the other comes and waits
    permit.release()
  }
}
