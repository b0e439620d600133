import { misuse } from '../../scheduler/checks/errors.js'
import { simulateGlobals } from './globals.js'
import { enterWorld, findWorld, outsideOfCalls } from './current.js'
import { networkSide } from './network-side.js'
import type { Outside } from './outside.js'
import { describeGreenlets } from '../story/failure-text.js'
import type { Standing, World } from './world.js'

/**
 * Runs a function in a world until there is a verdict on it, or it is over.
 *
 * @param patience for how many real milliseconds the world outside is waited for, each time.
 * @returns a promise only if something outside of the simulation is involved.
 */
export function runWorld(
  world: World,
  fn: () => unknown,
  outside: Outside,
  patience: number,
): Promise<void> | undefined {
  const restoreGlobals = world.options.globals ? simulateGlobals(world) : undefined
  const leaveNetwork = networkSide.enter(world)
  const leave = (): void => {
    leaveNetwork()
    restoreGlobals?.()
    leaveWorld()
  }
  const leaveWorld = enterWorld(world)
  outside.prepare()
  let standing = outsideOfCalls(() => {
    world.begin(fn)
    return world.drive()
  })
  if (standing === 'stuck' && outside.isUnheard) {
    world.concludeStuck()
    standing = 'over'
  }
  if (standing !== 'over') return goOnOutside(world, outside, patience, standing).finally(leave)
  leave()
  return undefined
}

async function goOnOutside(world: World, outside: Outside, patience: number, begun: Standing): Promise<void> {
  for (let standing = begun; standing !== 'over';) {
    if (standing === 'restless') {
      world.foreign.isRestless = false
      await outside.turn()
    } else if (standing === 'interrupted') {
      // What is real comes when it comes, and would not come at the same step in each run.
      if (!outside.isBusy()) await outside.turn()
    } else if (!(await outside.wait(world.foreign, patience))) {
      if (standing === 'outside') world.foreign.isResigned = true
      else {
        // Not even the first time: so the program has no promises that nothing waits for, none has to be feared again.
        outside.isUnheard = world.foreign.isClosed
        world.concludeStuck()
      }
    }
    standing = world.drive()
  }
  // The end of the network wakes those who waited for it.
  if (world.options.detailed && world.verdicts.verdict !== null) world.situation = describeGreenlets(world)
  if (await networkSide.end(world)) await outside.turn()
}

let busy: Promise<unknown> | null = null

/**
 * Lets one simulation run at a time: it has the thread's hub, which a second one must not take away while the first
 * waits for the world outside.
 */
export async function exclusively<T>(what: string, work: () => Promise<T>): Promise<T> {
  if (findWorld()?.foreign.isDriving) {
    throw misuse(new Error(`${what} inside of a simulation: simulations do not nest`), 'GVENT_NESTED_SIMULATION')
  }
  while (busy !== null) await busy
  const running = work()
  busy = running.then(ignore, ignore)
  try {
    return await running
  } finally {
    busy = null
  }
}

function ignore(): void {
  // The caller gets the outcome.
}
