import { begin, notGenerator } from './call.js'
import { rejected } from './intrinsics.js'

/** The code of an async function, lowered: a generator function in which a `yield` is an `await`. */
export type Lowered = (...args: never[]) => Generator

/**
 * Calls the code of an async function: runs it up to its first `await`, as the engine does, and goes on with it in the
 * very microtask in which the engine would.
 *
 * @param fn a generator function in which every `yield` is an `await`.
 * @param self what `this` is in it.
 * @param args what it is called with, `arguments` for the most part.
 * @returns a native promise of what it returns; rejected with what it raises, with what its parameters raise too, and
 *   with a `TypeError` when `fn` is no generator function.
 */
export function start(fn: Lowered, self: unknown, args: ArrayLike<unknown> | null | undefined): Promise<unknown> {
  let generator: Generator
  try {
    generator = call(fn as (...args: unknown[]) => Generator, self, args)
  } catch (error) {
    return rejected(typeof fn === 'function' ? error : notGenerator(fn))
  }
  return begin(generator)
}

// What compilers pass on is `arguments` for the most part, which the engine need not make where its parts are taken out one
// by one: that is a quarter of a call.
function call(
  fn: (...args: unknown[]) => Generator,
  self: unknown,
  args: ArrayLike<unknown> | null | undefined,
): Generator {
  if (!args) return fn.call(self)
  switch (args.length) {
    case 0:
      return fn.call(self)
    case 1:
      return fn.call(self, args[0])
    case 2:
      return fn.call(self, args[0], args[1])
    case 3:
      return fn.call(self, args[0], args[1], args[2])
    default:
      return fn.apply(self, args as never)
  }
}
