import { misuse } from '../../scheduler/checks/errors.js'
import { thread } from '../../scheduler/kernel/thread.js'
import type { World } from './world.js'

let current: World | undefined

/** Makes the hub of a world that of the thread. @returns a function that puts back the one that was there. */
export function enterWorld(world: World): () => void {
  const { hub } = thread
  current = world
  thread.hub = world.hub
  return () => {
    current = undefined
    thread.hub = hub
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
