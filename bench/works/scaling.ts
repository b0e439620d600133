import { elapsedTime, now, ownMeasure, retainedMemory } from '../gauges.js'
import type { ForeignPeer, JavaScriptPeer, LocalWork, Run } from '../work.js'

/** From a thousand tasks to a million. Everything but their number is the same. */
const sizes = [1_000, 10_000, 100_000, 1_000_000]
/** What a process of Python takes for more of them than this is beyond the machines that this is measured on. */
const mostOfGevent = 100_000

const many = {
  unit: 'ns',
  gauge: ownMeasure,
  operations: 4_000_000,
  warmups: 1,
  rounds: 3,
  flags: ['--expose-gc', '--max-old-space-size=8192'],
} as const

/**
 * One operation: a switch. What it costs more among many tasks is for memory that no cache holds any longer, and for
 * lists that grow with the number. Starting and ending the tasks is left out: one of them reads the clock at turns of
 * its own, between which everybody had equally many.
 */
export const crowd: LocalWork = {
  ...many,
  name: 'crowd',
  title: 'a switch among 1,000 to 1,000,000 tasks',
  peers: [
    ...series('gvent', { note: 'yield', most: 2 }, async () => {
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
      return crowded(async (size, turns, clock) => {
        const greenlets = [spawn(witness, turns, clock)]
        for (let index = 1; index < size; index++) greenlets.push(spawn(task, turns + 2 * settling))
        await joinAll(greenlets)
      })
    }),
    ...series('async/await', { note: 'await undefined' }, async () => {
      async function task(turns: number) {
        for (let turn = 0; turn < turns; turn++) await undefined
      }
      async function witness(turns: number, clock: Clock) {
        for (let turn = 0; turn < settling; turn++) await undefined
        clock.start()
        for (let turn = 0; turn < turns; turn++) await undefined
        clock.stop()
      }
      return crowded((size, turns, clock) => {
        const promises = [witness(turns, clock)]
        for (let index = 1; index < size; index++) promises.push(task(turns + 2 * settling))
        return Promise.all(promises)
      })
    }),
    ...series('effect', { note: 'Effect.yieldNow', operations: 400_000 }, async () => {
      const { Effect } = await import('effect')
      const task = Effect.fnUntraced(function* (turns: number) {
        for (let turn = 0; turn < turns; turn++) yield* Effect.yieldNow
      })
      const witness = Effect.fnUntraced(function* (turns: number, clock: Clock) {
        yield* task(settling)
        clock.start()
        for (let turn = 0; turn < turns; turn++) yield* Effect.yieldNow
        clock.stop()
      })
      return crowded((size, turns, clock) => {
        const fibers = [witness(turns, clock)]
        for (let index = 1; index < size; index++) fibers.push(task(turns + 2 * settling))
        return Effect.runPromise(Effect.all(fibers, { concurrency: 'unbounded', discard: true }))
      })
    }),
    ...foreignSeries('Go', 'go', 'crowd', sizes),
    ...foreignSeries('gevent', 'python', 'crowd', sizesOfGevent()),
  ],
}

/** One operation: a task is started, has one turn and is joined; so many at a time are alive together. */
export const crowdSpawn: LocalWork = {
  ...many,
  name: 'crowd-spawn',
  title: 'starting and joining 1,000 to 1,000,000 tasks',
  operations: 1_000_000,
  gauge: elapsedTime,
  peers: [
    ...series('gvent', { note: 'spawn, joinAll' }, async () => {
      const { joinAll, spawn } = await import('gvent')
      function* task(index: number) {
        return index
      }
      return batches((size) => joinAll(Array.from({ length: size }, (_, index) => spawn(task, index))))
    }),
    ...series('async/await', { note: 'one await, Promise.all' }, async () => {
      async function task(index: number) {
        await undefined
        return index
      }
      return batches((size) => Promise.all(Array.from({ length: size }, (_, index) => task(index))))
    }),
    ...series('effect', { note: 'forkChild, joinAll' }, async () => {
      const { Effect, Fiber } = await import('effect')
      const program = Effect.fnUntraced(function* (size: number) {
        const tasks = Array.from({ length: size }, (_, index) => Effect.succeed(index))
        const fibers = yield* Effect.forEach(tasks, (task) => Effect.forkChild(task))
        yield* Fiber.joinAll(fibers)
      })
      return batches((size) => Effect.runPromise(program(size)))
    }),
    ...foreignSeries('Go', 'go', 'crowd-spawn', sizes),
    ...foreignSeries('gevent', 'python', 'crowd-spawn', sizesOfGevent()),
  ],
}

/** One operation: a task waits. What it holds is measured as in the work "memory". */
export const crowdMemory: LocalWork = {
  ...many,
  name: 'crowd-memory',
  title: 'memory of a task that waits, of 1,000 to 1,000,000',
  unit: 'bytes',
  gauge: retainedMemory,
  warmups: 0,
  rounds: 1,
  peers: [
    ...series('gvent', { note: 'get from a Queue', ofEach: true }, async () => {
      const { Queue, spawn } = await import('gvent')
      function* task(queue: InstanceType<typeof Queue<number>>) {
        yield* queue.get()
      }
      return () => async (size) => {
        const queue = new Queue<number>()
        for (let index = 0; index < size; index++) spawn(task, queue)
        await spawn(() => {})
        return queue
      }
    }),
    ...series('async/await', { note: 'await a promise that they share', ofEach: true }, async () => {
      async function task(event: Promise<void>) {
        await event
      }
      return () => async (size) => {
        const event = new Promise<void>(() => {})
        for (let index = 0; index < size; index++) void task(event)
        return [event]
      }
    }),
    ...series('effect', { note: 'Deferred.await', ofEach: true }, async () => {
      const { Deferred, Effect, Fiber } = await import('effect')
      const program = Effect.fnUntraced(function* (size: number) {
        const event = yield* Deferred.make<void>()
        for (let index = 0; index < size; index++) yield* Effect.forkDetach(Deferred.await(event))
        yield* Fiber.join(yield* Effect.forkDetach(Effect.void))
        return event
      })
      return () => (size) => Effect.runPromise(program(size))
    }),
    ...foreignSeries('Go', 'go', 'memory', sizes, true),
    ...foreignSeries('gevent', 'python', 'memory', sizesOfGevent(), true),
  ],
}

/** Turns of every task before the clock starts, and after. */
const settling = 2

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

type SizedRun = (size: number) => Run

function crowded(run: (size: number, turns: number, clock: Clock) => Promise<unknown>): SizedRun {
  return (size) => async (operations) => {
    const clock = new Clock()
    await run(size, operations / size, clock)
    return clock.nanoseconds / operations
  }
}

/** As many tasks at a time as the size says, one lot after another. */
function batches(run: (size: number) => Promise<unknown>): SizedRun {
  return (size) => async (operations) => {
    for (let done = 0; done < operations; done += size) await run(size)
  }
}

interface SeriesOptions {
  readonly note: string
  /** The goal: a million may cost so many times what a thousand cost. */
  readonly most?: number
  /** Fewer operations than the work says, but no less than one for each task. */
  readonly operations?: number
  /** Whether the number of operations is that of the tasks. */
  readonly ofEach?: boolean
}

/** A program at each of the sizes. */
function series(name: string, options: SeriesOptions, load: () => Promise<SizedRun>): JavaScriptPeer[] {
  const { note, most, operations, ofEach } = options
  return sizes.map((size) => ({
    ...pointOf(name, size),
    note,
    ...(operations === undefined ? {} : { operations: Math.max(operations, size) }),
    ...(ofEach ? { operations: size } : {}),
    ...(most !== undefined && size === sizes[0] ? { goal: most, dividend: nameOf(name, sizes.at(-1)!) } : {}),
    load: async () => {
      const run = (await load())(size)
      // What is compiled or made when it is first needed is not to be counted among the memory of the tasks.
      if (ofEach) await run(1_000)
      return run
    },
  }))
}

function foreignSeries(
  name: string,
  language: ForeignPeer['language'],
  work: string,
  among: readonly number[],
  ofEach = false,
): ForeignPeer[] {
  return among.map((size) => ({
    ...pointOf(name, size),
    language,
    work: ofEach ? work : `${work}-${size}`,
    ...(ofEach ? { operations: size } : language === 'python' ? { operations: 2 * mostOfGevent } : {}),
  }))
}

function pointOf(name: string, size: number) {
  return { name: nameOf(name, size), series: name, size, dividend: nameOf('gvent', size) }
}

function nameOf(name: string, size: number): string {
  return `${name}, ${size.toLocaleString('en')}`
}

function sizesOfGevent(): number[] {
  return sizes.filter((size) => size <= mostOfGevent)
}
