import { elapsedTime } from '../gauges.js'
import type { Work } from '../work.js'
import { effectionGivingWay } from './hundred-tasks.js'

/**
 * One operation: a task is started, has one turn of its own and is joined; 100,000 of them are alive together. A
 * greenlet, a goroutine or a fibre starts at a later turn by itself; an async function runs at once and awaits to get
 * its turn, and so do the tasks of co, effection and redux-saga. "gvent, one yield" gives way once on top of that.
 */
export const spawning: Work = {
  name: 'spawn',
  title: '100,000 tasks are started and joined',
  unit: 'ns',
  gauge: elapsedTime,
  operations: 100_000,
  warmups: 3,
  rounds: 7,
  peers: [
    {
      name: 'gvent',
      note: 'spawn, joinAll',
      load: async () => {
        const { joinAll, spawn } = await import('gvent')
        function* task(index: number) {
          return index
        }
        return async (operations) => joinAll(tasks(operations, (index) => spawn(task, index)))
      },
    },
    {
      name: 'gvent, one yield',
      dividend: 'gvent',
      load: async () => {
        const { joinAll, spawn } = await import('gvent')
        function* task(index: number) {
          yield
          return index
        }
        return async (operations) => joinAll(tasks(operations, (index) => spawn(task, index)))
      },
    },
    {
      name: 'async/await',
      note: 'one await, Promise.all',
      goal: 0.5,
      load: async () => {
        async function task(index: number) {
          await undefined
          return index
        }
        return (operations) => Promise.all(tasks(operations, task))
      },
    },
    { name: 'Go', note: 'go, WaitGroup', goal: 0.4, language: 'go', work: 'spawn' },
    {
      name: 'co',
      note: 'one yield, Promise.all',
      load: async () => {
        const { default: co } = await import('co')
        const resolved = Promise.resolve()
        const task = (index: number) =>
          co(function* () {
            yield resolved
            return index
          })
        return (operations) => Promise.all(tasks(operations, task))
      },
    },
    {
      name: 'effect',
      note: 'forkChild, joinAll',
      operations: 20_000,
      load: async () => {
        const { Effect, Fiber } = await import('effect')
        const program = Effect.fnUntraced(function* (operations: number) {
          const fibers = yield* Effect.forEach(tasks(operations, Effect.succeed), (task) => Effect.forkChild(task))
          yield* Fiber.joinAll(fibers)
        })
        return (operations) => Effect.runPromise(program(operations))
      },
    },
    {
      name: 'effection',
      note: 'all of operations that give way once',
      operations: 2_000,
      load: async () => {
        const { all, run } = await import('effection')
        const giveWay = await effectionGivingWay()
        function* task(index: number) {
          yield* giveWay
          return index
        }
        return async (operations) => run(() => all(tasks(operations, task)))
      },
    },
    {
      name: 'redux-saga',
      note: 'fork, join',
      operations: 10_000,
      load: async () => {
        const { runSaga } = await import('redux-saga')
        const { all, fork, join } = await import('redux-saga/effects')
        const resolved = Promise.resolve()
        function* task(index: number) {
          yield resolved
          return index
        }
        return (operations) =>
          runSaga({}, function* (): Generator<unknown, void, import('redux-saga').Task[]> {
            const forked = yield all(tasks(operations, (index) => fork(task, index)))
            yield join(forked)
          }).toPromise()
      },
    },
    { name: 'gevent', note: 'spawn, joinall', operations: 20_000, language: 'python', work: 'spawn' },
  ],
}

function tasks<T>(count: number, start: (index: number) => T): T[] {
  return Array.from({ length: count }, (_, index) => start(index))
}
