import { checkOptions, type OptionNames } from '../scheduler/checks/check-options.js'
import { EventEmitter } from 'node:events'
import { types } from 'node:util'
import { badArgument } from '../scheduler/checks/bad-argument.js'
import { misuse } from '../scheduler/checks/errors.js'
import { isThenable } from '../scheduler/checks/thenable.js'
import type { Operation } from '../scheduler/kernel/operation.js'
import { show } from '../scheduler/checks/show.js'
import { Until } from '../scheduler/kernel/until.js'

/** A function or method as {@link greenify} makes it. Of an overloaded one the last six signatures are kept. */
export type Greenified<F> = F extends abstract new (...args: never[]) => unknown
  ? F
  : F extends {
        (...args: infer A1): infer R1
        (...args: infer A2): infer R2
        (...args: infer A3): infer R3
        (...args: infer A4): infer R4
        (...args: infer A5): infer R5
        (...args: infer A6): infer R6
      }
    ? {
        (...args: A1): Operation<Awaited<R1>> & Chained<R1>
        (...args: A2): Operation<Awaited<R2>> & Chained<R2>
        (...args: A3): Operation<Awaited<R3>> & Chained<R3>
        (...args: A4): Operation<Awaited<R4>> & Chained<R4>
        (...args: A5): Operation<Awaited<R5>> & Chained<R5>
        (...args: A6): Operation<Awaited<R6>> & Chained<R6>
      }
    : F

/** The result of a call can be called in its turn, before it is waited for: `api.multi().set('key', 1).exec()`. */
export type Chained<R> = 0 extends 1 & R
  ? unknown
  : R extends object
    ? { [K in keyof R as R[K] extends AnyFunction ? Exclude<K, keyof Operation<unknown>> : never]: Greenified<R[K]> }
    : unknown

/** An object as {@link greenify} makes it. */
export type Green<T extends object> = (T extends (...args: never[]) => unknown ? Greenified<T> : unknown) & {
  [K in keyof T]: K extends symbol
    ? T[K]
    : T[K] extends (...args: never[]) => unknown
      ? Greenified<T[K]>
      : T[K] extends BuiltIn
        ? T[K]
        : T[K] extends object
          ? Green<T[K]>
          : T[K]
}

type AnyFunction = (...args: never[]) => unknown
type BuiltIn =
  | readonly unknown[]
  | ArrayBufferView
  | Date
  | RegExp
  | Error
  | PromiseLike<unknown>
  | ReadonlyMap<unknown, unknown>
  | ReadonlySet<unknown>
  | EventEmitter
  | (abstract new (...args: never[]) => unknown)

/** Options of {@link greenify}. */
export interface GreenifyOptions {
  /**
   * Puts the `signal` of a wait where the API takes one. It gets the arguments of the call, and gives those to call
   * with:
   * `(args, signal) => [args[0], { ...args[1], signal }]`.
   */
  signal?: (args: readonly never[], signal: AbortSignal, name: string) => readonly unknown[]
}

/**
 * Makes an API of promises one of operations. (It takes the place of `gevent.fileobject`.)
 *
 * ```ts
 * import fs from 'node:fs/promises'
 *
 * const files = greenify(fs)
 * const text = yield* files.readFile('notes.txt', 'utf8')
 * const { mtime } = await files.stat('notes.txt')
 * ```
 *
 * Every function of the object, of its own and inherited, gives an operation, whatever it gave before: it is called
 * when something waits, with the object as `this`, and again for each wait. So does what is called on that operation,
 * or on an object of the object:
 *
 * ```ts
 * yield* greenify(redis).multi().set('key', 1).exec()
 * yield* greenify(openai).chat.completions.create(question)
 * ```
 *
 * Everything else is the object's own, also what a wait gives: greenify an opened file in its turn. A function can be
 * greenified too.
 *
 * @param object an object, an instance, a module or a function.
 * @param options `signal`: says where the API takes a signal, which aborts when a wait is given up.
 * @returns an object to use in its place. It holds nothing itself: what is set on it is set on the object.
 * @throws TypeError when it is neither an object nor a function. A call raises what it raised.
 * Cancel safety: a call that began goes on when its wait is given up, unless `signal` stops it, and its late result or
 *   error is dropped.
 */
export function greenify<T extends object>(object: T, options: GreenifyOptions = {}): Green<T> {
  if ((typeof object !== 'object' && typeof object !== 'function') || object === null) {
    throw badArgument('greenify(object)', 'an object or a function', object)
  }
  checkOptions(options, greenifyOptionNames)
  return wrap(object, new Greenifier(object, options)) as Green<T>
}

const greenifyOptionNames: OptionNames = { own: ['signal'] }

function wrap(object: object, handler: Greenifier): object {
  return new Proxy(typeof object === 'function' ? object : standIn(object), handler)
}

// Not the object itself: a proxy has to give a frozen object's functions as they are.
function standIn(object: object): object {
  return Object.create(object) as object
}

type Call = (signal: AbortSignal) => unknown

/** Names that no API has. */
const made = Symbol('call')
const shown = Symbol('name')

/** The operation that waits for the result of one call. */
class Called extends Until<unknown> {
  readonly [made]: Call
  readonly [shown]: string

  constructor(name: string, call: Call) {
    super((signal) => Promise.resolve(call(signal)))
    this[made] = call
    this[shown] = name
  }

  override describe(): string {
    return `${this[shown]}()`
  }
}

/** Called on what a call gives, before anybody waits for that. */
function chained(before: Called, path: readonly string[], options: GreenifyOptions): unknown {
  const name = `${before[shown]}().${path.join('.')}`
  return new Proxy(() => undefined, {
    get: (_target, key) => (typeof key === 'symbol' ? undefined : chained(before, [...path, key], options)),
    apply: (_target, _receiver, args: unknown[]) =>
      makeCall(name, options, args, (own, signal) => {
        const target = before[made](signal)
        // A query that can be waited for, and called on before that, is no promise yet.
        const [first = ''] = path
        return isThenable(target) && !(first in target)
          ? target.then((value) => callMember(value, path, own, name))
          : callMember(target, path, own, name)
      }),
  })
}

function callMember(target: unknown, path: readonly string[], args: readonly unknown[], name: string): unknown {
  let receiver: unknown = undefined
  let value = target
  for (const key of path) {
    receiver = value
    value = (value as Record<string, unknown> | null | undefined)?.[key]
  }
  if (typeof value === 'function') return Reflect.apply(value as AnyFunction, receiver, args as never[])
  throw misuse(
    new TypeError(
      `greenify(object).${name}(): ${path.join('.')} of what was called before is ${show(value)}, not a function; ` +
        'wait for that first, or write until(() => …) around the whole chain',
    ),
  )
}

/** A call that is an operation, on which can be called in its turn. */
function makeCall(
  name: string,
  options: GreenifyOptions,
  args: readonly unknown[],
  call: (args: readonly unknown[], signal: AbortSignal) => unknown,
): Called {
  const { signal: place } = options
  const called = new Called(name, (signal) =>
    call(place === undefined ? args : place(args as readonly never[], signal, name), signal),
  )
  // What is no property of an operation is one of what it gives.
  const prototype = new Proxy(Called.prototype, {
    get: (target, key, receiver): unknown =>
      typeof key === 'symbol' || key in target ? Reflect.get(target, key, receiver) : chained(called, [key], options),
  })
  return Object.setPrototypeOf(called, prototype) as Called
}

/** Whether an object has functions to call, and is not a value of the language or the platform. */
function isAPI(value: unknown): value is object {
  if (typeof value !== 'object' || value === null || isThenable(value) || value instanceof EventEmitter) return false
  if (Object.prototype.toString.call(value) !== '[object Object]' && !types.isModuleNamespaceObject(value)) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) return true
  return Object.values(Object.getOwnPropertyDescriptors(value)).some(
    (own) => isAPI(own.value) || typeof own.value === 'function',
  )
}

class Greenifier implements ProxyHandler<object> {
  private readonly greenFunctions = new WeakMap<AnyFunction, AnyFunction>()
  private readonly greenObjects = new WeakMap<object, object>()

  constructor(
    private readonly object: object,
    private readonly options: GreenifyOptions,
  ) {}

  get(_standIn: object, key: PropertyKey): unknown {
    const value: unknown = Reflect.get(this.object, key)
    if (key === 'constructor') return value
    if (typeof value !== 'function') return typeof key !== 'symbol' && isAPI(value) ? this.deep(value) : value
    // Called with the object and not the proxy as `this`: its private fields are on the object only.
    if (typeof key === 'symbol') return (value as AnyFunction).bind(this.object)
    return this.green(value as AnyFunction, String(key))
  }

  set(_standIn: object, key: PropertyKey, value: unknown): boolean {
    return Reflect.set(this.object, key, value)
  }

  apply(fn: object, receiver: unknown, args: unknown[]): Operation<unknown> {
    return this.call((fn as AnyFunction).name, fn as AnyFunction, receiver, args)
  }

  private deep(object: object): object {
    let green = this.greenObjects.get(object)
    if (green === undefined) {
      green = wrap(object, new Greenifier(object, this.options))
      this.greenObjects.set(object, green)
    }
    return green
  }

  private green(fn: AnyFunction, name: string): AnyFunction {
    let green = this.greenFunctions.get(fn)
    if (green === undefined) {
      const apply = (_fn: AnyFunction, _receiver: unknown, args: unknown[]): Operation<unknown> =>
        this.call(name, fn, this.object, args)
      green = new Proxy(fn, { apply })
      this.greenFunctions.set(fn, green)
    }
    return green
  }

  private call(name: string, fn: AnyFunction, receiver: unknown, args: readonly unknown[]): Operation<unknown> {
    return makeCall(name, this.options, args, (own) => Reflect.apply(fn, receiver, own as never[]))
  }
}
