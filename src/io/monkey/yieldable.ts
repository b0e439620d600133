import type { Wait } from '../../scheduler/operation.js'
import { thread } from '../../scheduler/thread.js'
import { setCancel, until } from '../../scheduler/until.js'

/**
 * The property by which a promise can be waited for with `yield*`. It is there while a greenlet runs and `undefined`
 * otherwise: much code asks whether a value is iterable before it asks whether it is a promise (Node's `Duplex.from`,
 * React's children), and outside of greenlets nobody could iterate anyway.
 */
export const promiseIterator: { [Symbol.iterator]: unknown } = {
  get [Symbol.iterator](): unknown {
    return thread.greenlet === null ? undefined : iterate
  },
  // Without a setter an assignment to a promise's own property would fail.
  set [Symbol.iterator](value: unknown) {
    Object.defineProperty(this, Symbol.iterator, { value, configurable: true, enumerable: true, writable: true })
  },
}

function iterate(this: Promise<unknown>): Wait<unknown> {
  return until(this)[Symbol.iterator]()
}

const iteratorDescriptors = Object.getOwnPropertyDescriptors(promiseIterator)
iteratorDescriptors[Symbol.iterator].enumerable = false

/**
 * Lets a promise be waited for with `yield*`, whether `patchPromise` is on or not.
 *
 * @param cancel stops the work behind the promise, when who waits for it in a greenlet gives up.
 * @returns the promise itself.
 */
export function yieldable<T>(promise: Promise<T>, cancel?: () => void): Promise<T> {
  if (cancel !== undefined) setCancel(promise, cancel)
  void Object.defineProperties(promise, iteratorDescriptors)
  return promise
}
