import { onFirstGreenlet } from '../../scheduler/kernel/runnable.js'

/** Patches that wait for the first greenlet, before which nobody could use them. */
const deferred = new Set<() => void>()

/** Makes a patch with the first greenlet. */
export function deferPatch(patch: () => void): void {
  deferred.add(patch)
  onFirstGreenlet(applyDeferred)
}

/** Makes all deferred patches now. */
export function applyDeferred(): void {
  for (const patch of deferred) {
    deferred.delete(patch)
    patch()
  }
}

/** Drops the deferred patches. */
export function dropDeferred(): void {
  deferred.clear()
}
