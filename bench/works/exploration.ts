import { elapsedTime } from '../gauges.js'
import type { JavaScriptPeer, Work } from '../work.js'

/** The goal: 20,000 schedules a second. */
const PER_SECOND = 20_000
/** So many schedules fit into a unit test, */
const IN_A_TEST = 1000
/** which may take so many milliseconds, with nothing compiled yet. */
const TIME_OF_A_TEST = 100

/**
 * One operation: a schedule of a small test with three greenlets, by the strategies that `explore` uses unless told
 * otherwise. It is found to be right in all of them; so nothing is shrunk or told.
 */
export const exploration: Work = {
  name: 'exploration',
  title: 'schedules of a test with three greenlets',
  unit: 'ns',
  gauge: elapsedTime,
  operations: 20_000,
  warmups: 2,
  rounds: 7,
  peers: [
    explorer('gvent, a lock', 1e9 / PER_SECOND, locks),
    explorer('gvent, a queue', 1e9 / PER_SECOND, queues),
    explorer('gvent, timers', 1e9 / PER_SECOND, sleeps),
  ],
}

/** The same in a process that has done nothing yet, as a test file is one. */
export const firstExploration: Work = {
  ...exploration,
  name: 'firstExploration',
  title: `the first ${IN_A_TEST} schedules of a process`,
  operations: IN_A_TEST,
  warmups: 0,
  rounds: 1,
  peers: exploration.peers.map((peer) => ({ ...peer, atMost: (TIME_OF_A_TEST * 1e6) / IN_A_TEST })),
}

type Gvent = typeof import('gvent')

function explorer(name: string, atMost: number, program: (gvent: Gvent) => () => unknown): JavaScriptPeer {
  return {
    name,
    atMost,
    load: async () => {
      const [gvent, { explore }] = await Promise.all([import('gvent'), import('gvent/testing')])
      const fn = program(gvent)
      return (schedules) => explore(fn, { schedules })
    },
  }
}

function check(isRight: boolean): void {
  if (!isRight) throw new Error('the program is wrong')
}

function locks({ Lock, joinAll, spawn }: Gvent) {
  return function* () {
    const lock = new Lock()
    let count = 0
    const work = function* () {
      using _permit = yield* lock.acquire()
      const before = count
      yield
      count = before + 1
    }
    yield* joinAll([spawn(work), spawn(work), spawn(work)])
    check(count === 3)
  }
}

function queues({ Queue, joinAll, spawn }: Gvent) {
  return function* () {
    const queue = new Queue<number>(2)
    let sum = 0
    const produce = function* (items: number[]) {
      for (const item of items) yield* queue.put(item)
    }
    const consume = function* () {
      for (let count = 0; count < 4; count++) sum += yield* queue.get()
    }
    yield* joinAll([spawn(produce, [1, 2, 3]), spawn(produce, [4]), spawn(consume)])
    check(sum === 10)
  }
}

function sleeps({ joinAll, sleep, spawn }: Gvent) {
  return function* () {
    let awake = 0
    const wake = function* (milliseconds: number) {
      yield* sleep(milliseconds)
      awake++
    }
    yield* joinAll([spawn(wake, 5), spawn(wake, 5), spawn(wake, 10)])
    check(awake === 3)
  }
}
