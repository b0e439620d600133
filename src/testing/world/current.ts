import { running } from '../../async/calls/call.js'
import { claimRejections } from '../../async/kill/rejections.js'
import { misuse } from '../../scheduler/checks/errors.js'
import { thread } from '../../scheduler/kernel/thread.js'
import type { World } from './world.js'

let current: World | undefined

/** Makes the hub of a world that of the thread. @returns a function that puts back the one that was there. */
export function enterWorld(world: World): () => void {
  const { hub } = thread
  current = world
  thread.hub = world.hub
  const { scheduler } = running
  running.scheduler = world.calls
  // That of the platform would end the process, or fail the test at some later time.
  const release = claimRejections((reason, promise) => {
    if (!world.calls.claims(reason, promise)) return false
    world.verdicts.failWith(reason)
    return true
  })
  return () => {
    current = undefined
    running.scheduler = scheduler
    release()
    thread.hub = hub
  }
}

/**
 * Calls `work` as code outside of async functions, so that a compiled one that starts a simulation is no parent of the calls in
 * it: those would be the engine's, as it is.
 */
export function outsideOfCalls<T>(work: () => T): T {
  const { call } = running
  running.call = null
  try {
    return work()
  } finally {
    running.call = call
  }
}

/** The world of the simulation that runs, `undefined` outside of one. */
export function findWorld(): World | undefined {
  return current
}

/** The world of the simulation that runs. @throws Error outside of one. */
export function currentWorld(what: string): World {
  if (current !== undefined) return current
  throw misuse(
    new Error(`${what} outside of a simulation: call it in the function that you pass to simulate() or explore()`),
    'GVENT_NO_SIMULATION',
  )
}
