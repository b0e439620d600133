/**
 * The functions that code lowered by gvent calls, beside `begin` and `start`.
 *
 * @packageDocumentation
 */
import '../install.js'
import type { Lowered } from '../calls/start.js'
import { Awaited } from '../generators/marks.js'
import { asyncGeneratorPrototype, makeAsyncGenerator } from '../generators/prototype.js'

export { begin } from '../calls/call.js'
export { start } from '../calls/start.js'
export { delegate, mark } from '../generators/start.js'
export { AsyncLoop } from './async-loop.js'

type AnyFunction = (...args: never[]) => unknown

/** The function of which something is the code. */
const FUNCTION = Symbol('function')
type Code = AnyFunction & { [FUNCTION]?: AnyFunction }

/** The prototype of async functions. @internal */
export const asyncFunctionPrototype: object = Object.getPrototypeOf(async () => {
  // Only its prototype is of interest.
}) as object
/** The prototype of async generator functions. @internal */
export const asyncGeneratorFunctionPrototype: object = Object.getPrototypeOf(async function* (): AsyncGenerator {
  // Only its prototype is of interest.
}) as object
const { setPrototypeOf, defineProperty, getOwnPropertyDescriptor } = Object

/**
 * Makes an async function of its code.
 *
 * @param code a generator function.
 * @param make makes the function that begins the code.
 */
export function asyncFunction<T extends AnyFunction>(code: T, make: (code: T) => AnyFunction): AnyFunction {
  return setPrototypeOf(make(code), asyncFunctionPrototype) as AnyFunction
}

/** As {@link asyncFunction}, for an async generator function. */
export function asyncGeneratorFunction<T extends AnyFunction>(code: T, make: (code: T) => AnyFunction): AnyFunction {
  const fn = setPrototypeOf(make(code), asyncGeneratorFunctionPrototype) as AnyFunction
  defineProperty(fn, 'prototype', { value: Object.create(asyncGeneratorPrototype), writable: true })
  ;(code as Code)[FUNCTION] = fn
  return fn
}

/** A declared function, its code, and its name if that is another than the declared one. */
export type Declared = readonly [fn: AnyFunction, code: AnyFunction, name?: string]

/** Makes declared functions what async ones are: they inherit it, have no `prototype`, and their code has their name. */
export function declareFunctions(...functions: readonly Declared[]): void {
  for (const declared of functions) {
    declare(declared, asyncFunctionPrototype)
    declared[0].prototype = undefined
  }
}

/** As {@link declareFunctions}, for async generator functions. */
export function declareGeneratorFunctions(...functions: readonly Declared[]): void {
  for (const declared of functions) {
    declare(declared, asyncGeneratorFunctionPrototype)
    const [fn, code] = declared
    fn.prototype = Object.create(asyncGeneratorPrototype) as object
    ;(code as Code)[FUNCTION] = fn
  }
}

function declare([fn, code, name]: Declared, prototype: object): void {
  setPrototypeOf(fn, prototype)
  if (name !== undefined) defineProperty(fn, 'name', { value: name })
  defineProperty(code, 'name', { value: fn.name })
}

/**
 * Puts async methods in the place of generator methods that are their code.
 *
 * @param target a class, or its prototype.
 * @param key of the method.
 * @param make makes the method of its code.
 * @param isGenerator whether it is an async generator method.
 */
export function asyncMethod(
  target: object,
  key: PropertyKey,
  make: (code: AnyFunction) => AnyFunction,
  isGenerator: boolean = false,
): void {
  const code = getOwnPropertyDescriptor(target, key)!.value as AnyFunction
  const value = isGenerator ? asyncGeneratorFunction(code, make) : asyncFunction(code, make)
  defineProperty(target, key, { value })
}

/** Makes a property key of what stands between brackets. */
export function propertyKey(value: unknown): PropertyKey {
  return typeof value === 'symbol' ? value : Reflect.ownKeys({ [value as string]: 0 })[0]!
}

/**
 * Calls an async generator function.
 *
 * @param code a generator function in which an `await` yields what `mark` gives.
 * @param self what `this` is in it.
 * @param args what it is called with.
 */
export function startGenerator(code: Lowered, self: unknown, args: ArrayLike<unknown>): AsyncGenerator {
  const generator = code.apply(self, args as never)
  const prototype: unknown = (code as Code)[FUNCTION]?.prototype
  return makeAsyncGenerator(generator, Object(prototype) === prototype ? (prototype as object) : undefined)
}

/** Marks a value that an async generator returns as awaited: it is not awaited once more. */
export function awaited(value: unknown): unknown {
  return new Awaited(value)
}
