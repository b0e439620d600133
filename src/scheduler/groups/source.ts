import { badArgument } from '../checks/bad-argument.js'
import { misuse } from '../checks/errors.js'
import type { Coroutine } from '../kernel/frames.js'
import { Operation } from '../kernel/operation.js'
import { until } from '../kernel/until.js'

/** A source that can be mapped over: an array, an iterable or an async iterable. */
export type Source<T> = AsyncIterable<T> | Iterable<T>

/** The items of a {@link Source}, taken one by one in a greenlet. @internal */
export class SourceReader<T> {
  private readonly iterator: Iterator<T> | AsyncIterator<T>
  private readonly isAsync: boolean
  /** It came to its end or raised an error: it is not told to return. */
  private over = false
  /** It was asked for an item and has not answered yet. */
  private asked = false

  constructor(source: Source<T>) {
    const { [Symbol.asyncIterator]: open } = source as Partial<AsyncIterable<T>>
    this.isAsync = open !== undefined
    this.iterator = open?.call(source) ?? (source as Iterable<T>)[Symbol.iterator]()
  }

  /** The next item. */
  *take(): Coroutine<IteratorResult<T>> {
    this.over = true
    const answer = this.iterator.next()
    const step = this.isAsync ? yield* until(this.note(answer as Promise<IteratorResult<T>>)) : answer
    this.over = (step as IteratorResult<T>).done === true
    return step as IteratorResult<T>
  }

  /** Tells it that no more is taken. One that still owes an answer is not waited for: it might never come. */
  *close(): Coroutine<void> {
    if (this.over) return
    this.over = true
    const returned = this.iterator.return?.() as PromiseLike<unknown> | undefined
    if (!this.isAsync || returned === undefined) return
    if (this.asked) returned.then(undefined, () => undefined)
    else yield* until(returned)
  }

  private async note(answer: Promise<IteratorResult<T>>): Promise<IteratorResult<T>> {
    this.over = false
    this.asked = true
    try {
      return await answer
    } catch (error) {
      this.over = true
      throw error
    } finally {
      this.asked = false
    }
  }
}

/**
 * @throws TypeError unless it is an array, an iterable or an async iterable.
 * @internal
 */
export function checkSource(source: unknown, where: string): void {
  if (source instanceof Operation) {
    throw misuse(
      new TypeError(
        `${where}(fn, items): ${source.describe()} has to be waited for first; write ${where}(fn, yield* items)`,
      ),
    )
  }
  const { [Symbol.iterator]: iterator, [Symbol.asyncIterator]: asyncIterator } = Object(source) as Partial<
    Iterable<unknown> & AsyncIterable<unknown>
  >
  if (typeof iterator === 'function' || typeof asyncIterator === 'function') return
  throw badArgument(`${where}(fn, items)`, 'an array, an iterable or an async iterable', source)
}
