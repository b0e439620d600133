import { checkDuration } from '../checks/check-duration.js'
import type { Returned } from '../kernel/frames.js'
import { Greenlet } from './greenlet.js'

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
