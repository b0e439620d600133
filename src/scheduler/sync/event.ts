import { Gate } from './gate.js'
import { Named, countWaiting } from '../checks/named.js'
import type { Operation } from '../kernel/operation.js'
import type { WaitOptions } from '../kernel/wait-options.js'

/**
 * A flag that greenlets wait for: all of them go on when it is set. (gevent: `gevent.event.Event`.)
 *
 * ```ts
 * const ready = new Event()
 * spawn(function* () { yield* ready.wait(); console.log('go') })
 * ready.set()
 * ```
 */
export class Event extends Named {
  private readonly gate = new Gate(this, false)

  /** Whether it is set. */
  get isSet(): boolean {
    return this.gate.isOpen
  }

  /**
   * Sets it. All that wait go on, in the order in which they came, even if {@link Event.clear} follows at once. It may
   * be called from anywhere, a callback too; setting it again does nothing.
   */
  set(): void {
    this.gate.open()
  }

  /** Makes those who come from now on wait again. */
  clear(): void {
    this.gate.close()
  }

  /**
   * Waits until it is set; goes on at once when it is.
   *
   * @returns whether it was set: `false` when the time is up.
   * Cancel safety: nothing is lost.
   */
  wait(options?: WaitOptions): Operation<boolean> {
    return this.gate.wait(options)
  }

  /** How it stands: for monitoring and tests. */
  stats(): { isSet: boolean; waiting: number } {
    return { isSet: this.isSet, waiting: this.gate.line.size }
  }

  /** @internal */
  summary(): string {
    return countWaiting(this.gate.line.size, this.isSet ? 'set' : 'not set')
  }
}
