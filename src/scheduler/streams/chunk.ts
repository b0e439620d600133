import { checkCount } from '../checks/check-count.js'
import { Pulled, type Items, type Stream } from './stage.js'

/**
 * Returns the stream of the items in arrays of `size`; the last one may be shorter.
 *
 * @param source an async iterable, an iterable, a `Queue`, the results of `imap`.
 * @param size how many items an array holds, from 1.
 */
export function chunk<T>(source: Items<T>, size: number): Stream<T[]> {
  checkCount(size, 'chunk(source, size)', 1)
  return new Pulled<T, T[]>([source], 'chunk(source, size)', function* (input) {
    const items: T[] = []
    while (items.length < size) {
      const item = yield* input.next()
      if (item.done === true) break
      items.push(item.value)
    }
    return items.length === 0 ? { done: true, value: undefined } : { done: false, value: items }
  })
}
