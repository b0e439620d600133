/**
 * Hands an error that was not observed to those who listen for unhandled rejections: test runners, services that gather
 * errors.
 *
 * @returns whether somebody does.
 */
export function raiseUnobserved(error: unknown): boolean {
  const listeners = process.listeners('unhandledRejection')
  // Jest listens outside of the realm of its tests, where that cannot be seen.
  if (listeners.length === 0 && process.env['JEST_WORKER_ID'] === undefined) return false
  if (listeners.length === 1 && isMocha(listeners[0])) {
    queueMicrotask(() => {
      throw error
    })
  } else void Promise.reject(error)
  return true
}

// Mocha emits the event again, for others, and drops what nobody else listens for. An error that is thrown fails its
// test.
function isMocha(listener: unknown): boolean {
  return String(listener).includes('isMochaError')
}
