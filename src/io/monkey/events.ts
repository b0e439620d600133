import { EventEmitter } from 'node:events'
import { nameError } from '../../scheduler/checks/errors.js'
import type { PartName } from './part-name.js'

/** Raised by a listener of `willPatch` or `willPatchAll`: then that part, or all, is left as it is. (gevent: the same.) */
export class DoNotPatch extends Error {
  declare readonly name: 'DoNotPatch'
  declare readonly code: 'GVENT_DO_NOT_PATCH'
}
nameError(DoNotPatch, 'DoNotPatch', 'GVENT_DO_NOT_PATCH')

/** The events that {@link patchEvents} emits. */
export interface PatchEvents {
  /** `patchAll` is about to patch these parts; those that were patched before are not among them. */
  willPatchAll: [parts: readonly PartName[]]
  /** A part is about to be patched. */
  willPatch: [part: PartName]
  /** A part was patched. */
  didPatch: [part: PartName]
  /** `patchAll` is done: these parts it has patched. */
  didPatchAll: [parts: readonly PartName[]]
}

/**
 * Tells of patches before and after they are made. A listener of the first two may forbid them by raising
 * {@link DoNotPatch}. (gevent: `gevent.events`.)
 *
 * ```ts
 * patchEvents.on('willPatch', (part) => {
 *   if (part === 'dns') throw new DoNotPatch()
 * })
 * patchAll()
 * ```
 */
export const patchEvents: EventEmitter<PatchEvents> = new EventEmitter<PatchEvents>()

/** Emits an event that can be vetoed. @returns whether nobody forbade it. */
export function isAllowed(emit: () => unknown): boolean {
  try {
    emit()
    return true
  } catch (error) {
    if (error instanceof DoNotPatch) return false
    throw error
  }
}
