import { promisify } from 'node:util'
import { until } from '../../../scheduler/kernel/until.js'
import { listReaders } from '../green/list-readers.js'
import { applyPart, type Part } from '../patch-part.js'

/** The part that {@link patchPromise} patches. */
export const promisePart: Part = {
  name: 'promise',
  by: 'patchPromise',
  gevent: '–',
  cooperative: [
    {
      what: 'every native promise',
      gives: 'what it resolves to',
      givingUp: 'leaves it alone, unless a patched function made it',
    },
  ],
  cannot: 'thenables that are not promises: `yield thenable` or `until(thenable)` waits for them',
  tables: [
    {
      name: 'Promise.prototype',
      target: () => Promise.prototype,
      waits: (promise: PromiseLike<unknown>) => until(promise),
    },
    {
      name: "Promise.prototype of Node's own realm",
      target: () => Object.getPrototypeOf(promiseOfNode()) as object,
      waits: (promise: PromiseLike<unknown>) => until(promise),
    },
    ...listReaders,
  ],
}

// Jest runs each file in a realm of its own, where the promises of Node's modules are of another class.
function promiseOfNode(): Promise<void> {
  return promisify((callback: (error: null) => void) => callback(null))()
}

/**
 * Lets every native promise be waited for in a greenlet with `yield* promise`, as with `until(promise)`.
 *
 * It means that promises are iterable: `promise[Symbol.iterator]` is a function. It is one only while a greenlet runs,
 * so that code which asks whether a value is iterable before it asks whether it is a promise does not mistake one for
 * a list; elsewhere `for (… of promise)` and `[...promise]` raise the `TypeError` that they always raised. In a
 * greenlet `[...promise]` and the like raise a `NotInGreenletError` in place of that.
 *
 * A kill or timeout leaves a promise to itself, since nothing can stop a promise, unless a patched function made it:
 * then it stops what the promise stands for.
 *
 * @returns whether anything changed: `false` if it was patched before.
 */
export function patchPromise(): boolean {
  return applyPart(promisePart)
}
