import type { Coroutine } from '../../scheduler/kernel/frames.js'
import { probe } from '../../scheduler/kernel/wait-iterator.js'

/** Stands in the place of a coroutine for the one thing that it yielded. */
class HandedOn implements Iterator<unknown, unknown> {
  private asked = false

  constructor(
    private readonly coroutine: Coroutine<unknown>,
    private readonly result: IteratorResult<unknown>,
  ) {}

  next(sent: unknown): IteratorResult<unknown> {
    if (!this.asked) {
      this.asked = true
      return this.result
    }
    // A probe for the place of the greenlet reaches the coroutine, and leaves it there.
    return sent === probe ? this.coroutine.next(probe) : { done: true, value: sent }
  }

  // Without it the engine would raise an error of its own.
  throw(error: unknown): never {
    throw error
  }

  [Symbol.iterator](): this {
    return this
  }
}

/**
 * Hands on to the hub what `coroutine` yielded, in a loop that drives it: `yield* handOn(coroutine, result)`. Other
 * than after a plain `yield result.value`, the stack still leads into the coroutine.
 *
 * @param result what its `next` or `throw` gave.
 * @returns what the coroutine is to be resumed with.
 * @throws what is to be raised in it.
 * @internal
 */
export function handOn(
  coroutine: Coroutine<unknown>,
  result: IteratorResult<unknown>,
): Iterable<unknown, unknown, unknown> {
  return new HandedOn(coroutine, result)
}
