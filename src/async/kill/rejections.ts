interface Emitter {
  emit?: (event: string, ...args: unknown[]) => boolean
}

/** The errors that those see who look at the promise of a killed call. */
const reasons = new WeakSet<object>()
let isWatching = false

/**
 * Sees to it that a kill is no unhandled rejection, and that a promise which somebody derived from that of a killed call is
 * none either. Everything else is left to the platform, and everything before the first kill.
 * @internal
 */
export function excuse(reason: object): void {
  reasons.add(reason)
  if (isWatching) return
  isWatching = true
  const { process, addEventListener } = globalThis as unknown as {
    process?: Emitter
    addEventListener?: (type: string, listener: (event: { reason: unknown; preventDefault(): void }) => void) => void
  }
  if (process?.emit !== undefined) watchProcess(process as Required<Emitter>)
  else {
    addEventListener?.('unhandledrejection', (event) => {
      if (isExcused(event.reason)) event.preventDefault()
    })
  }
}

// Not a listener: with one, the platform would take every other rejection for handled.
function watchProcess(process: Required<Emitter>): void {
  const { emit } = process
  process.emit = function (this: unknown, event, ...args) {
    if (event === 'unhandledRejection' && isExcused(args[0])) return true
    return emit.call(this, event, ...args)
  }
}

function isExcused(reason: unknown): boolean {
  return typeof reason === 'object' && reason !== null && reasons.has(reason)
}
