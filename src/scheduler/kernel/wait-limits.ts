import { onAbort } from './abort-signals.js'
import type { Hub } from './hub.js'
import { Timeout } from './timeout.js'
import { Timer } from './timers.js'
import type { WaitOptions } from './wait-options.js'

/** A wait as its limits see it. @internal */
export interface Limited {
  readonly hub: Hub
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
      wait.hub.startTimer(this.timer, timeout)
    }
    if (signal) this.unwatch = onAbort(signal, this)
  }

  get hub(): Hub {
    return this.wait.hub
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
