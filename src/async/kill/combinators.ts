import { callBehind, running } from '../calls/call.js'
import { NativePromise } from '../calls/intrinsics.js'

type Combinator = (this: unknown, iterable: Iterable<unknown>) => Promise<unknown>

/** The arguments of a combinator: the calls among it, and the combinations. @internal */
export interface Combination {
  readonly name: string
  readonly inputs: readonly unknown[]
}

const combinations = new WeakMap<object, Combination>()

/** Returns the parts of a combinator's promise, as far as a kill concerns them. @internal */
export function combinationOf(promise: unknown): Combination | undefined {
  return combinations.get(Object(promise) as object)
}

/**
 * Has the four combinators note the calls that a compiled function gives them. Everywhere else they are the engine's, and
 * what they do is done by the engine in any case.
 */
function watch(name: 'all' | 'allSettled' | 'any' | 'race'): void {
  // eslint-disable-next-line @typescript-eslint/unbound-method -- it is called with its receiver
  const native = NativePromise[name] as Combinator
  const watched: Record<string, Combinator> = {
    [name](iterable) {
      const promise = native.call(this, iterable)
      const { call } = running
      if (call !== null && this === NativePromise) {
        // Others can be iterated once only.
        const given: unknown[] = Array.isArray(iterable) || iterable instanceof Set ? Array.from(iterable) : []
        const inputs = given.filter((input) => callBehind(input) !== undefined || combinationOf(input) !== undefined)
        if (inputs.length > 0) combinations.set(promise, { name, inputs: Array.from(new Set(inputs)) })
      }
      return promise
    },
  }
  Object.defineProperty(NativePromise, name, { configurable: true, writable: true, value: watched[name] })
}

for (const name of ['all', 'allSettled', 'any', 'race'] as const) watch(name)
