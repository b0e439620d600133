import { AsyncLocalStorage } from 'node:async_hooks'
import { elapsedTime } from '../gauges.js'
import type { Work } from '../work.js'
import { effectionGivingWay, effections, effects, greenlets, hundred, promises, sagas } from './hundred-tasks.js'

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
        function* task(turns: number) {
          for (let turn = 0; turn < turns; turn++) yield
        }
        return greenlets(task)
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
        return promises(task)
      },
    },
    { name: 'Go', note: 'runtime.Gosched', goal: 0.8, language: 'go', work: 'switch' },
    {
      name: 'gvent, with a store',
      note: 'yield, inside AsyncLocalStorage.run',
      load: async () => {
        const storage = new AsyncLocalStorage<object>()
        function* task(turns: number) {
          for (let turn = 0; turn < turns; turn++) yield
        }
        const run = await greenlets(task)
        return (operations) => storage.run({}, () => run(operations))
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
        const run = promises(task)
        return (operations) => storage.run({}, () => run(operations))
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
            hundred(() =>
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
        return effects(task)
      },
    },
    {
      name: 'effection',
      note: 'an action that resolves at once',
      operations: 100_000,
      load: async () => {
        const giveWay = await effectionGivingWay()
        function* task(turns: number) {
          for (let turn = 0; turn < turns; turn++) yield* giveWay
        }
        return effections(task)
      },
    },
    {
      name: 'redux-saga',
      // All effects that wait for nothing are done at once, without a turn for others; a promise gives one.
      note: 'yield a promise',
      load: async () => {
        const resolved = Promise.resolve()
        function* task(turns: number) {
          for (let turn = 0; turn < turns; turn++) yield resolved
        }
        return sagas(task)
      },
    },
    { name: 'gevent', note: 'sleep(0)', operations: 100_000, language: 'python', work: 'switch' },
  ],
}
