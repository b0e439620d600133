interface Emitter {
  emit?: (event: string, ...args: unknown[]) => boolean
}

interface RejectionEvent {
  readonly reason: unknown
  readonly promise: unknown
  preventDefault(): void
}

/** Decides whether a rejection that is not handled is left to the platform. */
type Claim = (reason: unknown, promise: unknown) => boolean

/** The errors that those see who look at the promise of a killed call. */
const reasons = new WeakSet<object>()
const claims = new Set<Claim>([isExcused])
let isWatching = false

/**
 * Sees to it that a kill is no unhandled rejection, and that a promise which somebody derived from that of a killed
 * call is none either. Everything else is left to the platform, and everything before the first kill.
 * @internal
 */
export function excuse(reason: object): void {
  reasons.add(reason)
  watch()
}

/**
 * Takes rejections that are not handled off the platform: those for which `claim` gives `true`.
 * @returns a function that ends it.
 * @internal
 */
export function claimRejections(claim: Claim): () => void {
  claims.add(claim)
  watch()
  return () => {
    claims.delete(claim)
  }
}

function isExcused(reason: unknown): boolean {
  return typeof reason === 'object' && reason !== null && reasons.has(reason)
}

function isClaimed(reason: unknown, promise: unknown): boolean {
  for (const claim of claims) if (claim(reason, promise)) return true
  return false
}

function watch(): void {
  if (isWatching) return
  isWatching = true
  const { process, addEventListener } = globalThis as unknown as {
    process?: Emitter
    addEventListener?: (type: string, listener: (event: RejectionEvent) => void) => void
  }
  if (process?.emit !== undefined) watchProcess(process as Required<Emitter>)
  else {
    addEventListener?.('unhandledrejection', (event) => {
      if (isClaimed(event.reason, event.promise)) event.preventDefault()
    })
  }
}

// Not a listener: with one, the platform would take every other rejection for handled.
function watchProcess(process: Required<Emitter>): void {
  const { emit } = process
  process.emit = function (this: unknown, event, ...args) {
    if (event === 'unhandledRejection' && isClaimed(args[0], args[1])) return true
    return emit.call(this, event, ...args)
  }
}
