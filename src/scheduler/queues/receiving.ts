import { ShutDown } from '../checks/state-errors.js'
import type { Operation } from '../kernel/operation.js'
import type { NextItem } from '../waits/each.js'
import { Gathering } from '../waits/gathering.js'

const over: IteratorReturnResult<undefined> = { done: true, value: undefined }

/** Goes through what an operation gives each time, until that raises `ShutDown`. @internal */
export class Receiving<T> implements AsyncIterableIterator<T, undefined>, NextItem<T> {
  private readonly item: Operation<IteratorResult<T, undefined>>

  /**
   * @param get gives the next item.
   * @param close ends it early.
   */
  constructor(
    get: Operation<T>,
    private readonly close: () => void,
  ) {
    this.item = new Gathering<IteratorResult<T, undefined>>([get], {
      enough: () => true,
      result: ({ ended: [part] }) => {
        const { failed, value } = part!
        if (!failed) return { done: false, value: value as T }
        if (value instanceof ShutDown) return over
        throw value
      },
    })
  }

  /** The next item, for greenlets; `each` goes by it. */
  nextItem(): Operation<IteratorResult<T, undefined>> {
    return this.item
  }

  /** The next item, for code outside of greenlets. */
  next(): Promise<IteratorResult<T, undefined>> {
    return this.item.then()
  }

  /** Ends the iteration. */
  return(): Promise<IteratorResult<T, undefined>> {
    this.close()
    return Promise.resolve(over)
  }

  /** Itself, so that `for await` takes it. */
  [Symbol.asyncIterator](): this {
    return this
  }
}
