import { keepTimersBelow } from '../../scheduler/kernel/timers/platform-timers.js'
import '../../scheduler/kernel/timers/program-timers.js'
import { platform } from './platform.js'
import { makeRandomSources } from './random-sources.js'
import { allOf, replaceProperties } from './replacement.js'
import { makeTimerFunctions, type TimerFunctions } from './time/simulated-timers.js'
import type { World } from './world.js'

/** The first time of a simulated clock: as in Go's synctest, midnight UTC of 1 January 2000. */
const EPOCH = Date.UTC(2000, 0, 1)

/**
 * Puts what the platform has of clocks, timers and chance under a simulation: `Date`, `performance.now`,
 * `process.hrtime`, the functions of timers, `AbortSignal.timeout`, `Math.random`, and what gives chance in `crypto` and
 * `node:crypto`. What a module took of `node:timers` is out of reach.
 *
 * @returns a function that puts back what was there.
 */
export function simulateGlobals(world: World): () => void {
  const { timeline } = world
  // Not taken before: a test runner's fake clock may have put its own there.
  const { crypto, performance, AbortSignal } = globalThis
  const timers = makeTimerFunctions(world)
  keepTimersBelow(timers.setTimeout)
  const sources = makeRandomSources(world.options.random)
  const { randomUUID, getRandomValues, randomBytes, randomInt } = sources
  const undo = allOf([
    ...replaceProperties(globalThis, { ...timers, Date: makeDate(() => EPOCH + timeline.now) }),
    ...replaceProperties(performance, { now: () => timeline.now }),
    ...replaceProperties(platform.process, { hrtime: makeHrtime(() => timeline.now) }),
    ...replaceProperties(AbortSignal, { timeout: makeSignalTimeout(timers.setTimeout) }),
    ...replaceProperties(Math, { random: sources.random }),
    ...replaceProperties(crypto, { randomUUID, getRandomValues }),
    ...replaceProperties(platform.crypto, { randomUUID, randomBytes, randomInt }),
  ])
  platform.syncExports()
  return () => {
    undo()
    platform.syncExports()
  }
}

/** A `Date` that knows of another present. */
export function makeDate(now: () => number): DateConstructor {
  return new Proxy(Date, {
    construct: (target, args, newTarget) =>
      Reflect.construct(target, args.length === 0 ? [now()] : args, newTarget) as Date,
    apply: () => new Date(now()).toString(),
    get: (target, key, receiver) => (key === 'now' ? now : (Reflect.get(target, key, receiver) as unknown)),
  })
}

function makeHrtime(now: () => number): NodeJS.HRTime {
  const bigint = (): bigint => BigInt(Math.round(now() * 1e6))
  const hrtime = (before?: [number, number]): [number, number] => {
    const [seconds, nanoseconds] = before ?? [0, 0]
    const time = bigint() - BigInt(seconds) * 1_000_000_000n - BigInt(nanoseconds)
    return [Number(time / 1_000_000_000n), Number(time % 1_000_000_000n)]
  }
  return Object.assign(hrtime, { bigint })
}

function makeSignalTimeout(setTimeout: TimerFunctions['setTimeout']): typeof AbortSignal.timeout {
  return (milliseconds) => {
    const controller = new AbortController()
    const abort = (): void => {
      controller.abort(new DOMException('The operation was aborted due to timeout', 'TimeoutError'))
    }
    setTimeout(abort, milliseconds).unref()
    return controller.signal
  }
}
