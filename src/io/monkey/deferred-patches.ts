import { onFirstGreenlet } from '../../scheduler/kernel/registry.js'

/** Patches that are as good as made, but wait for the first greenlet, before which nobody could use them. */
const postponed = new Set<() => void>()

/** Makes a patch with the first greenlet. */
export function postpone(patch: () => void): void {
  postponed.add(patch)
  onFirstGreenlet(makePostponed)
}

/** Makes all of them now. */
export function makePostponed(): void {
  for (const patch of postponed) {
    postponed.delete(patch)
    patch()
  }
}

/** Takes them back. */
export function dropPostponed(): void {
  postponed.clear()
}
