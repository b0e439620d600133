import { GreenletExit } from '../checks/errors.js'
import { spawn } from '../greenlets/spawn.js'
import type { Returned } from '../kernel/frames.js'
import type { Operation } from '../kernel/operation.js'
import { killAll } from '../waits/join.js'
import { trapPageHide } from './page-hide.js'

/**
 * Runs `fn(...args)` as the program's main greenlet: `await run(main)`.
 *
 * SIGINT (Ctrl-C) and SIGTERM kill it, and when it has ended all other greenlets that are left, so that every `finally`
 * runs; a second signal ends the process at once.
 *
 * @returns a promise of what `fn` returns; it rejects with what `fn` raises, or with a `KilledError` if somebody killed
 *   it. After a signal it resolves, to the `GreenletExit`: what follows can put things in order, and the exit status is
 *   130 or 143.
 */
export async function run<A extends unknown[], R>(fn: (...args: A) => R, ...args: A): Promise<Returned<R>> {
  const greenlet = spawn(fn, ...args)
  const { hub } = greenlet
  let others: Operation<boolean> | undefined
  const { trapSignals = trapPageHide } = hub.platform
  const stopTrapping = trapSignals((signal) => {
    // At the moment of its end, before those run who wait for its value.
    greenlet.onEnded(() => {
      others = killAll(hub.greenlets())
    })
    greenlet.kill(new GreenletExit(`killed by ${signal}`))
  })
  try {
    return await greenlet
  } catch (error) {
    if (others !== undefined && greenlet.killed !== undefined) return greenlet.value as Returned<R>
    throw error
  } finally {
    await others
    stopTrapping()
  }
}
