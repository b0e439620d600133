import { checkCount } from '../checks/check-count.js'
import { Queue } from '../queues/queue.js'
import { Pumped } from './pumped.js'
import type { Items, Stream } from './stage.js'

/**
 * Returns the same items, read ahead: a greenlet asks the source for up to `size` items before they are wanted.
 *
 * @param source an async iterable, an iterable, a `Queue`, the results of `imap`.
 * @param size how many items are kept, from 1.
 */
export function buffer<T>(source: Items<T>, size: number): Stream<T> {
  checkCount(size, 'buffer(source, size)', 1)
  return new Pumped<T>([source], new Queue<T>(size), 'buffer(source, size)')
}
