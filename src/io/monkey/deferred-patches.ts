import { onFirstGreenlet } from '../../scheduler/kernel/registry.js'

/** Patches that are as good as made, but wait for the first greenlet, before which nobody could use them; `null` since. */
const postponed = new Map<unknown, (() => void) | null>()

/** Has `patch` made when it is needed. @returns whether it was not postponed before. */
export function postpone(key: unknown, patch: () => void): boolean {
  if (postponed.has(key)) return false
  postponed.set(key, patch)
  onFirstGreenlet(makePostponed)
  return true
}

/** Makes all of them now. */
export function makePostponed(): void {
  for (const [key, patch] of postponed) {
    postponed.set(key, null)
    patch?.()
  }
}

/** Takes them back. */
export function dropPostponed(): void {
  postponed.clear()
}
