/** Lets a greenlet wait for the call of an async function with `yield*`, at run time and for the compiler. */
import type { WaitIterator } from '../scheduler/kernel/wait-iterator.js'
import { iterablePromise } from '../scheduler/waits/iterable-while-green.js'

declare global {
  interface Promise<T> {
    /** Waits for the promise in a greenlet: `yield* promise`. */
    [Symbol.iterator](): WaitIterator<T>
  }
}

if (!(Symbol.iterator in Promise.prototype)) Object.defineProperty(Promise.prototype, Symbol.iterator, iterablePromise)
