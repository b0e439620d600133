import { checkDuration } from '../checks/check-duration.js'
import type { Returned } from '../kernel/frames.js'
import { GreenletExit } from '../checks/errors.js'
import { Greenlet } from './greenlet.js'
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
 * @returns a promise of what `fn` returns; it rejects with what `fn` raises.
 */
export async function run<A extends unknown[], R>(fn: (...args: A) => R, ...args: A): Promise<Returned<R>> {
  const greenlet = spawn(fn, ...args)
  const { hub } = greenlet
  let signalled = false
  const stopTrapping = hub.platform.trapSignals((signal) => {
    signalled = true
    greenlet.kill(new GreenletExit(`killed by ${signal}`))
  })
  try {
    return await greenlet
  } finally {
    if (signalled) await killAll(hub.greenlets())
    stopTrapping()
  }
}
