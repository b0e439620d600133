import { checkDuration } from '../checks/check-duration.js'
import { Operation } from '../kernel/operation.js'
import type { Wait } from '../kernel/wait.js'
import { YieldableWait, type WaitIterator } from '../kernel/wait-iterator.js'
import type { OptionNames } from '../checks/check-options.js'
import { waitOptionsAnd, type WaitOptions } from '../kernel/wait-options.js'

/** Options of {@link sleep}. */
export interface SleepOptions extends WaitOptions {
  /** `false`: the program may end meanwhile, as soon as nothing else goes on. */
  ref?: boolean | undefined
}

const sleepOptionNames = waitOptionsAnd('ref')

class Sleep extends Operation<void> {
  constructor(
    private readonly milliseconds: number,
    options: WaitOptions | undefined,
  ) {
    super(options)
  }

  beginWait(wait: Wait<void>): void {
    wait.hub.startTimer(wait, this.milliseconds, this.isDaemon() || wait.greenlet?.daemon === true)
  }

  override isDaemon(): boolean {
    return (this.options as SleepOptions | undefined)?.ref === false
  }

  protected override get optionNames(): OptionNames {
    return sleepOptionNames
  }

  cancelWait(wait: Wait<void>): void {
    wait.hub.stopTimer(wait)
  }

  override describe(): string {
    return `sleep(${this.milliseconds})`
  }
}

class GiveWay extends Operation<void> {
  override [Symbol.iterator](): WaitIterator<void> {
    return new YieldableWait(giveWayInGreenlet)
  }

  beginWait(wait: Wait<void>): void {
    wait.hub.queue.soon(() => wait.resolve())
  }

  cancelWait(): void {
    // The wake-up finds a wait that is over.
  }

  override describe(): string {
    return 'sleep(0)'
  }
}

/** The operation that `yield*` of {@link GiveWay} waits for: it is over at once, and all that are ready go first. */
class GiveWayInGreenlet extends GiveWay {
  override beginWait(wait: Wait<void>): void {
    wait.resolveLast()
  }
}

class Idle extends Operation<void> {
  beginWait(wait: Wait<void>): void {
    wait.hub.platform.later(() => wait.resolve())
  }

  cancelWait(): void {
    // The wake-up finds a wait that is over.
  }

  override describe(): string {
    return 'idle()'
  }
}

const giveWayInGreenlet = new GiveWayInGreenlet()
const giveWay = new GiveWay()
const idleness = /* @__PURE__ */ new Idle()

/**
 * Waits for so many milliseconds. `sleep(0)` gives way to all greenlets that are ready, like a bare `yield`, and does
 * not let I/O be polled; see {@link idle}.
 *
 * @param milliseconds from 0 to `Infinity` (for ever); it is never early, and at most a millisecond late on an idle hub.
 * @param options limits, and `ref`: `false` if the program need not go on for it, as for a timer of Node's.
 * Cancel safety: a kill or timeout clears the timer.
 */
export function sleep(milliseconds?: number, options?: SleepOptions): Operation<void> {
  // `sleep(config.delay)` with a name that is mistaken is no `sleep()`.
  const time = milliseconds === undefined && arguments.length === 0 ? 0 : milliseconds!
  checkDuration(time, 'sleep(milliseconds)')
  return time === 0 && options === undefined ? giveWay : new Sleep(time, options)
}

/** Waits until I/O has been polled once: all other greenlets that are ready, timers and I/O go first. */
export function idle(options?: WaitOptions): Operation<void> {
  return options === undefined ? idleness : new Idle(options)
}
