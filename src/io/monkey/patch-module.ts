import { isBuiltin, syncBuiltinESMExports } from 'node:module'
import { types } from 'node:util'
import { badArgument } from '../../scheduler/checks/bad-argument.js'
import { misuse } from '../../scheduler/checks/errors.js'
import { show } from '../../scheduler/checks/show.js'
import { loadBuiltin } from '../node/load-builtin.js'
import { dropDeferred, applyDeferred } from './deferred-patches.js'

/** A property that was replaced. */
interface Patched {
  /** The property before the first patch; `undefined` where the target had none of its own. */
  readonly before: PropertyDescriptor | undefined
  /** The replacement. */
  after: PropertyDescriptor
}

const patches = new Map<object, Map<PropertyKey, Patched>>()
/** Names that are cooperative by patches of something else: `net.connect` by those of the sockets that it makes. */
const covered = new Map<object, ReadonlySet<PropertyKey>>()

/**
 * Puts properties of `source` into `target`, in the place of those of the same name, and keeps the originals for
 * {@link getOriginal} and {@link unpatchAll}. A replaced property stays enumerable or not, as it was; one that is new
 * is not enumerable. Named imports of a module of Node see the change too. Patching again replaces the replacement:
 * the original stays the first one. (gevent: `patch_module`.)
 *
 * ```ts
 * import fs from 'node:fs/promises'
 * patchModule(fs, { readFile: readFileFromCache })
 * ```
 *
 * @param target a module of Node by its name (`'fs/promises'`) or its default export; or any other object, such as
 *   `globalThis` or a class's prototype.
 * @param names which properties; by default all that `source` has of its own.
 * @returns whether anything changed.
 * @throws TypeError when `source` lacks one of the names, or the target does not let it be replaced; then nothing has
 *   changed.
 */
export function patchModule(
  target: object | string,
  source: object,
  names: readonly PropertyKey[] = Reflect.ownKeys(source),
): boolean {
  target = targetOf(target, 'patchModule(target, source, names)')
  const replacements = names.map((name) => [name, replacement(target, source, name)] as const)
  let changed = false
  for (const [name, after] of replacements) {
    const before = Object.getOwnPropertyDescriptor(target, name)
    if (before !== undefined && isSame(before, after)) continue
    Object.defineProperty(target, name, after)
    note(target, name, before, after)
    changed = true
  }
  if (changed) syncBuiltinESMExports()
  return changed
}

/**
 * Whether something was patched by gvent and still is: `isPatched('net', 'connect')`, `isPatched(globalThis, 'fetch')`.
 * Without a name: whether anything of the target was. A function that is its original still counts where what it gives
 * was patched: `net.connect` gives a socket that can be waited for. (gevent: `is_object_patched`, `is_module_patched`.)
 */
export function isPatched(target: object | string, name?: PropertyKey): boolean {
  applyDeferred()
  return isReplaced(targetOf(target, 'isPatched(target, name)'), name)
}

/** Tells whether something was patched, without making deferred patches first. @internal */
export function isReplaced(target: object, name?: PropertyKey): boolean {
  return [patches.get(target), covered.get(target)].some(
    (names) => names !== undefined && (name === undefined || names.has(name)),
  )
}

/** Parts of the platform that were patched as a whole, or will be with the first greenlet. */
const applied = new Set<object>()

/** Notes that a part of the platform was patched. @internal */
export function noteApplied(part: object): void {
  applied.add(part)
}

/** Tells whether that part was patched. @internal */
export function isApplied(part: object): boolean {
  return applied.has(part)
}

/** Notes that `names` of `target` are cooperative although they were not replaced. @internal */
export function markCooperative(target: object, names: readonly PropertyKey[]): void {
  covered.set(target, new Set(names))
}

/**
 * The value of a property before it was patched, however often; its present value if it was not.
 * `getOriginal(globalThis, 'fetch')`. (gevent: `get_original`.)
 */
export function getOriginal<T extends object, N extends keyof T>(target: T, name: N): T[N]
export function getOriginal(target: object | string, name: PropertyKey): unknown
export function getOriginal(target: object | string, name: PropertyKey): unknown {
  target = targetOf(target, 'getOriginal(target, name)')
  const patched = patches.get(target)?.get(name)
  if (patched === undefined) return Reflect.get(target, name)
  const { before } = patched
  if (before === undefined) return Reflect.get(Object.getPrototypeOf(target) as object, name, target)
  return before.get === undefined ? before.value : before.get.call(target)
}

/**
 * Takes back every patch. What somebody else has put in the place of one meanwhile stays.
 * Requests that are under way go on, and what they return can still be waited for.
 */
export function unpatchAll(): void {
  dropDeferred()
  for (const [target, patched] of patches) restore(target, patched)
  patches.clear()
  covered.clear()
  applied.clear()
  syncBuiltinESMExports()
}

/** Takes back the patches of one object. @internal */
export function unpatchModule(target: object): void {
  const patched = patches.get(target)
  if (patched === undefined) return
  restore(target, patched)
  patches.delete(target)
  syncBuiltinESMExports()
}

function restore(target: object, patched: ReadonlyMap<PropertyKey, Patched>): void {
  for (const [name, { before, after }] of patched) {
    const current = Object.getOwnPropertyDescriptor(target, name)
    if (current === undefined || !isSame(current, after)) continue
    if (before === undefined) Reflect.deleteProperty(target, name)
    else Object.defineProperty(target, name, before)
  }
}

// gevent's functions of these names take the names of modules.
function targetOf(target: object | string, where: string): object {
  if (typeof target === 'string' && isBuiltin(target)) {
    return loadBuiltin(`node:${target.replace(/^node:/, '')}`) as object
  }
  if (Object(target) === target) return target as object
  throw badArgument(
    where,
    'an object or the name of a module of Node',
    target,
    "write 'net', say, or globalThis for what is global",
  )
}

function replacement(target: object, source: object, name: PropertyKey): PropertyDescriptor {
  const given = Object.getOwnPropertyDescriptor(source, name)
  if (given === undefined) {
    throw misuse(new TypeError(`patchModule(target, source, names): source has no property ${show(name)} of its own`))
  }
  const before = Object.getOwnPropertyDescriptor(target, name)
  const isNamespace = types.isModuleNamespaceObject(target)
  // The value of a property that is not configurable can be another one, if it is writable: Bun has such methods.
  const isFixed = before?.configurable === false && (isNamespace || before.writable !== true || !('value' in given))
  if (isFixed || (before === undefined && !Object.isExtensible(target))) {
    throw misuse(
      new TypeError(
        `patchModule(target, source, names): ${show(name)} of ${show(target)} cannot be replaced` +
          (isNamespace
            ? ": it is the namespace of a module. Pass what its `default` is: import net from 'node:net'"
            : ''),
      ),
    )
  }
  const enumerable = before?.enumerable ?? false
  if (given.get !== undefined || given.set !== undefined) return { ...given, enumerable, configurable: true }
  const { writable = true, configurable = true } = before ?? {}
  return { value: given.value as unknown, writable, enumerable, configurable }
}

function note(target: object, name: PropertyKey, before: PropertyDescriptor | undefined, after: PropertyDescriptor) {
  const patched = patches.get(target) ?? new Map<PropertyKey, Patched>()
  patches.set(target, patched)
  const known = patched.get(name)
  if (known === undefined) patched.set(name, { before, after })
  else known.after = after
}

function isSame(one: PropertyDescriptor, other: PropertyDescriptor): boolean {
  return one.value === other.value && one.get === other.get && one.set === other.set
}
