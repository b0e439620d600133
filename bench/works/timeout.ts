import { elapsedTime } from '../gauges.js'
import type { Work } from '../work.js'
import { effectionGivingWay, effections, effects, greenlets, promises, sagas } from './hundred-tasks.js'

/** Milliseconds. Long enough that none expires, and what a request to a server is given in practice. */
const limit = 30_000

/**
 * One operation: a wait that is over at the next turn is put under a time limit of 30 seconds, ends in time, and the
 * limit is taken off. 100 tasks do it by turns.
 */
export const timeout: Work = {
  name: 'timeout',
  title: 'a wait under a time limit that does not expire',
  unit: 'ns',
  gauge: elapsedTime,
  operations: 50_000,
  warmups: 3,
  rounds: 7,
  peers: [
    {
      name: 'gvent',
      note: 'Timeout.start, close',
      load: async () => {
        const { Timeout } = await import('gvent')
        function* task(turns: number) {
          for (let turn = 0; turn < turns; turn++) {
            const timeout = Timeout.start(limit)
            try {
              yield
            } finally {
              timeout.close()
            }
          }
        }
        return greenlets(task)
      },
    },
    {
      name: 'gvent, withTimeout',
      note: 'withTimeout of a generator function',
      dividend: 'gvent',
      load: async () => {
        const { withTimeout } = await import('gvent')
        function* work() {
          yield
        }
        function* task(turns: number) {
          for (let turn = 0; turn < turns; turn++) yield* withTimeout(limit, work)
        }
        return greenlets(task)
      },
    },
    {
      name: 'AbortSignal',
      note: 'AbortSignal.timeout and a listener',
      goal: 0.3,
      load: async () => {
        async function work() {
          await undefined
        }
        function abortable(signal: AbortSignal) {
          return new Promise<void>((resolve, reject) => {
            const abort = () => reject(signal.reason)
            signal.addEventListener('abort', abort, { once: true })
            work().then(() => {
              signal.removeEventListener('abort', abort)
              resolve()
            }, reject)
          })
        }
        async function task(turns: number) {
          for (let turn = 0; turn < turns; turn++) await abortable(AbortSignal.timeout(limit))
        }
        return promises(task)
      },
    },
    {
      name: 'Promise.race',
      note: 'Promise.race with a timer, cleared in finally',
      goal: 0.3,
      load: async () => {
        async function work() {
          await undefined
        }
        async function withTimer() {
          let timer: NodeJS.Timeout | undefined
          const expired = new Promise<never>((_, reject) => {
            timer = setTimeout(() => reject(new Error('timeout')), limit)
          })
          try {
            await Promise.race([work(), expired])
          } finally {
            clearTimeout(timer)
          }
        }
        async function task(turns: number) {
          for (let turn = 0; turn < turns; turn++) await withTimer()
        }
        return promises(task)
      },
    },
    { name: 'Go', note: 'context.WithTimeout, select, cancel', language: 'go', work: 'timeout' },
    {
      name: 'effect',
      note: 'Effect.timeout',
      load: async () => {
        const { Effect } = await import('effect')
        const task = Effect.fnUntraced(function* (turns: number) {
          for (let turn = 0; turn < turns; turn++) yield* Effect.timeout(Effect.yieldNow, limit)
        })
        return effects(task)
      },
    },
    {
      name: 'effection',
      note: 'race with sleep',
      operations: 2_000,
      load: async () => {
        const { race, sleep } = await import('effection')
        const giveWay = await effectionGivingWay()
        function* task(turns: number) {
          for (let turn = 0; turn < turns; turn++) yield* race([giveWay, sleep(limit)])
        }
        return effections(task)
      },
    },
    {
      name: 'redux-saga',
      note: 'race with delay',
      load: async () => {
        const { call, delay, race } = await import('redux-saga/effects')
        const resolved = Promise.resolve()
        function* work() {
          yield resolved
        }
        function* task(turns: number) {
          for (let turn = 0; turn < turns; turn++) yield race({ done: call(work), expired: delay(limit) })
        }
        return sagas(task)
      },
    },
    { name: 'gevent', note: 'with Timeout: sleep(0)', language: 'python', work: 'timeout' },
  ],
}
