import { badArgument } from '../../scheduler/checks/bad-argument.js'
import { checkDuration } from '../../scheduler/checks/check-duration.js'
import { checkOptions } from '../../scheduler/checks/check-options.js'
import { nameError } from '../../scheduler/checks/errors.js'
import { call } from '../../scheduler/greenlets/call.js'
import type { Coroutine } from '../../scheduler/kernel/frames.js'
import type { Operation } from '../../scheduler/kernel/operation.js'
import { thread } from '../../scheduler/kernel/thread.js'
import { watchHub, type HubListener } from '../observing/events/hub-events.js'

/** Raised by {@link assertSwitches}. */
export class FailedToSwitch extends Error {
  declare readonly name: 'FailedToSwitch'
  declare readonly code: 'GVENT_FAILED_TO_SWITCH'
}
nameError(FailedToSwitch, 'FailedToSwitch', 'GVENT_FAILED_TO_SWITCH')

/** Options of {@link assertSwitches}. */
export interface AssertSwitchesOptions {
  /** For how many milliseconds the function may run without a switch; without a limit it has to switch once. */
  maxBlockingTime?: number | undefined
}

/**
 * Calls a function, and raises an error if no other greenlet could run meanwhile, or held them up for too long: for tests.
 *
 * ```ts
 * const text = yield* assertSwitches(() => load(), { maxBlockingTime: 50 })
 * ```
 *
 * (gevent: `gevent.util.assert_switches`.)
 *
 * @param fn a function that gives a coroutine, an operation or a value.
 * @returns what it gives.
 * @throws FailedToSwitch; what the function raises.
 * Cancel safety: that of the function.
 */
export function assertSwitches<T>(
  fn: () => Coroutine<T> | Operation<T> | T,
  options: AssertSwitchesOptions = {},
): Operation<T> {
  if (typeof fn !== 'function')
    throw badArgument('assertSwitches(fn)', 'a function', fn, 'write assertSwitches(() => load())')
  checkOptions(options, { own: ['maxBlockingTime'] })
  const { maxBlockingTime } = options
  if (maxBlockingTime !== undefined) checkDuration(maxBlockingTime, 'assertSwitches({ maxBlockingTime })')
  return call(() => watch(fn, maxBlockingTime))
}

function* watch<T>(fn: () => Coroutine<T> | Operation<T> | T, limit: number | undefined): Coroutine<T> {
  const own = thread.greenlet!
  let switches = 0
  let longest = 0
  let last = performance.now()
  const measure = (): number => performance.now() - last
  const switched = (): void => {
    switches++
    longest = Math.max(longest, measure())
  }
  const listener: HubListener = {
    // The hub does not tell of the step in which this begins.
    stepping() {
      listener.stepping = undefined
      switched()
      last = performance.now()
    },
    stepped(greenlet) {
      if (greenlet === own) switched()
      last = performance.now()
    },
    turnBegan() {
      if (listener.stepping === undefined) last = performance.now()
    },
  }
  const stop = watchHub(listener)
  try {
    const value = yield* call(fn as () => Operation<T>)
    longest = Math.max(longest, measure())
    if (limit === undefined && switches === 0) throw new FailedToSwitch('no other greenlet could run')
    if (limit !== undefined && longest > limit)
      throw new FailedToSwitch(`it ran for ${longest.toFixed(0)} ms without a switch; ${limit} ms are allowed`)
    return value
  } finally {
    stop()
  }
}
