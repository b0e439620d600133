import type { Host } from '../../scheduler/kernel/host.js'
import type { World } from './world.js'

/** What a simulated hub stands on: the clock is the world's, the ambient context that of the real host. */
export function makeSimulatedHost(world: World, real: Host): Host {
  return {
    now: () => world.timeline.now,
    soon: (callback) => {
      world.callSoon(callback)
    },
    later: (callback) => {
      world.callLater(callback)
    },
    // The timers of a simulated hub are the world's own: it never asks for one of the platform.
    startTimer: () => {
      throw new Error('a simulation has no timer of the platform')
    },
    stopTimer: () => undefined,
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
