/**
 * The parts of the engine's own `await`, taken once: it does not see what a program puts in the place of
 * `Promise.resolve` or `Promise.prototype.then` later, so neither may we.
 */

/** The engine's own promise. @internal */
export const NativePromise: PromiseConstructor = Promise

/** `%Promise.resolve%`, with a receiver. @internal */
// eslint-disable-next-line @typescript-eslint/unbound-method -- it is called with its receiver
export const nativeResolve: (this: PromiseConstructor, value: unknown) => Promise<unknown> = Promise.resolve

/** `%Promise.prototype.then%`, with a receiver. @internal */
export const nativeThen: (
  this: Promise<unknown>,
  onValue: ((value: unknown) => void) | undefined,
  onError?: (error: unknown) => void,
) => void =
  // eslint-disable-next-line @typescript-eslint/unbound-method -- it is called with its receiver
  Promise.prototype.then as never

const generatorPrototype = Object.getPrototypeOf(
  Object.getPrototypeOf(
    (function* (): Generator {
      // Only its prototype is of interest.
    })(),
  ),
) as Record<'next' | 'throw' | 'return', Resumption>

/** Resumes a generator. @internal */
export type Resumption = (this: Generator, value: unknown) => IteratorResult<unknown, unknown>

/** The methods of the engine's own generators: looking them up on the generators of many functions is megamorphic. @internal */
export const nextOf: Resumption = generatorPrototype.next
/** As {@link nextOf}. @internal */
export const throwInto: Resumption = generatorPrototype.throw
/** As {@link nextOf}. @internal */
export const returnInto: Resumption = generatorPrototype.return

/** The functions that settle the promise that was made last. @internal */
export const latest: { resolve: (value: unknown) => void; reject: (error: unknown) => void } = {
  resolve: ignore,
  reject: ignore,
}

/** Leaves the functions of a new promise in {@link latest}: one closure for all promises. @internal */
export function executor(resolve: (value: unknown) => void, reject: (error: unknown) => void): void {
  latest.resolve = resolve
  latest.reject = reject
}

/** A promise that is rejected. @internal */
export function rejected(error: unknown): Promise<never> {
  const promise = new NativePromise(executor)
  latest.reject(error)
  return promise as Promise<never>
}

/** A promise that `value` resolves: one of its own, even where that is a promise. @internal */
export function resolved(value: unknown): Promise<unknown> {
  const promise = new NativePromise(executor)
  latest.resolve(value)
  return promise
}

/** The reaction of nobody: a promise that has it counts as handled. @internal */
export function ignore(_value?: unknown): void {
  // There is nothing to do.
}
