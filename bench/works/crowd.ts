import { now, ownMeasure } from '../gauges.js'
import type { JavaScriptPeer, Work } from '../work.js'

/** Turns of every task before the clock starts, and after. */
const settling = 2

/**
 * One operation: a switch among 1,000,000 tasks, and among 1,000. Everything but the number of tasks is the same, so
 * what it costs more is for memory that no cache holds any longer, and for lists that grow with the number. Starting
 * and ending the tasks is left out: one of them reads the clock at turns of its own, between which everybody had
 * equally many.
 */
export const crowd: Work = {
  name: 'crowd',
  title: 'switching among 1,000,000 tasks against 1,000',
  unit: 'ns',
  gauge: ownMeasure,
  operations: 4_000_000,
  warmups: 1,
  rounds: 3,
  flags: ['--max-old-space-size=8192'],
  peers: [
    ...pair('gvent', 2, async () => {
      const { joinAll, spawn } = await import('gvent')
      function* task(turns: number) {
        for (let turn = 0; turn < turns; turn++) yield
      }
      function* witness(turns: number, clock: Clock) {
        for (let turn = 0; turn < settling; turn++) yield
        clock.start()
        for (let turn = 0; turn < turns; turn++) yield
        clock.stop()
      }
      return async (size, turns, clock) => {
        const greenlets = [spawn(witness, turns, clock)]
        for (let index = 1; index < size; index++) greenlets.push(spawn(task, turns + 2 * settling))
        await joinAll(greenlets)
      }
    }),
    ...pair('async/await', undefined, async () => {
      async function task(turns: number) {
        for (let turn = 0; turn < turns; turn++) await undefined
      }
      async function witness(turns: number, clock: Clock) {
        for (let turn = 0; turn < settling; turn++) await undefined
        clock.start()
        for (let turn = 0; turn < turns; turn++) await undefined
        clock.stop()
      }
      return (size, turns, clock) => {
        const promises = [witness(turns, clock)]
        for (let index = 1; index < size; index++) promises.push(task(turns + 2 * settling))
        return Promise.all(promises)
      }
    }),
    { name: 'Go, 1,000,000', language: 'go', work: 'crowd-1000000' },
    { name: 'Go, 1,000', dividend: 'Go, 1,000,000', language: 'go', work: 'crowd-1000' },
  ],
}

/** Started and stopped by one task, once each. */
class Clock {
  #start = 0
  nanoseconds = 0
  start() {
    this.#start = now()
  }
  stop() {
    this.nanoseconds = now() - this.#start
  }
}

type CrowdRun = (size: number, turns: number, clock: Clock) => Promise<unknown>

function pair(name: string, goal: number | undefined, load: () => Promise<CrowdRun>): JavaScriptPeer[] {
  const among = (size: number) => async () => {
    const run = await load()
    return async (operations: number) => {
      const clock = new Clock()
      await run(size, operations / size, clock)
      return clock.nanoseconds / operations
    }
  }
  return [
    { name: `${name}, 1,000,000`, load: among(1_000_000) },
    { name: `${name}, 1,000`, dividend: `${name}, 1,000,000`, ...(goal ? { goal } : {}), load: among(1000) },
  ]
}
