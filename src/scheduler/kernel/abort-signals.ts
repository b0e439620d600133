/** What is told when a signal is aborted. @internal */
export interface AbortListener {
  aborted(reason: unknown): void
}

class SignalWatch {
  readonly listeners = new Set<AbortListener>()

  constructor(private readonly signal: AbortSignal) {
    signal.addEventListener('abort', this)
  }

  handleEvent(): void {
    for (const listener of Array.from(this.listeners)) listener.aborted(this.signal.reason)
  }

  remove(listener: AbortListener): void {
    this.listeners.delete(listener)
    if (this.listeners.size > 0) return
    this.signal.removeEventListener('abort', this)
    watches.delete(this.signal)
  }
}

const watches = new WeakMap<AbortSignal, SignalWatch>()

/**
 * Tells `listener` when `signal` is aborted. There is one listener on the signal however many wait with it: a signal
 * that 1,000 waits share is no leak, and Node would warn of one from the eleventh on.
 * @returns a function that takes it back.
 * @internal
 */
export function onAbort(signal: AbortSignal, listener: AbortListener): () => void {
  let watch = watches.get(signal)
  if (watch === undefined) {
    watch = new SignalWatch(signal)
    watches.set(signal, watch)
  }
  watch.listeners.add(listener)
  return () => {
    watch.remove(listener)
  }
}
