import { hasGreenlets } from '../../scheduler/kernel/runnable.js'
import { warnOfLateReferences } from './late-references.js'
import { isAllowed, patchEvents } from './events.js'
import { markCooperative, isApplied, noteApplied } from './patch-module.js'
import { applyTable, type PatchTable } from './patch-table.js'
import type { PartName } from './part-name.js'
import { deferPatch } from './deferred-patches.js'

/** Something that can be waited for once its part is patched, for the guide and the tests. */
export interface Cooperative {
  /** As a program writes it: `net.connect()`. */
  readonly what: string
  /** The result of a wait for it: `the socket, when it is connected`. */
  readonly gives: string
  /** The effect when the waiting greenlet gives up, by a kill, a timeout or a lost race. */
  readonly givingUp: string
}

/** Names of a module that are cooperative although nothing was put in their place. */
export interface Covered {
  /** Gives the module. */
  readonly module: () => object
  /** Their names in it. */
  readonly names: readonly string[]
}

/** The part of the platform that one `patch…` function patches: all that there is to know of it is declared here. */
export interface Part {
  /** The name that `patchAll` has for it: `'net'`. */
  readonly name: PartName
  /** The function that patches it: `patchNet`. */
  readonly by: string
  /** gevent's function for the same, if there is one. */
  readonly gevent: string
  /** The things that can be waited for once it is patched. */
  readonly cooperative: readonly Cooperative[]
  /** The things that stay as they were, although one might hope. */
  readonly cannot: string
  /** The tables of replacements. */
  readonly tables: readonly PatchTable[]
  /**
   * Whether it is patched when the first greenlet is made. Before that nobody could wait for anything of it, and a
   * program that has none need not load its modules.
   */
  readonly isLate?: boolean
  /**
   * The functions whose results can be waited for now. It need not be replaced where its results have gained it: a
   * function taken before the patch is then patched, too.
   */
  readonly covers?: readonly Covered[]
}

/** Patches a part, unless it was patched before. @returns whether anything changed. */
export function applyPart(part: Part): boolean {
  const { name, isLate = false } = part
  if (isApplied(part) || !isAllowed(() => patchEvents.emit('willPatch', name))) return false
  const isDeferred = isLate && !hasGreenlets()
  if (isDeferred) deferPatch(() => applyNow(part))
  const isChanged = isDeferred || applyNow(part)
  noteApplied(part)
  if (isChanged) patchEvents.emit('didPatch', name)
  return isChanged
}

function applyNow({ tables, covers = [] }: Part): boolean {
  const isChanged = tables.filter((table) => applyTable(table)).length > 0
  for (const { module, names } of covers) markCooperative(module(), names)
  if (isChanged) for (const table of tables) warnOfLateReferences(table)
  return isChanged
}
