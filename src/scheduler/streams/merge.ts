import { Channel } from '../queues/channel.js'
import { Pumped } from './pumped.js'
import type { Items, Stream } from './stage.js'

/**
 * Returns the stream of the items of all sources, as they come. Each source is asked for its next item when its last one
 * was taken. The first error of a source ends the stream and closes the others.
 *
 * @param sources async iterables, iterables, `Queue`s, results of `imap`.
 */
export function merge<T>(...sources: readonly Items<T>[]): Stream<T> {
  return new Pumped<T>(sources, new Channel<T>(), 'merge(source, …)')
}
