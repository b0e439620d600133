import { checkOptions } from '../../scheduler/checks/check-options.js'
import { isAllowed, patchEvents } from './events.js'
import { applyPart } from './patch-part.js'
import type { PartName } from './part-name.js'
import { isApplied } from './patch-module.js'
import { parts } from './patch-registry.js'

/** The parts that {@link patchAll} leaves alone: `false`. Everything else is patched. */
export type PatchOptions = Partial<Readonly<Record<PartName, boolean>>>

/**
 * Patches all of the platform that gvent can: `fetch`, `net`, `tls`, `http`, `dns`, `timers`, `childProcess`, `events`,
 * `streams` and `promise`; see the functions of these names. What was patched before stays so. (gevent: `patch_all`.)
 *
 * ```ts
 * patchAll({ promise: false })     // all but that promises become iterable
 * ```
 *
 * @returns whether anything changed; not, too, when a listener of {@link patchEvents} forbade it.
 * @throws TypeError for an option that there is not.
 */
export function patchAll(options: PatchOptions = {}): boolean {
  const names = parts.map(({ name }) => name)
  checkOptions(options, { own: names })
  for (const part of parts) if (options[part.name] === false && isApplied(part)) warnOfTooLate(part.name)
  const wanted = parts.filter((part) => options[part.name] !== false && !isApplied(part))
  const wantedNames = wanted.map(({ name }) => name)
  if (wanted.length === 0 || !isAllowed(() => patchEvents.emit('willPatchAll', wantedNames))) return false
  const patched = wanted.filter((part) => applyPart(part)).map(({ name }) => name)
  patchEvents.emit('didPatchAll', patched)
  return patched.length > 0
}

function warnOfTooLate(name: PartName): void {
  process.emitWarning(`patchAll({ ${name}: false }): ${name} was patched before, and stays patched`, {
    type: 'GventWarning',
    code: 'GVENT_LATE_PATCH',
    detail: "Name it in the first call, in place of import 'gvent/monkey/all'; or write unpatchAll() before",
  })
}
