import { misuse } from '../../scheduler/checks/errors.js'
import { isCoroutine } from '../../scheduler/kernel/frames.js'
import { show } from '../../scheduler/checks/show.js'
import type { Lowered } from '../calls/start.js'
import { Delegation, openAsync } from './iteration.js'
import { AWAIT, Awaited, Mark, RESULT } from './marks.js'
import { makeAsyncGenerator } from './prototype.js'

/**
 * Calls the code of an async generator function: nothing of it runs before the first `next()`.
 *
 * In the code `await value` is `yield mark(value)`, `yield value` stays as it is, `yield* iterable` is
 * `yield* delegate(iterable)`.
 *
 * @param fn a generator function.
 * @param self what `this` is in it.
 * @param args what it is called with.
 * @returns an async generator.
 * @throws what its parameters raise, as natively; TypeError when `fn` is no generator function.
 */
export function startGenerator(
  fn: Lowered,
  self: unknown,
  args: ArrayLike<unknown> | null | undefined,
): AsyncGenerator {
  return makeAsyncGenerator(generatorOf(fn, self, args))
}

/** The same for a compiler that awaits itself what the code yields and returns. @internal */
export function startAwaiting(fn: Lowered, self: unknown, args: ArrayLike<unknown> | null | undefined): AsyncGenerator {
  return makeAsyncGenerator(generatorOf(fn, self, args), undefined, false)
}

/**
 * An `await` in the code of an async generator: `yield mark(value)`. Without it a `yield` gives its value to who
 * iterates.
 *
 * @param value what is awaited.
 */
export function mark(value: unknown): unknown {
  return value instanceof Awaited ? new Mark(value.value, RESULT) : new Mark(value, AWAIT)
}

/**
 * Delegates a `yield*` in the code of an async generator: `yield* delegate(iterable)`.
 *
 * @param iterable an async iterable, or an iterable.
 * @throws TypeError when it is neither.
 */
export function delegate(iterable: unknown): Iterable<unknown> {
  return new Delegation(openAsync(iterable))
}

function generatorOf(fn: Lowered, self: unknown, args: ArrayLike<unknown> | null | undefined): Generator {
  if (typeof fn !== 'function') throw notGeneratorFunction(fn)
  const generator = args ? fn.apply(self, args as never) : (fn as () => Generator).call(self)
  if (!isCoroutine(generator)) throw notGeneratorFunction(fn)
  return generator
}

function notGeneratorFunction(value: unknown): TypeError {
  return misuse(
    new TypeError(
      `an async generator function was lowered to ${show(value)}, which is no generator function: ` +
        'this function is for the output of compilers',
    ),
  )
}
