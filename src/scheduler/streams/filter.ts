import { checkFunction } from '../checks/check-function.js'
import { call } from '../greenlets/call.js'
import { Pulled, type Items, type Stream } from './stage.js'

/**
 * Returns the stream of the items for which `fn` returns something true.
 *
 * @param source an async iterable, an iterable, a `Queue`, the results of `imap`.
 * @param fn a function, a coroutine or not.
 */
export function filter<T, S extends T>(source: Items<T>, fn: (item: T) => item is S): Stream<S>
export function filter<T>(source: Items<T>, fn: (item: T) => unknown): Stream<T>
export function filter<T>(source: Items<T>, fn: (item: T) => unknown): Stream<T> {
  checkFunction(fn, 'filter(source, fn)')
  return new Pulled<T, T>([source], 'filter(source, fn)', function* (input) {
    for (;;) {
      const item = yield* input.next()
      if (item.done === true || (yield* call(fn, item.value))) return item
    }
  })
}
