import { AsyncLocalStorage } from 'node:async_hooks'
import { elapsedTime } from '../gauges.js'
import type { Work } from '../work.js'

/**
 * One operation: a task gives way and is resumed after all others had their turn. A round has 100 tasks; what it costs
 * to start and join them is in the figure, and is small beside 10,000 turns of each. "With a store" is what both cost
 * in a program that uses `AsyncLocalStorage`, as one with tracing does.
 */
export const switching: Work = {
  name: 'switch',
  title: '100 tasks give way to each other',
  unit: 'ns',
  gauge: elapsedTime,
  operations: 1_000_000,
  warmups: 3,
  rounds: 7,
  peers: [
    {
      name: 'gvent',
      note: 'yield',
      load: async () => {
        const { joinAll, spawn } = await import('gvent')
        function* task(turns: number) {
          for (let turn = 0; turn < turns; turn++) yield
        }
        return async (operations) => joinAll(tasks(() => spawn(task, operations / 100)))
      },
    },
    {
      name: 'async/await',
      note: 'await undefined',
      goal: 0.6,
      load: async () => {
        async function task(turns: number) {
          for (let turn = 0; turn < turns; turn++) await undefined
        }
        return (operations) => Promise.all(tasks(() => task(operations / 100)))
      },
    },
    { name: 'Go', note: 'runtime.Gosched', goal: 0.8, language: 'go', work: 'switch' },
    {
      name: 'gvent, with a store',
      note: 'yield, inside AsyncLocalStorage.run',
      load: async () => {
        const { joinAll, spawn } = await import('gvent')
        const storage = new AsyncLocalStorage<object>()
        function* task(turns: number) {
          for (let turn = 0; turn < turns; turn++) yield
        }
        return async (operations) => storage.run({}, () => joinAll(tasks(() => spawn(task, operations / 100))))
      },
    },
    {
      name: 'async/await, with a store',
      note: 'await undefined, inside AsyncLocalStorage.run',
      dividend: 'gvent, with a store',
      load: async () => {
        const storage = new AsyncLocalStorage<object>()
        async function task(turns: number) {
          for (let turn = 0; turn < turns; turn++) await undefined
        }
        return (operations) => storage.run({}, () => Promise.all(tasks(() => task(operations / 100))))
      },
    },
    {
      name: 'co',
      // co takes nothing less than a promise for a wait.
      note: 'yield a promise',
      load: async () => {
        const { default: co } = await import('co')
        const resolved = Promise.resolve()
        return (operations) =>
          Promise.all(
            tasks(() =>
              co(function* () {
                for (let turn = 0; turn < operations / 100; turn++) yield resolved
              }),
            ),
          )
      },
    },
    {
      name: 'effect',
      note: 'Effect.yieldNow',
      operations: 200_000,
      load: async () => {
        const { Effect } = await import('effect')
        const task = Effect.fnUntraced(function* (turns: number) {
          for (let turn = 0; turn < turns; turn++) yield* Effect.yieldNow
        })
        return (operations) =>
          Effect.runPromise(
            Effect.all(
              tasks(() => task(operations / 100)),
              { concurrency: 'unbounded', discard: true },
            ),
          )
      },
    },
    {
      name: 'effection',
      // There is no operation that gives way but sleep(0), which waits for a timer of a millisecond. An action that
      // resolves at once puts its task at the back of the queue, which is the same thing for the price of a switch.
      note: 'an action that resolves at once',
      operations: 100_000,
      load: async () => {
        const { action, all, run } = await import('effection')
        const giveWay = action<void>((resolve) => {
          resolve()
          return () => {}
        })
        function* task(turns: number) {
          for (let turn = 0; turn < turns; turn++) yield* giveWay
        }
        return async (operations) => run(() => all(tasks(() => task(operations / 100))))
      },
    },
    {
      name: 'redux-saga',
      // All effects that wait for nothing are done at once, without a turn for others; a promise gives one.
      note: 'yield a promise',
      load: async () => {
        const { runSaga } = await import('redux-saga')
        const { all, call } = await import('redux-saga/effects')
        const resolved = Promise.resolve()
        function* task(turns: number) {
          for (let turn = 0; turn < turns; turn++) yield resolved
        }
        return (operations) =>
          runSaga({}, function* () {
            yield all(tasks(() => call(task, operations / 100)))
          }).toPromise()
      },
    },
    { name: 'gevent', note: 'sleep(0)', operations: 100_000, language: 'python', work: 'switch' },
  ],
}

function tasks<T>(start: () => T): T[] {
  return Array.from({ length: 100 }, start)
}
