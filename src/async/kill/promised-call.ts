import { GreenletExit } from '../../scheduler/checks/errors.js'
import { findWork, type PromisedWork } from '../../scheduler/kernel/until.js'
import { callBehind, callOf, maker } from '../calls/call.js'
import { describeCall } from '../reports/call-text.js'
import { custodyOf } from './custody.js'
import { countWaiters } from './waiters.js'
import { whenEnded } from './when-ended.js'

/** Finds the call behind a promise that a greenlet waits for. */
function workBehind(promise: Promise<unknown>): PromisedWork | undefined {
  const first = callBehind(promise)
  if (first === undefined) return undefined
  const { parent } = first
  // How many greenlets wait is counted by those who ask.
  const isAwaited = (): boolean => countWaiters(promise, false) > 0
  return {
    isOwn: () => parent !== null && parent === maker(),
    cancel() {
      if (!isAwaited()) custodyOf(callOf(promise)!).interrupt(new GreenletExit())
    },
    interrupt(error, ended) {
      const call = callOf(promise)!
      if (call.over || isAwaited()) return false
      whenEnded(call, ended)
      custodyOf(call).interrupt(error)
      return true
    },
    isExternal: () => first.scheduler === null,
    describe: () => describeCall(callOf(promise)!),
  }
}

findWork((promise) => workBehind(promise as Promise<unknown>))
