import '../install.js'
import { NativePromise } from '../calls/intrinsics.js'
import { start, type Lowered } from '../calls/start.js'
import { Delegation, openAsync } from '../generators/iteration.js'
import { Awaited } from '../generators/marks.js'
import { mark, startAwaiting } from '../generators/start.js'

/**
 * Calls an async function.
 *
 * @param self what `this` is in it.
 * @param args what it is called with, if it uses that.
 * @param constructor of the promise that is returned, if that is to be another than the engine's.
 * @param fn a generator function in which every `yield` is an `await`.
 */
export function __awaiter(
  self: unknown,
  args: ArrayLike<unknown> | null | undefined,
  constructor: PromiseConstructor | null | undefined,
  fn: Lowered,
): Promise<unknown> {
  if (constructor === undefined || constructor === null || constructor === NativePromise) return start(fn, self, args)
  return new constructor((resolve) => {
    resolve(start(fn, self, args))
  })
}

/**
 * Calls an async generator function. TypeScript awaits itself what it yields and returns.
 *
 * @param self what `this` is in it.
 * @param args what it is called with.
 * @param fn a generator function in which an `await` yields what {@link __await} gives.
 */
export function __asyncGenerator(
  self: unknown,
  args: ArrayLike<unknown> | null | undefined,
  fn: Lowered,
): AsyncGenerator {
  return startAwaiting(fn, self, args)
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
 * Delegates a `yield*` in an async generator. TypeScript awaits the result of the whole, which the language does
 * not: so it is given as one that needs none.
 *
 * @param inner what {@link __asyncValues} gave.
 */
export function __asyncDelegator(inner: unknown): Iterable<unknown> {
  return new Delegation(inner, (value) => new Awaited(value))
}

/**
 * The iterator of a `for await`.
 *
 * @param iterable an async iterable, or an iterable.
 */
export function __asyncValues(iterable: unknown): AsyncIterator<unknown> {
  return openAsync(iterable) as AsyncIterator<unknown>
}
