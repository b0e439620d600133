import { checkFunction } from './check-function.js'
import { call } from '../greenlets/call.js'
import type { Coroutine } from '../kernel/frames.js'
import { Input, Stage, type Items, type Stream } from './stage.js'

class Filtered<T> extends Stage<T> {
  private readonly input: Input<T>

  constructor(
    source: Items<T>,
    private readonly fn: (item: T) => unknown,
  ) {
    super()
    this.input = new Input(source, 'filter(source, fn)')
  }

  protected *pull(): Coroutine<IteratorResult<T, unknown>> {
    for (;;) {
      const item = yield* this.input.next()
      if (item.done === true || (yield* call(this.fn, item.value))) return item
    }
  }

  protected close(): undefined {
    this.input.close()
  }
}

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
  return new Filtered(source, fn)
}
