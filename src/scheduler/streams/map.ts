import { checkFunction } from './check-function.js'
import { call } from '../greenlets/call.js'
import type { Coroutine, Returned } from '../kernel/frames.js'
import { Input, Stage, type Items, type Stream } from './stage.js'

class Mapped<T, R> extends Stage<R> {
  private readonly input: Input<T>

  constructor(
    source: Items<T>,
    private readonly fn: (item: T) => unknown,
  ) {
    super()
    this.input = new Input(source, 'map(source, fn)')
  }

  protected *pull(): Coroutine<IteratorResult<R, unknown>> {
    const item = yield* this.input.next()
    if (item.done === true) return item
    return { done: false, value: (yield* call(this.fn, item.value)) as R }
  }

  protected close(): undefined {
    this.input.close()
  }
}

/**
 * Returns the stream of what `fn` makes of each item, one item at a time and in order. For several at a time take
 * `pool.imap`.
 *
 * @param source an async iterable, an iterable, a `Queue`, the results of `imap`.
 * @param fn a function, a coroutine or not.
 */
export function map<T, R>(source: Items<T>, fn: (item: T) => R): Stream<Returned<R>> {
  checkFunction(fn, 'map(source, fn)')
  return new Mapped<T, Returned<R>>(source, fn)
}
