import { warnOfLateReferences } from './late-references.js'
import { isAllowed, patchEvents } from './events.js'
import { cover } from './patch-module.js'
import { applyTable, type PatchTable } from './patch-table.js'
import type { PartName } from './parts.js'

/** Something that can be waited for once its part is patched, for the guide and the tests. */
export interface Cooperative {
  /** As a program writes it: `net.connect()`. */
  readonly what: string
  /** What a wait for it gives: `the socket, when it is connected`. */
  readonly gives: string
  /** What is done when who waits gives up, by a kill, a timeout or a lost race. */
  readonly givingUp: string
}

/** Names of a module that are cooperative although nothing was put in their place. */
export interface Covered {
  readonly module: () => object
  readonly names: readonly string[]
}

/** The part of the platform that one `patch…` function patches: all that there is to know of it is declared here. */
export interface Part {
  readonly name: PartName
  /** The function that patches it: `patchNet`. */
  readonly by: string
  /** gevent's function for the same, if there is one. */
  readonly gevent: string
  readonly cooperative: readonly Cooperative[]
  /** What stays as it was, although one might hope. */
  readonly cannot: string
  readonly tables: readonly PatchTable[]
  /**
   * What makes things that can be waited for now. It need not be replaced for that, where what it makes has gained it:
   * whoever took such a function before the patch has a patched one all the same.
   */
  readonly covers?: readonly Covered[]
}

/** Patches a part, except what was patched before. @returns whether anything changed. */
export function applyPart({ name, tables, covers = [] }: Part): boolean {
  if (!isAllowed(() => patchEvents.emit('willPatch', name))) return false
  const changed = tables.filter((table) => applyTable(table)).length > 0
  for (const { module, names } of covers) cover(module(), names)
  if (!changed) return false
  for (const table of tables) warnOfLateReferences(table)
  patchEvents.emit('didPatch', name)
  return true
}
