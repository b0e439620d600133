import { checkDuration } from '../checks/check-duration.js'
import { checkFunction } from '../checks/check-function.js'
import { Greenlet } from '../greenlets/greenlet.js'
import { call, passAs } from '../greenlets/call.js'
import { sleep } from '../waits/sleep.js'
import type { Coroutine, Returned } from '../kernel/frames.js'
import { thread } from '../kernel/thread.js'

/**
 * Returns a function that runs `fn` once for a burst of calls, with the arguments of the last one, when no call has come
 * for a while.
 *
 * ```ts
 * const save = debounce(function* (text: string) { yield* write(text) }, 300)
 * editor.on('change', (text) => save(text))
 * ```
 *
 * @param fn a function, a coroutine or not.
 * @param quiet how many milliseconds have to pass without a call.
 * @returns a function that may be called from anywhere and acts at once: all calls of a burst return the same greenlet,
 *   which gives what `fn` returns, and can be killed to call the burst off.
 */
export function debounce<A extends unknown[], R>(
  fn: (...args: A) => R,
  quiet: number,
): (...args: A) => Greenlet<Returned<R>> {
  checkFunction(fn, 'debounce(fn, quiet)')
  checkDuration(quiet, 'debounce(fn, quiet)')
  let burst: { greenlet: Greenlet; due: number; work: () => R } | undefined
  function* runOnce(): Coroutine<unknown> {
    const own = burst!
    try {
      for (let left = quiet; left > 0; left = own.due - thread.hub.now()) yield* sleep(left)
    } finally {
      // Calls from here on begin another burst.
      if (burst === own) burst = undefined
    }
    return yield* call(own.work)
  }
  return passAs(fn, function debounced(this: unknown, ...args: A) {
    const work = (): R => fn.apply(this, args)
    const due = thread.hub.now() + quiet
    if (burst === undefined || burst.greenlet.dead) {
      const greenlet = new Greenlet(runOnce)
      greenlet.name = fn.name
      burst = { greenlet, due, work }
      greenlet.start()
    } else Object.assign(burst, { due, work })
    return burst.greenlet as Greenlet<Returned<R>>
  })
}
