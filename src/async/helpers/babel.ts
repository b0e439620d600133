import '../install.js'
import { misuse } from '../../scheduler/checks/errors.js'
import { show } from '../../scheduler/checks/show.js'
import { start, type Lowered } from '../calls/start.js'
import { Delegation, openAsync } from '../generators/iteration.js'
import { mark, startGenerator } from '../generators/start.js'

/**
 * An async function of the generator function that Babel made of it, for
 * `@babel/plugin-transform-async-to-generator` with `{ module: 'gvent/async/runtime', method: 'asyncToGenerator' }`.
 *
 * @param fn a generator function in which every `yield` is an `await`.
 * @throws TypeError when it is no function.
 */
export function asyncToGenerator(fn: Lowered): (...args: unknown[]) => Promise<unknown> {
  checkFunction(fn, 'asyncToGenerator')
  return function (this: unknown) {
    // eslint-disable-next-line prefer-rest-params -- a rest parameter makes an array for each call
    return start(fn, this, arguments)
  }
}

/**
 * An async generator function of the generator function that Babel made of it.
 *
 * @param fn a generator function in which an `await` yields what {@link awaitAsyncGenerator} gives.
 * @throws TypeError when it is no function.
 */
export function wrapAsyncGenerator(fn: Lowered): (...args: unknown[]) => AsyncGenerator {
  checkFunction(fn, 'wrapAsyncGenerator')
  return function (this: unknown) {
    // eslint-disable-next-line prefer-rest-params -- a rest parameter makes an array for each call
    return startGenerator(fn, this, arguments)
  }
}

/**
 * An `await` in an async generator.
 *
 * @param value what is awaited.
 */
export function awaitAsyncGenerator(value: unknown): unknown {
  return mark(value)
}

/**
 * Delegates a `yield*` in an async generator.
 *
 * @param inner what {@link asyncIterator} gave.
 */
export function asyncGeneratorDelegate(inner: unknown): Iterable<unknown> {
  return new Delegation(inner)
}

/**
 * The iterator of a `for await`.
 *
 * @param iterable an async iterable, or an iterable.
 * @throws TypeError when it is neither.
 */
export function asyncIterator(iterable: unknown): AsyncIterator<unknown> {
  return openAsync(iterable) as AsyncIterator<unknown>
}

function checkFunction(fn: unknown, where: string): void {
  if (typeof fn === 'function') return
  throw misuse(
    new TypeError(`${where}(fn): expected a generator function, got ${show(fn)}: it is for the output of compilers`),
  )
}
