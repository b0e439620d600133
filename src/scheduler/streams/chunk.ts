import { checkCount } from '../checks/check-count.js'
import type { Coroutine } from '../kernel/frames.js'
import { Input, Stage, type Items, type Stream } from './stage.js'

class Chunked<T> extends Stage<T[]> {
  private readonly input: Input<T>

  constructor(
    source: Items<T>,
    private readonly size: number,
  ) {
    super()
    this.input = new Input(source, 'chunk(source, size)')
  }

  protected *pull(): Coroutine<IteratorResult<T[], unknown>> {
    const items: T[] = []
    while (items.length < this.size) {
      const item = yield* this.input.next()
      if (item.done === true) break
      items.push(item.value)
    }
    return items.length === 0 ? { done: true, value: undefined } : { done: false, value: items }
  }

  protected close(): undefined {
    this.input.close()
  }
}

/**
 * Returns the stream of the items in arrays of `size`; the last one may be shorter.
 *
 * @param source an async iterable, an iterable, a `Queue`, the results of `imap`.
 * @param size how many items an array holds, from 1.
 */
export function chunk<T>(source: Items<T>, size: number): Stream<T[]> {
  checkCount(size, 'chunk(source, size)', 1)
  return new Chunked(source, size)
}
