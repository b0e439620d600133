import { HandOff } from '../../../scheduler/queues/hand-off.js'
import { MethodHook } from './method-hook.js'

/** So many items that are put are looked at for each snapshot, and for so many milliseconds. */
const LOOKS = 200
const TIME = 50
/** So many queues are remembered. */
const MOST = 1000

const enter = new MethodHook(HandOff.prototype, 'enter')

/**
 * Finds queues into which somebody puts items. Nothing waits for a queue that only grows, so no parked greenlet leads
 * to it.
 * For a moment at each snapshot it watches what goes into queues; nothing refers to them for it.
 */
export class QueueFinder {
  private readonly found = new Map<object, WeakRef<object>>()
  private readonly known = new WeakSet()
  private stop: (() => void) | undefined

  /** Looks for a moment. */
  look(): void {
    if (this.stop !== undefined) return
    let looks = 0
    const unhook = enter.add((original) => {
      const method = original as (this: object, item: unknown) => number
      const note = (queue: object): void => {
        if (!this.known.has(queue)) this.add(queue)
        if (++looks === LOOKS) end()
      }
      return function (this: object, item: unknown): number {
        note(this)
        return method.call(this, item)
      }
    })
    const end = (): void => {
      clearTimeout(timer)
      this.stop = undefined
      unhook()
    }
    const timer = setTimeout(end, TIME)
    timer.unref()
    this.stop = end
  }

  /** Iterates over the queues that are still there. */
  *queues(): Generator<object> {
    for (const [key, reference] of this.found) {
      const queue = reference.deref()
      if (queue === undefined) this.found.delete(key)
      else yield queue
    }
  }

  private add(queue: object): void {
    if (this.found.size >= MOST) return
    this.known.add(queue)
    const reference = new WeakRef(queue)
    this.found.set(reference, reference)
  }
}
