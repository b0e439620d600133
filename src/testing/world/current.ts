import { misuse } from '../../scheduler/checks/errors.js'
import { thread } from '../../scheduler/kernel/thread.js'
import { SimulatedHub } from './simulated-hub.js'
import type { World } from './world.js'

/** The world of the simulation that runs, `undefined` outside of one. */
export function findWorld(): World | undefined {
  const { hub } = thread
  return hub instanceof SimulatedHub ? hub.world : undefined
}

/** The world of the simulation that runs. @throws Error outside of one. */
export function currentWorld(what: string): World {
  const world = findWorld()
  if (world !== undefined) return world
  throw misuse(
    new Error(`${what} outside of a simulation: call it in the function that you pass to simulate() or explore()`),
    'GVENT_NO_SIMULATION',
  )
}
