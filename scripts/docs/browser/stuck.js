/**
 * Finds the deadlocks of the programs of the playground. A page cannot know of any, since a click may wake a greenlet; but in the
 * worker of the playground nothing happens that the program has not begun itself.
 */
import { keepTimersBelow } from '../../../dist/scheduler/kernel/timers/platform-timers.js'
import { hub, thread } from '../../../dist/scheduler/kernel/thread.js'
import { reportStuck } from '../../../dist/scheduler/reports/deadlock-report.js'

/** What the program has begun, and what calls it back when it is over. */
const begun = new Set()

/** Has the timers and requests of the program counted from now on. Those of the hub are not. */
export function countWhatIsBegun() {
  const { setTimeout, clearTimeout, setInterval, clearInterval, fetch } = globalThis
  globalThis.setTimeout = (callback, milliseconds, ...values) => {
    const ring = () => {
      begun.delete(timer)
      callback(...values)
    }
    const timer = setTimeout(ring, milliseconds)
    begun.add(timer)
    return timer
  }
  globalThis.setInterval = (...call) => {
    const timer = setInterval(...call)
    begun.add(timer)
    return timer
  }
  // Each clears the timers of both.
  globalThis.clearTimeout = globalThis.clearInterval = (timer) => {
    begun.delete(timer)
    clearTimeout(timer)
    clearInterval(timer)
  }
  globalThis.fetch = (...request) => {
    const response = fetch(...request)
    const over = () => begun.delete(response)
    begun.add(response)
    response.then(over, over)
    return response
  }
  keepTimersBelow(globalThis.setTimeout)
}

/**
 * Reports the greenlets that wait and that nothing can wake any more, and raises `LoopExit` in what the main program waits for.
 *
 * @param {boolean} hasEnded whether the main program has; one that waits for no greenlet waits for something that is not known here
 * @returns {boolean} whether there are any
 */
export function reportIfStuck(hasEnded) {
  const outside = Array.from(hub.outside)
  if (thread.hub !== hub || begun.size > 0 || hub.stats().timers > 0 || (!hasEnded && outside.length === 0))
    return false
  const waits = [...hub.greenlets().map(({ wait }) => wait), ...outside]
  if (waits.some((wait) => wait === null || wait.settled || wait.operation.isExternal())) return false
  reportStuck()
  return waits.length > 0
}
