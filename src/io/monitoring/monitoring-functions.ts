import { badArgument } from '../../scheduler/checks/bad-argument.js'
import { checkCount } from '../../scheduler/checks/check-count.js'
import { checkDuration } from '../../scheduler/checks/check-duration.js'
import { checkOptions } from '../../scheduler/checks/check-options.js'
import type { Greenlet } from '../../scheduler/greenlets/greenlet.js'
import type { Hub } from '../../scheduler/kernel/hub.js'
import { getHub } from '../../scheduler/kernel/thread.js'
import { watchHub } from '../observing/events/hub-events.js'

/**
 * Calls `fn(hub)` every `period` milliseconds, outside of greenlets. It does not keep the program alive, and an error in it
 * is reported. While the loop is blocked it is not called: `watchBlocking` and `gvent dump` see that. (gevent:
 * `add_monitoring_function` of the periodic monitoring thread.)
 *
 * @returns a function that ends it.
 */
export function addMonitoringFunction(fn: (hub: Hub) => void, period: number): () => void {
  if (typeof fn !== 'function') throw badArgument('addMonitoringFunction(fn, period)', 'a function', fn)
  checkDuration(period, 'addMonitoringFunction(fn, period)')
  const hub = getHub()
  const timer = setInterval(() => {
    try {
      fn(hub)
    } catch (error) {
      hub.reportFailure('a monitoring function failed', error)
    }
  }, period)
  timer.unref()
  return () => {
    clearInterval(timer)
  }
}

/** Options of {@link watchMemory}. */
export interface WatchMemoryOptions {
  /** The limit of resident memory, in bytes. */
  maxMemoryUsage: number
  /** How often it is looked at, in milliseconds: 5,000 unless given. */
  period?: number | undefined
  /** Called when it is above the limit, once until it is under it again; unless given that is reported on stderr. */
  onExceeded?: ((usage: number) => void) | undefined
  /** Called when it is under the limit again. */
  onUnder?: ((usage: number) => void) | undefined
}

/**
 * Watches the memory of the process. (gevent: `GEVENT_MAX_MEMORY_USAGE`, with its two events.)
 *
 * @returns a function that ends it.
 */
export function watchMemory(options: WatchMemoryOptions): () => void {
  checkOptions(options, { own: ['maxMemoryUsage', 'period', 'onExceeded', 'onUnder'] })
  const { maxMemoryUsage, period = 5000, onExceeded = reportExceeded, onUnder } = options
  checkCount(maxMemoryUsage, 'watchMemory({ maxMemoryUsage })', 1)
  let isAbove = false
  return addMonitoringFunction(() => {
    const usage = process.memoryUsage.rss()
    const wasAbove = isAbove
    isAbove = usage > maxMemoryUsage
    if (isAbove && !wasAbove) onExceeded(usage)
    else if (!isAbove && wasAbove) onUnder?.(usage)
  }, period)
}

function reportExceeded(usage: number): void {
  const hub = getHub()
  hub.platform.report(`gvent: the process uses ${(usage / 1e6).toFixed(0)} MB; ${hub.alive} greenlets are alive`)
}

/**
 * Calls `callback(greenlet)` for each greenlet that is started, right then. (gevent: `Greenlet.add_spawn_callback`.)
 *
 * @returns a function that ends it.
 */
export function addSpawnCallback(callback: (greenlet: Greenlet) => void): () => void {
  if (typeof callback !== 'function') throw badArgument('addSpawnCallback(callback)', 'a function', callback)
  return watchHub({
    started(greenlet) {
      try {
        callback(greenlet)
      } catch (error) {
        greenlet.hub.reportFailure('a spawn callback failed', error)
      }
    },
  })
}
