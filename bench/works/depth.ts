import { elapsedTime } from '../gauges.js'
import type { JavaScriptPeer, Work } from '../work.js'

/**
 * One operation: a switch, as in the work of that name, in a task that waits at the bottom of a recursion. A resume
 * that has to walk through all generators above it costs more the deeper it goes; frames on a stack of the greenlet's
 * own cost the same at any depth.
 */
export const depth: Work = {
  name: 'depth',
  title: '100 tasks give way to each other, 20 calls deep',
  unit: 'ns',
  gauge: elapsedTime,
  operations: 500_000,
  warmups: 3,
  rounds: 7,
  peers: [
    ...pair('gvent, yield call', 1.2, async () => {
      const { joinAll, spawn } = await import('gvent')
      function* task(depth: number, turns: number): Generator {
        if (depth > 1) yield task(depth - 1, turns)
        else for (let turn = 0; turn < turns; turn++) yield
      }
      return async (depth, operations) => joinAll(tasks(() => spawn(task, depth, operations / 100)))
    }),
    ...pair('gvent, green', 1.2, async () => {
      const { green, joinAll, spawn } = await import('gvent')
      const task = green(function* task(depth: number, turns: number): Generator {
        if (depth > 1) yield* descend(depth - 1, turns)
        else for (let turn = 0; turn < turns; turn++) yield
      })
      // A function whose type mentions itself needs one declared type to begin with.
      const descend: (depth: number, turns: number) => Iterable<unknown> = task
      return async (depth, operations) => joinAll(tasks(() => spawn(task, depth, operations / 100)))
    }),
    ...pair('gvent, yield*', undefined, async () => {
      const { joinAll, spawn } = await import('gvent')
      function* task(depth: number, turns: number): Generator {
        if (depth > 1) yield* task(depth - 1, turns)
        else for (let turn = 0; turn < turns; turn++) yield
      }
      return async (depth, operations) => joinAll(tasks(() => spawn(task, depth, operations / 100)))
    }),
    ...pair('async/await', undefined, async () => {
      async function task(depth: number, turns: number): Promise<void> {
        if (depth > 1) await task(depth - 1, turns)
        else for (let turn = 0; turn < turns; turn++) await undefined
      }
      return (depth, operations) => Promise.all(tasks(() => task(depth, operations / 100)))
    }),
    ...pair('effect', undefined, async () => {
      const { Effect } = await import('effect')
      type Task = (depth: number, turns: number) => import('effect').Effect.Effect<void>
      const task: Task = Effect.fnUntraced(function* (depth: number, turns: number) {
        if (depth > 1) yield* task(depth - 1, turns)
        else for (let turn = 0; turn < turns; turn++) yield* Effect.yieldNow
      })
      return (depth, operations) =>
        Effect.runPromise(
          Effect.all(
            tasks(() => task(depth, operations / 100)),
            { concurrency: 'unbounded', discard: true },
          ),
        )
    }),
    ...pair('effection', undefined, async () => {
      const { action, all, run } = await import('effection')
      const giveWay = action<void>((resolve) => {
        resolve()
        return () => {}
      })
      function* task(depth: number, turns: number): import('effection').Operation<void> {
        if (depth > 1) yield* task(depth - 1, turns)
        else for (let turn = 0; turn < turns; turn++) yield* giveWay
      }
      return async (depth, operations) => run(() => all(tasks(() => task(depth, operations / 100))))
    }),
  ],
}

type DeepRun = (depth: number, operations: number) => Promise<unknown>

/** The same program at depth 20 and at depth 1, to be divided. */
function pair(name: string, goal: number | undefined, load: () => Promise<DeepRun>): JavaScriptPeer[] {
  const slow = name.startsWith('effect') ? { operations: 100_000 } : {}
  const at = (depth: number) => async () => {
    const run = await load()
    return (operations: number) => run(depth, operations)
  }
  return [
    { name: `${name}, depth 20`, ...slow, load: at(20) },
    { name: `${name}, depth 1`, dividend: `${name}, depth 20`, ...(goal ? { goal } : {}), ...slow, load: at(1) },
  ]
}

function tasks<T>(start: () => T): T[] {
  return Array.from({ length: 100 }, start)
}
