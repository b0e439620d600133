import type { Operation } from '../../scheduler/kernel/operation.js'
import { noteOriginal } from '../node/originals.js'
import { patchModule, isReplaced } from './patch-module.js'
import { iterableWhileGreen } from '../../scheduler/waits/iterable-while-green.js'

/** Any function of the platform. */
export type PlatformFunction = (...args: never[]) => unknown

/** Replaces a call of a function of the platform, which is given, as are its `this` and arguments. */
export type Replacement = (original: PlatformFunction, receiver: unknown, args: unknown[]) => unknown

/** The patches of one object, declared in one place: the patches, their tests and the guide read it. */
export interface PatchTable {
  /** The name of the object in a program: `net.Socket.prototype`. */
  readonly name: string
  /** The object; looked up when it is patched, because looking at some of them loads much. */
  readonly target: () => object
  /** Checks whether this platform needs the table; all do if it is left out. */
  readonly isNeeded?: () => boolean
  /** The functions that are replaced, by name. An older Node may lack some of them. */
  readonly replaces?: Readonly<Record<string, Replacement>>
  /** An object with the methods that the target gains. */
  readonly adds?: object
  /** The operation that `yield*` waits for, if the target gains that. */
  readonly waits?: (object: never) => Operation<unknown>
}

/** Does what a table says, except what was done before. @returns whether anything changed. */
export function applyTable({ target, isNeeded, replaces = {}, adds = {}, waits }: PatchTable): boolean {
  if (isNeeded?.() === false) return false
  const object = target()
  const source = Object.create(null, Object.getOwnPropertyDescriptors(adds)) as Record<PropertyKey, unknown>
  if (waits !== undefined) Object.defineProperty(source, Symbol.iterator, iterableWhileGreen(waits))
  for (const [name, replacement] of Object.entries(replaces)) {
    const original: unknown = Reflect.get(object, name)
    if (typeof original === 'function') source[name] = replaceFunction(original as PlatformFunction, replacement)
  }
  return patchModule(
    object,
    source,
    Reflect.ownKeys(source).filter((name) => !isReplaced(object, name)),
  )
}

/**
 * A function that nothing tells from `original`, not its name, length, prototype or properties, and not whether it is a
 * constructor, except that calls of it go to `replacement`.
 */
function replaceFunction(original: PlatformFunction, replacement: Replacement): PlatformFunction {
  const replaced = new Proxy(original, { apply: replacement })
  noteOriginal(replaced, original)
  return replaced
}
