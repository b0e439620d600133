import type { Greenlet } from '../../scheduler/greenlets/greenlet.js'
import { Settlement } from '../../scheduler/kernel/settlement.js'
import { platform } from './platform.js'

/** The waits of a run for things that are not in its own hands: promises, I/O, timers of the platform. */
export class ForeignWaits {
  /** The waits of greenlets that are beyond the control of the simulation, in words. */
  readonly uncontrolled: string[] = []
  /** Whether the run has had nothing to do with the world outside so far. */
  isClosed = true
  /** Whether something was done since the last time whose consequences are Node's to tell of, a tick later. */
  isRestless = false
  /** How much is under way outside of which the platform does not tell. */
  untold = 0
  /** Whether the run goes on although greenlets wait: nothing that was done so far will wake them. */
  isResigned = false
  /** Whether greenlets are being run at the moment. */
  isDriving = false
  /** Called when something was made ready from outside, between two drives. */
  onWake: (() => void) | null = null
  private greenlets: Greenlet[] = []

  /** Whether any greenlet waits for the world outside. */
  get isAny(): boolean {
    return this.greenlets.some(waitsOutside)
  }

  /** A greenlet has come to a wait. */
  note(greenlet: Greenlet): void {
    const { operation } = greenlet.wait!
    if (operation.isExternal()) {
      this.greenlets.push(greenlet)
      this.isClosed = false
    } else if (platform.isOnNetwork(operation) || operation instanceof Settlement) this.disturb()
  }

  /**
   * Whether the clock has to stand still, since something real may come.
   *
   * @param byCalls whether a call of an async function awaits: that may be for a promise of which nothing is known.
   */
  isAwaited(byCalls: boolean): boolean {
    if (this.greenlets.length > 0) this.greenlets = this.greenlets.filter(waitsOutside)
    return !this.isResigned && (byCalls || this.greenlets.length > 0 || this.untold > 0)
  }

  /** Something was made ready. */
  wakeUp(): void {
    if (!this.isDriving) this.onWake?.()
  }

  /** Node has something to tell before the clock may move. */
  disturb(): void {
    this.isRestless = true
    this.isClosed = false
  }

  /** The clock stands still until a promise is settled which nothing waits for in a way that can be seen. */
  async during(work: Promise<unknown>): Promise<void> {
    this.untold++
    try {
      await work
    } finally {
      this.untold--
    }
  }

  /** Something real is under way for which greenlets wait. */
  noteUncontrolled(): void {
    for (const { name, wait } of this.greenlets) {
      if (wait !== null) this.uncontrolled.push(`"${name}" waits for ${wait.operation.describe()}`)
    }
  }
}

function waitsOutside({ wait }: Greenlet): boolean {
  return wait !== null && !wait.settled && wait.operation.isExternal()
}
