import { checkFunction } from '../checks/check-function.js'
import type { Operation } from '../kernel/operation.js'
import type { WaitOptions } from '../kernel/wait-options.js'
import { suspend } from './suspend.js'

/** A callback as Node's functions take it: an error or `null` first, then the result. */
export type NodeCallback<T = unknown> = (error?: unknown, value?: T) => void

/**
 * Waits for a function that takes a callback of Node's kind:
 *
 * ```ts
 * const stats = yield* fromCallback<Stats>((callback) => fs.stat(path, callback))
 * ```
 *
 * @param fn called once for each wait, with the callback and a `signal` that aborts when the wait is given up.
 * @returns what the callback gets after the error; of several values the first.
 * @throws the error that the callback gets, and what `fn` itself throws.
 * Cancel safety: a kill or timeout aborts the `signal`. A result or an error that comes after that is dropped.
 */
export function fromCallback<T = void>(
  fn: (callback: NodeCallback<T>, signal: AbortSignal) => unknown,
  options?: WaitOptions,
): Operation<T> {
  checkFunction(fn, 'fromCallback(fn)')
  return suspend<T>((resolve, reject) => {
    const controller = new AbortController()
    fn((error, value) => {
      if (error) reject(error)
      else resolve(value as T)
    }, controller.signal)
    return () => {
      controller.abort()
    }
  }, options)
}
