import assert from 'node:assert/strict'
import {
  Event,
  Lock,
  Queue,
  Semaphore,
  Timeout,
  all,
  call,
  getHub,
  idle,
  killAll,
  race,
  sleep,
  spawn,
  until,
  type Greenlet,
  type Operation,
} from 'gvent'

/** Greenlets that are parked on everything there is. */
export interface Storm {
  /** Ends when all are parked. */
  parked: Operation<void>
  /** Kills them in random order, and ends when all have cleaned up. */
  killAll(): Operation<boolean>
  /** How many cleanups ran, and how many waits are left in any wait list. */
  result(): { cleanups: number; left: number }
}

/** A sequence of pseudo-random numbers from 0 to 1 that is the same for each seed. (Numerical Recipes' generator.) */
function randomNumbers(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
}

/** Parks `count` greenlets, one after another on each kind of wait. */
export function createStorm(count: number, seed: number): Storm {
  const random = randomNumbers(seed)
  const event = new Event()
  const semaphore = new Semaphore(0)
  const lock = new Lock()
  const holder = spawn(function* () {
    using permit = yield* lock.acquire()
    assert.ok(permit)
    yield* sleep(Infinity)
  })
  const empty = new Queue<never>()
  const full = new Queue<number>(1)
  full.putNowait(0)
  const never = new Promise<never>(() => undefined)
  let begun = 0
  let cleanups = 0

  const waits: (() => Operation<unknown>)[] = [
    () => event.wait(),
    () => semaphore.acquire(),
    () => lock.acquire(),
    () => empty.get(),
    () => empty.peek(),
    () => full.put(1),
    () => sleep(3_600_000),
    () => holder.join(),
    () => holder,
    () => until(never),
    () => event.wait({ timeout: 3_600_000 }),
    () => race([empty.get(), event.wait()]),
    () => all([semaphore.acquire(), sleep(3_600_000)]),
  ]

  function* body(make: () => Operation<unknown>) {
    const timeout = new Timeout(3_600_000)
    begun++
    try {
      yield* make()
    } finally {
      timeout.close()
      cleanups++
    }
  }
  // The holder has to have the lock before the others come.
  const greenlets: Greenlet[] = [holder]
  for (let index = 0; index < count; index++) greenlets.push(spawn(body, waits[index % waits.length]!))

  return {
    parked: call(function* () {
      while (begun < count) yield* idle()
    }),
    killAll() {
      for (let index = greenlets.length - 1; index > 0; index--) {
        const other = Math.floor(random() * (index + 1))
        ;[greenlets[index], greenlets[other]] = [greenlets[other]!, greenlets[index]!]
      }
      return killAll(greenlets.splice(0))
    },
    result() {
      const { getters, putters } = { getters: empty.stats().getters, putters: full.stats().putters }
      const left = getters + putters + event.stats().waiting + semaphore.stats().waiting + lock.stats().waiting
      return { cleanups, left: left + getHub().alive }
    },
  }
}
