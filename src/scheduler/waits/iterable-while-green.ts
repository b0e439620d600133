import type { Operation } from '../kernel/operation.js'
import type { WaitIterator } from '../kernel/wait-iterator.js'
import { thread } from '../kernel/thread.js'
import { setWork, until, type PromisedWork } from '../kernel/until.js'

let hidden = 0

/**
 * Calls a function of the platform, which does not see meanwhile that promises, streams and the like can be waited for:
 * Node's own code takes for a list what is iterable.
 */
export function callUnaware<R>(call: () => R): R {
  hidden++
  try {
    return call()
  } finally {
    hidden--
  }
}

/**
 * A property by which an object can be waited for with `yield*`. It is there while a greenlet runs and `undefined`
 * otherwise: much code asks whether a value is iterable before it asks whether it is a promise or a stream (Node's
 * `Duplex.from`, React's children), and outside of greenlets nobody could iterate anyway.
 *
 * @param operationOf what is waited for.
 */
export function iterableWhileGreen(operationOf: (object: never) => Operation<unknown>): PropertyDescriptor {
  const iterate = function (this: never): WaitIterator<unknown> {
    return operationOf(this)[Symbol.iterator]()
  }
  return {
    configurable: true,
    enumerable: false,
    get() {
      return thread.greenlet === null || hidden > 0 ? undefined : iterate
    },
    // Without a setter an assignment to an object's own property would fail.
    set(this: object, value: unknown) {
      Object.defineProperty(this, Symbol.iterator, { value, configurable: true, enumerable: true, writable: true })
    },
  }
}

/** That of a promise. */
export const iterablePromise: PropertyDescriptor = iterableWhileGreen((promise: PromiseLike<unknown>) => until(promise))

/**
 * Lets a promise be waited for with `yield*`, whether `patchPromise` is on or not.
 *
 * @param work what is behind it, and how it is stopped when who waits for it in a greenlet gives up.
 * @returns the promise itself.
 */
export function makeIterable<T>(promise: Promise<T>, work?: PromisedWork): Promise<T> {
  if (work !== undefined) setWork(promise, work)
  if (!(Symbol.iterator in promise)) void Object.defineProperty(promise, Symbol.iterator, iterablePromise)
  return promise
}
