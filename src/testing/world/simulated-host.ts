import type { Host } from '../../scheduler/kernel/host.js'
import { NamedTimer } from './time/named-timer.js'
import type { SimulatedQueue } from './simulated-queue.js'
import type { Timeline } from './time/timeline.js'
import type { Verdicts } from './verdicts.js'

/** The run on whose clock a host is. */
export interface HostedRun {
  readonly timeline: Timeline
  readonly queue: SimulatedQueue
  readonly verdicts: Verdicts
}

/** Makes the host of a simulated hub: the clock is the world's, the ambient context that of the real host. */
export function makeSimulatedHost(run: HostedRun, real: Host): Host {
  return {
    now: () => run.timeline.now,
    soon: (callback) => {
      run.queue.soon(callback)
    },
    later: (callback) => {
      run.queue.addLater(callback)
    },
    startTimer: (milliseconds, callback) => {
      const timer = new NamedTimer('a timer of the platform rings', callback)
      run.timeline.start(timer, milliseconds)
      return timer
    },
    stopTimer: (timer) => {
      run.timeline.stop(timer as NamedTimer)
    },
    contexts: real.contexts,
    report: (text) => {
      run.verdicts.reports.push(text)
    },
    raiseUnobserved: () => false,
    markFailed: (error) => {
      run.verdicts.failReported(error)
    },
    locateCode: real.locateCode,
    inspect: (value) => real.inspect(value),
    trapSignals: () => () => undefined,
  }
}
