import { misuse } from '../../scheduler/errors.js'
import { show } from '../../scheduler/show.js'
import { patchFetch } from './patch-fetch.js'
import { patchPromise } from './patch-promise.js'

type Part = 'fetch' | 'promise'

const parts: Record<Part, () => boolean> = { fetch: patchFetch, promise: patchPromise }

/** What {@link patchAll} leaves alone: `false`. Everything else is patched. */
export type PatchOptions = Partial<Readonly<Record<Part, boolean>>>

/**
 * Patches all of the platform that gvent can: see `patchFetch` and `patchPromise`. What was patched before stays so.
 * (gevent: `patch_all`.)
 *
 * ```ts
 * patchAll({ promise: false })     // all but that promises become iterable
 * ```
 *
 * @returns whether anything changed.
 * @throws TypeError for an option that there is not.
 */
export function patchAll(options: PatchOptions = {}): boolean {
  for (const name of Object.keys(options)) {
    if (!Object.hasOwn(parts, name)) {
      throw misuse(
        new TypeError(
          `patchAll(options): there is no option ${show(name)}; there are ${Object.keys(parts).join(', ')}`,
        ),
      )
    }
  }
  const names = Object.keys(parts) as Part[]
  return names.filter((name) => options[name] !== false && parts[name]()).length > 0
}
