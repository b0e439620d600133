import { misuse } from '../scheduler/checks/errors.js'
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
        (...args: A1): Operation<Awaited<R1>>
        (...args: A2): Operation<Awaited<R2>>
        (...args: A3): Operation<Awaited<R3>>
        (...args: A4): Operation<Awaited<R4>>
        (...args: A5): Operation<Awaited<R5>>
        (...args: A6): Operation<Awaited<R6>>
      }
    : F

/** An object as {@link greenify} makes it. */
export type Green<T extends object> = (T extends (...args: never[]) => unknown ? Greenified<T> : unknown) & {
  [K in keyof T]: K extends symbol ? T[K] : Greenified<T[K]>
}

type AnyFunction = (...args: unknown[]) => unknown

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
 * when somebody waits, with the object as `this`, and anew for each wait. Everything else is the object's own, also
 * what a call gives: greenify an opened file in its turn. A function can be greenified too.
 *
 * @param object an object, an instance, a module or a function.
 * @returns an object to use in its place. It holds nothing itself: what is set on it is set on the object.
 * @throws TypeError when it is neither an object nor a function. A call raises what it raised.
 * Cancel safety: a call that began goes on when its wait is given up, and its late result or error is dropped. Where the
 *   API takes a `signal`, `until((signal) => fs.readFile(path, { signal }))` stops it.
 */
export function greenify<T extends object>(object: T): Green<T> {
  if ((typeof object !== 'object' && typeof object !== 'function') || object === null) {
    throw misuse(new TypeError(`greenify(object): expected an object or a function, got ${show(object)}`))
  }
  return new Proxy(typeof object === 'function' ? object : standIn(object), new Greenifier(object)) as Green<T>
}

// Not the object itself: a proxy has to give a frozen object's functions as they are.
function standIn(object: object): object {
  return Object.create(object) as object
}

/** What waits for the result of one call. */
class Called extends Until<unknown> {
  constructor(
    private readonly name: string,
    call: () => unknown,
  ) {
    super(() => Promise.resolve(call()))
  }

  override describe(): string {
    return `${this.name}()`
  }
}

class Greenifier implements ProxyHandler<object> {
  private readonly greenFunctions = new WeakMap<AnyFunction, AnyFunction>()

  constructor(private readonly object: object) {}

  get(_standIn: object, key: PropertyKey): unknown {
    const value: unknown = Reflect.get(this.object, key)
    if (typeof value !== 'function' || key === 'constructor') return value
    // Called with the object and not the proxy as `this`: its private fields are on the object only.
    if (typeof key === 'symbol') return (value as AnyFunction).bind(this.object)
    return this.green(value as AnyFunction, String(key))
  }

  set(_standIn: object, key: PropertyKey, value: unknown): boolean {
    return Reflect.set(this.object, key, value)
  }

  apply(fn: object, receiver: unknown, args: unknown[]): Operation<unknown> {
    return new Called((fn as AnyFunction).name, () => Reflect.apply(fn as AnyFunction, receiver, args))
  }

  private green(fn: AnyFunction, name: string): AnyFunction {
    let green = this.greenFunctions.get(fn)
    if (green === undefined) {
      const { object } = this
      const apply = (_fn: AnyFunction, _receiver: unknown, args: unknown[]): Operation<unknown> =>
        new Called(name, () => Reflect.apply(fn, object, args))
      green = new Proxy(fn, { apply })
      this.greenFunctions.set(fn, green)
    }
    return green
  }
}
