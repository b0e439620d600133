import { checkDuration } from '../checks/check-duration.js'
import type { Returned } from '../kernel/frames.js'
import { GreenletExit } from '../checks/errors.js'
import { Greenlet } from './greenlet.js'
import type { Operation } from '../kernel/operation.js'
import { killAll } from '../waits/join.js'

/**
 * Starts a greenlet that runs `fn(...args)`.
 *
 * ```ts
 * const greenlet = spawn(function* (name: string) { yield* sleep(10); return `hello ${name}` }, 'you')
 * console.log(await greenlet)
 * ```
 *
 * @param fn a generator function, a green function or a plain function (what it returns is waited for).
 * @returns the greenlet at once. It runs at the next turn of the hub, after all that were spawned before it.
 * @throws TypeError when `fn` is not a function.
 */
export function spawn<A extends unknown[], R>(fn: (...args: A) => R, ...args: A): Greenlet<Returned<R>> {
  const greenlet = new Greenlet<Returned<R>>(fn)
  if (args.length > 0) greenlet.give(args)
  return greenlet.start()
}

/**
 * The same as {@link spawn}, but the greenlet starts only after `milliseconds`. A kill before that ends it unrun.
 *
 * @param milliseconds from 0 to `Infinity`.
 */
export function spawnLater<A extends unknown[], R>(
  milliseconds: number,
  fn: (...args: A) => R,
  ...args: A
): Greenlet<Returned<R>> {
  checkDuration(milliseconds, 'spawnLater(milliseconds, fn)')
  return new Greenlet<Returned<R>>(fn, ...args).startLater(milliseconds)
}

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
  const stopTrapping = hub.platform.trapSignals((signal) => {
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
