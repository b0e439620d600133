import { isAbsolute } from 'node:path'
import { pathToFileURL } from 'node:url'
import { badArgument } from '../../scheduler/checks/bad-argument.js'
import { misuse } from '../../scheduler/checks/errors.js'
import { nameOf, show } from '../../scheduler/checks/show.js'

/** A function that a module exports, for a {@link ThreadPool}. */
export interface ModuleFunction<A extends unknown[] = never, R = unknown> {
  /** `new URL('./work.js', import.meta.url)`, an absolute path, or a module of Node's. */
  readonly module: string | URL
  /** Under which name it is exported: `'default'` unless given. */
  readonly name?: string
  /** Not there: it carries the types. @internal */
  readonly types?: (...args: A) => R
}

/**
 * A function that a {@link ThreadPool} can run: a function that a module exports, or a function that uses nothing from around it,
 * which is sent as its source text. Both may be plain, async, or generator functions that wait.
 */
export type ThreadFunction<A extends unknown[], R> = ((...args: A) => R) | ModuleFunction<A, R>

/** How a function is described to another thread. @internal */
export type Description =
  | { readonly name: string; readonly source: string }
  | { readonly name: string; readonly module: string; readonly export: string }

/**
 * A function that a module exports, for a {@link ThreadPool}: each thread imports the module once.
 *
 * ```ts
 * const hash = fromModule<typeof import('./work.js').hash>(new URL('./work.js', import.meta.url), 'hash')
 * const digest = yield* pool.apply(hash, 'secret')
 * ```
 *
 * @param module a URL, an absolute path, or a module of Node's (`'node:zlib'`).
 * @param name under which name it is exported: `'default'` unless given.
 */
export function fromModule<F extends (...args: never[]) => unknown>(
  module: string | URL,
  name: string = 'default',
): ModuleFunction<Parameters<F>, ReturnType<F>> {
  const reference = { module, name }
  describe(reference, 'fromModule(module, name)')
  return reference
}

const descriptions = new WeakMap<object, Description>()

/** @throws TypeError for what cannot be run in another thread. @internal */
export function describe(fn: unknown, where: string): Description {
  if (typeof fn !== 'function' && (typeof fn !== 'object' || fn === null || !('module' in fn))) {
    throw badArgument(where, 'a function or fromModule(url, name)', fn, 'the arguments stand behind')
  }
  let description = descriptions.get(fn)
  if (description === undefined) {
    description = typeof fn === 'function' ? ofFunction(fn, where) : ofModule(fn as ModuleFunction, where)
    descriptions.set(fn, description)
  }
  return description
}

function ofModule({ module, name = 'default' }: ModuleFunction, where: string): Description {
  const text = String(module)
  const url = isAbsolute(text) ? pathToFileURL(text).href : text
  if (typeof name !== 'string' || !URL.canParse(url)) {
    const advice = `new URL(${JSON.stringify(text)}, import.meta.url), or import.meta.resolve(${JSON.stringify(text)})`
    throw misuse(
      new TypeError(
        `${where}: expected the URL of a module and a name, got ${show(module)}, ${show(name)}; write ${advice}`,
      ),
    )
  }
  return { name: name === 'default' ? text.split(/[\\/]/).at(-1)! : name, module: url, export: name }
}

function ofFunction(fn: object, where: string): Description {
  const source = Function.prototype.toString.call(fn)
  const name = nameOf(fn)
  if (/\{\s*\[native code\]\s*\}$/.test(source) || /^class\b/.test(source)) {
    throw misuse(
      new TypeError(
        `${where}: ${show(fn)} has no source text that could be sent to another thread (it is native, bound, or a ` +
          'class); write a function that calls it: (x) => …',
      ),
    )
  }
  return { name, source }
}
