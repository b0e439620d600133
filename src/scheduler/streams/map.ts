import { checkFunction } from '../checks/check-function.js'
import { call } from '../greenlets/call.js'
import type { Returned } from '../kernel/frames.js'
import { Pulled, type Items, type Stream } from './stage.js'

/**
 * Returns the stream of what `fn` makes of each item, one item at a time and in order. For several at a time take
 * `pool.imap`.
 *
 * @param source an async iterable, an iterable, a `Queue`, the results of `imap`.
 * @param fn a function, a coroutine or not.
 */
export function map<T, R>(source: Items<T>, fn: (item: T) => R): Stream<Returned<R>> {
  checkFunction(fn, 'map(source, fn)')
  return new Pulled<T, Returned<R>>([source], 'map(source, fn)', function* (input) {
    const item = yield* input.next()
    return item.done === true ? item : { done: false, value: yield* call(fn, item.value) }
  })
}
