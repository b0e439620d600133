import { NamedTimer } from './named-timer.js'
import type { World } from '../world.js'

/** The longest that the platform's `setTimeout` can wait. */
const LONGEST = 2 ** 31 - 1

type Callback = (...args: unknown[]) => unknown

/** The result of the simulated `setTimeout` and `setInterval`, like Node's `Timeout`. */
export class SimulatedTimeout {
  private readonly timer: NamedTimer
  private isReferenced = true
  private number: number | undefined

  constructor(
    private readonly world: World,
    private readonly numbered: Map<number, SimulatedTimeout>,
    private readonly callback: Callback,
    private readonly milliseconds: number,
    private readonly repeats: boolean,
    private readonly args: unknown[],
  ) {
    this.timer = new NamedTimer(`${repeats ? 'setInterval' : 'setTimeout'}(${milliseconds}) calls back`, () => {
      this.ring()
    })
    this.refresh()
  }

  /** Begins again. */
  refresh(): this {
    this.close()
    this.world.timeline.start(this.timer, this.milliseconds)
    if (!this.isReferenced) this.world.timeline.unreferenced++
    return this
  }

  /** Stops it. */
  close(): this {
    if (this.timer.tick !== -1) {
      if (!this.isReferenced) this.world.timeline.unreferenced--
      this.world.timeline.stop(this.timer)
    }
    return this
  }

  /** Its being set counts as something left at the end. */
  ref(): this {
    if (!this.isReferenced && this.timer.tick !== -1) this.world.timeline.unreferenced--
    this.isReferenced = true
    return this
  }

  /** Its being set does not count as something left at the end. */
  unref(): this {
    if (this.isReferenced && this.timer.tick !== -1) this.world.timeline.unreferenced++
    this.isReferenced = false
    return this
  }

  hasRef(): boolean {
    return this.isReferenced
  }

  [Symbol.toPrimitive](): number {
    const number = (this.number ??= this.numbered.size + 1)
    this.numbered.set(number, this)
    return number
  }

  [Symbol.dispose](): void {
    this.close()
  }

  private ring(): void {
    if (!this.isReferenced) this.world.timeline.unreferenced--
    if (this.repeats) this.refresh()
    this.callback(...this.args)
  }
}

/** The timer functions of the platform. */
export interface TimerFunctions extends Record<string, unknown> {
  readonly setTimeout: (callback: Callback, milliseconds?: unknown, ...args: unknown[]) => SimulatedTimeout
}

/** Makes timer functions on the clock of a world. */
export function makeTimerFunctions(world: World): TimerFunctions {
  const numbered = new Map<number, SimulatedTimeout>()
  const make =
    (repeats: boolean) =>
    (callback: Callback, milliseconds?: unknown, ...args: unknown[]) => {
      if (typeof callback !== 'function') throw new TypeError('The "callback" argument must be of type function')
      return new SimulatedTimeout(world, numbered, callback, checkDelay(milliseconds), repeats, args)
    }
  const clear = (timeout: unknown): void => {
    const found = timeout instanceof SimulatedTimeout ? timeout : numbered.get(Number(timeout))
    found?.close()
  }
  return {
    setTimeout: make(false),
    setInterval: make(true),
    clearTimeout: clear,
    clearInterval: clear,
    setImmediate: (callback: Callback, ...args: unknown[]) => {
      const immediate = { isOn: true }
      world.queue.addLater(() => {
        if (immediate.isOn) callback(...args)
      })
      return immediate
    },
    clearImmediate: (immediate: { isOn: boolean } | null | undefined) => {
      if (immediate) immediate.isOn = false
    },
  }
}

/** The platform's own rule for a delay. */
function checkDelay(milliseconds: unknown): number {
  const delay = Math.trunc(Number(milliseconds))
  return delay >= 1 && delay <= LONGEST ? delay : 1
}
