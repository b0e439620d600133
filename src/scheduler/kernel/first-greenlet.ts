let hasBegun = false
let callbacks: (() => void)[] = []

/** Calls `callback` when the first greenlet of this thread is made, before it runs; now, if there was one. @internal */
export function onFirstGreenlet(callback: () => void): void {
  if (hasBegun) callback()
  else callbacks.push(callback)
}

/** Whether any greenlet was ever made on this thread, under whatever hub. @internal */
export function hasGreenlets(): boolean {
  return hasBegun
}

/** A hub has its first greenlet. @internal */
export function noteFirstGreenlet(): void {
  hasBegun = true
  const waiting = callbacks
  callbacks = []
  for (const callback of waiting) callback()
}
