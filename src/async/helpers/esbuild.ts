import '../install.js'
import { start, type Lowered } from '../calls/start.js'
import { openAsync } from '../generators/iteration.js'
import { delegate, mark, startGenerator } from '../generators/start.js'

/**
 * Calls an async function.
 *
 * @param self what `this` is in it.
 * @param args what it is called with, if it uses that.
 * @param fn a generator function in which every `yield` is an `await`.
 */
export function __async(self: unknown, args: ArrayLike<unknown> | null, fn: Lowered): Promise<unknown> {
  return start(fn, self, args)
}

/**
 * Calls an async generator function.
 *
 * @param self what `this` is in it.
 * @param args what it is called with, if it uses that.
 * @param fn a generator function in which an `await` yields what {@link __await} gives.
 */
export function __asyncGenerator(self: unknown, args: ArrayLike<unknown> | null, fn: Lowered): AsyncGenerator {
  return startGenerator(fn, self, args)
}

/**
 * An `await` in an async generator, with or without `new`.
 *
 * @param value what is awaited.
 */
export function __await(value: unknown): unknown {
  return mark(value)
}

/**
 * Delegates a `yield*` in an async generator.
 *
 * @param iterable an async iterable, or an iterable.
 */
export function __yieldStar(iterable: unknown): Iterable<unknown> {
  return delegate(iterable)
}

/**
 * The iterator of a `for await`.
 *
 * @param iterable an async iterable, or an iterable.
 */
export function __forAwait(iterable: unknown): AsyncIterator<unknown> {
  return openAsync(iterable) as AsyncIterator<unknown>
}
