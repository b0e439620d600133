import { misuse } from '../../scheduler/checks/errors.js'
import { show } from '../../scheduler/checks/show.js'
import { isAllowed, patchEvents } from './events.js'
import { applyPart } from './patch-part.js'
import { parts, type PartName } from './patch-registry.js'

/** What {@link patchAll} leaves alone: `false`. Everything else is patched. */
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
  for (const name of Object.keys(options)) {
    if (!names.includes(name as PartName)) {
      throw misuse(new TypeError(`patchAll(options): there is no option ${show(name)}; there are ${names.join(', ')}`))
    }
  }
  const wanted = parts.filter(({ name }) => options[name] !== false)
  if (
    !isAllowed(() =>
      patchEvents.emit(
        'willPatchAll',
        wanted.map(({ name }) => name),
      ),
    )
  )
    return false
  const patched = wanted.filter((part) => applyPart(part)).map(({ name }) => name)
  patchEvents.emit('didPatchAll', patched)
  return patched.length > 0
}
