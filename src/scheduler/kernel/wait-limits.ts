import type { Hub } from './hub.js'
import { Timeout } from './timeout.js'
import { Timer } from './timers.js'
import type { WaitOptions } from './wait-options.js'

/** A wait as its limits see it. @internal */
export interface Limited {
  readonly hub: Hub
  /** Whether a daemon waits. */
  readonly isDaemon: boolean
  /** Its time is up. */
  expire(error: Error): void
  /** Its signal was aborted. */
  abort(reason: unknown): void
}

/** What can end a wait early; apart from the wait, since few waits have any. @internal */
export class WaitLimits {
  private readonly timer: Timer<WaitLimits> | null = null
  readonly timeout: Timeout | null = null
  readonly shields = 0
  private readonly unwatch: (() => void) | null = null

  constructor(
    private readonly wait: Limited,
    private readonly options: WaitOptions,
  ) {
    const { timeout, signal } = options
    if (timeout instanceof Timeout) {
      this.timeout = timeout
      // One that runs already interrupts the greenlet, which asks the wait whether it is the one meant.
      if (!timeout.pending) timeout.startFor(this)
    } else if (typeof timeout === 'number') {
      this.timer = new Timer<WaitLimits>(WaitLimits.expire, this)
      wait.hub.startTimer(this.timer, timeout, wait.isDaemon)
    }
    if (signal) this.unwatch = onAbort(signal, this)
  }

  get hub(): Hub {
    return this.wait.hub
  }

  get daemon(): boolean {
    return this.wait.isDaemon
  }

  stop(): void {
    if (this.timer !== null) this.hub.stopTimer(this.timer)
    if (this.timeout?.isFor(this)) this.timeout.cancel()
    this.unwatch?.()
  }

  interrupt(error: Error): void {
    this.wait.expire(error)
  }

  withdraw(): void {
    // What it interrupts is ended at once.
  }

  aborted(reason: unknown): void {
    this.wait.abort(reason)
  }

  private static expire(this: void, limits: WaitLimits): void {
    limits.wait.expire(new Timeout(limits.options.timeout as number))
  }
}

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
