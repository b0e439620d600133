import module from 'node:module'
import type { PatchTable } from './patch-table.js'
import { getOriginal, isReplaced } from './patch-module.js'

// One cache for all, whichever file asks.
const { cache } = module.createRequire(process.execPath)

/**
 * Warns of CommonJS modules that export an original of what was patched: they took it before, and what is called through
 * them is not cancelled with its greenlet. Named imports of ES modules see a patch, whenever it is made. What a module
 * keeps to itself cannot be seen. (gevent warns in the same way of modules that imported `ssl` before.)
 */
export function warnOfLateReferences({ name, target, replaces = {} }: PatchTable): void {
  const object = target()
  const originals = new Map<unknown, string>()
  for (const key of Object.keys(replaces)) {
    if (isReplaced(object, key)) originals.set(getOriginal(object, key), `${name}.${key}`)
  }
  if (originals.size === 0) return
  for (const [file, module] of Object.entries(cache)) {
    for (const [key, value] of exportsOf(module?.exports)) {
      const original = originals.get(value)
      if (original !== undefined) warn(file, key, original)
    }
  }
}

// Without calling anything: an accessor may do whatever it likes.
function exportsOf(exported: unknown): [string, unknown][] {
  if (Object(exported) !== exported) return []
  const own = Object.entries(Object.getOwnPropertyDescriptors(exported as object))
  return [['exports', exported], ...own.map(([key, { value }]): [string, unknown] => [`exports.${key}`, value])]
}

function warn(file: string, key: string, original: string): void {
  process.emitWarning(`${key} of ${file} is the ${original} from before it was patched`, {
    type: 'GventWarning',
    code: 'GVENT_LATE_PATCH',
    detail: 'Patch before other modules are loaded: node --import gvent/register app.js',
  })
}
