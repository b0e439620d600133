import { processorTime } from '../gauges.js'
import type { Work } from '../work.js'

/**
 * One operation: a task is started, sleeps once, for 1 to 1,000 ms, and is joined. 100,000 of them sleep at the same
 * time, so that the figure is processor time, not time on the wall, which is a second for everybody.
 */
export const sleeping: Work = {
  name: 'sleep',
  title: '100,000 tasks sleep 1 to 1,000 ms: processor time',
  unit: 'ns',
  gauge: processorTime,
  operations: 100_000,
  warmups: 1,
  rounds: 3,
  peers: [
    {
      name: 'gvent',
      note: 'sleep',
      load: async () => {
        const { joinAll, sleep, spawn } = await import('gvent')
        function* task(duration: number) {
          yield* sleep(duration)
        }
        return async (operations) => joinAll(durations(operations).map((duration) => spawn(task, duration)))
      },
    },
    {
      name: 'async/await',
      note: 'new Promise over setTimeout',
      goal: 0.5,
      load: async () => {
        const sleep = (duration: number) => new Promise((resolve) => setTimeout(resolve, duration))
        async function task(duration: number) {
          await sleep(duration)
        }
        return (operations) => Promise.all(durations(operations).map((duration) => task(duration)))
      },
    },
    {
      name: 'promises alone',
      // No task: what is left when nobody continues after the sleep.
      note: 'new Promise over setTimeout, no function around it',
      load: async () => {
        const sleep = (duration: number) => new Promise((resolve) => setTimeout(resolve, duration))
        return (operations) => Promise.all(durations(operations).map((duration) => sleep(duration)))
      },
    },
    { name: 'Go', note: 'time.Sleep', language: 'go', work: 'sleep' },
    {
      name: 'co',
      note: 'yield new Promise over setTimeout',
      load: async () => {
        const { default: co } = await import('co')
        const sleep = (duration: number) => new Promise((resolve) => setTimeout(resolve, duration))
        const task = (duration: number) =>
          co(function* () {
            yield sleep(duration)
          })
        return (operations) => Promise.all(durations(operations).map((duration) => task(duration)))
      },
    },
    {
      name: 'effect',
      note: 'Effect.sleep',
      operations: 20_000,
      load: async () => {
        const { Effect } = await import('effect')
        return (operations) =>
          Effect.runPromise(
            Effect.forEach(durations(operations), (duration) => Effect.sleep(duration), {
              concurrency: 'unbounded',
              discard: true,
            }),
          )
      },
    },
    {
      name: 'effection',
      note: 'sleep',
      operations: 2_000,
      load: async () => {
        const { all, run, sleep } = await import('effection')
        return async (operations) => run(() => all(durations(operations).map((duration) => sleep(duration))))
      },
    },
    {
      name: 'redux-saga',
      note: 'delay',
      operations: 20_000,
      load: async () => {
        const { runSaga } = await import('redux-saga')
        const { all, delay } = await import('redux-saga/effects')
        return (operations) =>
          runSaga({}, function* () {
            yield all(durations(operations).map((duration) => delay(duration)))
          }).toPromise()
      },
    },
    { name: 'gevent', note: 'sleep', operations: 20_000, language: 'python', work: 'sleep' },
  ],
}

/** Milliseconds, spread evenly over 1 to 1,000 in an order that is the same for every peer and every run. */
function durations(count: number): number[] {
  // 7,919 is prime to 1,000, so that every thousand holds each duration once.
  return Array.from({ length: count }, (_, index) => ((index * 7919) % 1000) + 1)
}
