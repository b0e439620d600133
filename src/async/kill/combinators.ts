import { callBehind, running } from '../calls/call.js'
import { NativePromise } from '../calls/intrinsics.js'

type Combinator = (this: unknown, iterable: Iterable<unknown>) => Promise<unknown>

/** What `Promise.all` and the like were given, where a call gave them calls of its own. */
const inputs = new WeakMap<object, readonly unknown[]>()

/** Those that a promise of a combinator was made of, as far as a kill concerns them. @internal */
export function inputsOf(promise: Promise<unknown>): readonly unknown[] {
  return inputs.get(promise) ?? []
}

/**
 * Has the four combinators note what a compiled function gives them of its own. Everywhere else they are the engine's, and
 * what they do is done by the engine in any case.
 */
function watch(name: 'all' | 'allSettled' | 'any' | 'race'): void {
  // eslint-disable-next-line @typescript-eslint/unbound-method -- it is called with its receiver
  const native = NativePromise[name] as Combinator
  const watched: Record<string, Combinator> = {
    [name](iterable) {
      const promise = native.call(this, iterable)
      const { call } = running
      if (call !== null && call.cell !== null && this === NativePromise) {
        // Others can be iterated once only.
        const given: unknown[] = Array.isArray(iterable) || iterable instanceof Set ? Array.from(iterable) : []
        const own = given.filter(
          (input) => callBehind(input)?.parent === call.cell || inputs.has(Object(input) as object),
        )
        if (own.length > 0) inputs.set(promise, own)
      }
      return promise
    },
  }
  Object.defineProperty(NativePromise, name, { configurable: true, writable: true, value: watched[name] })
}

for (const name of ['all', 'allSettled', 'any', 'race'] as const) watch(name)
