import type { Host } from '../../scheduler/kernel/host.js'
import { NamedTimer } from './named-timer.js'
import type { World } from './world.js'

/** What a simulated hub stands on: the clock is the world's, the ambient context that of the real host. */
export function makeSimulatedHost(world: World, real: Host): Host {
  return {
    now: () => world.timeline.now,
    soon: (callback) => {
      world.soon(callback)
    },
    later: (callback) => {
      world.callLater(callback)
    },
    startTimer: (milliseconds, callback) => {
      const timer = new NamedTimer('a timer of the platform rings', callback)
      world.timeline.start(timer, milliseconds)
      return timer
    },
    stopTimer: (timer) => {
      world.timeline.stop(timer as NamedTimer)
    },
    captureContext: real.captureContext,
    contextIsImmutable: real.contextIsImmutable,
    report: (text) => {
      world.reports.push(text)
    },
    markFailed: () => {
      world.failReported()
    },
    inspect: (value) => real.inspect(value),
    trapSignals: () => () => undefined,
  }
}
