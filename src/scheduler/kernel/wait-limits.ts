import type { Hub } from './hub.js'
import type { Greenlet } from './runnable.js'
import { Timeout, type Interruptible } from './timeout.js'
import type { Due } from './timers.js'
import type { WaitOptions } from './wait-options.js'

/** A wait as its limits see it. @internal */
export interface Limited {
  readonly hub: Hub
  /** The greenlet that waits; `null` for code outside of all greenlets. */
  readonly greenlet: Greenlet | null
  /** Its time is up. */
  expire(error: Error): void
  /** Its signal was aborted. */
  abort(reason: unknown): void
}

/**
 * The limits that can end a wait early; apart from the wait, since few waits have any. It is among the timers itself, so that a
 * wait with a time limit costs one object more.
 * @internal
 */
export class WaitLimits implements Due, Interruptible, AbortListener {
  tick = -1
  before: Due | null = null
  after: Due | null = null
  readonly timeout: Timeout | null = null
  readonly shields = 0
  private readonly unwatch: (() => void) | null = null

  constructor(
    private readonly wait: Limited,
    private readonly options: WaitOptions,
  ) {
    const { timeout, signal } = options
    if (typeof timeout === 'number') wait.hub.startTimer(this, timeout, this.daemon)
    else if (timeout) {
      this.timeout = timeout
      // One that runs already interrupts the greenlet, which asks the wait whether it is the one meant.
      if (!timeout.pending) timeout.startFor(this)
    }
    if (signal) this.unwatch = onAbort(signal, this)
  }

  get hub(): Hub {
    return this.wait.hub
  }

  get daemon(): boolean {
    return this.wait.greenlet?.daemon === true
  }

  stop(): void {
    if (typeof this.options.timeout === 'number') this.hub.stopTimer(this)
    if (this.timeout?.isFor(this)) this.timeout.cancel()
    this.unwatch?.()
  }

  ring(): void {
    this.wait.expire(new Timeout(this.options.timeout as number))
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
}

/** The listener for the abort of a signal. @internal */
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
