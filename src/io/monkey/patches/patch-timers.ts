import { clearImmediate, clearTimeout, setImmediate, setTimeout } from 'node:timers'
import timers from 'node:timers/promises'
import { hub, thread } from '../../../scheduler/kernel/thread.js'
import { Timer } from '../../../scheduler/kernel/timers.js'
import { abortableCall } from '../green/abortable-call.js'
import { applyPart, type Part } from '../patch-part.js'
import type { Replacement } from '../patch-table.js'
import { makeIterable } from '../../../scheduler/waits/iterable-while-green.js'

// Taken once: what a test puts in their place is for the program.
const platform = { setTimeout, clearTimeout, setImmediate, clearImmediate }

const withOptions = abortableCall(() => 2)
const immediateWithOptions = abortableCall(() => 1)
const waitWithOptions = abortableCall(() => 1)

// With a signal Node gives a promise that is settled some microtasks later. Without one it does what is done here, which
// can be stopped without a signal.
const delay: Replacement = (original, receiver, args) => {
  const [milliseconds, value, options] = args
  if (options !== undefined || !isDelay(milliseconds)) return withOptions(original, receiver, args)
  return start('setTimeout', milliseconds, value)
}

const wait: Replacement = (original, receiver, args) => {
  const [milliseconds, options] = args
  const isPlain = receiver === timers.scheduler && options === undefined && isDelay(milliseconds)
  if (!isPlain) return waitWithOptions(original, receiver, args)
  return start('scheduler.wait', milliseconds, undefined)
}

const immediate: Replacement = (original, receiver, args) => {
  const [value, options] = args
  if (options !== undefined || isSimulated()) return immediateWithOptions(original, receiver, args)
  let handle: NodeJS.Immediate
  const promise = new Promise((resolve) => {
    handle = platform.setImmediate(resolve, value)
  })
  return makeIterable(promise, {
    describe: () => 'setImmediate()',
    cancel: () => {
      platform.clearImmediate(handle)
    },
  })
}

function isDelay(milliseconds: unknown): milliseconds is number | undefined {
  return milliseconds === undefined || typeof milliseconds === 'number'
}

function start(name: string, milliseconds: number | undefined, value: unknown): Promise<unknown> {
  let stop: () => void
  const promise = new Promise((resolve) => {
    stop = (isSimulated() ? startSimulated : startReal)(milliseconds, () => {
      resolve(value)
    })
  })
  return makeIterable(promise, {
    describe: () => `${name}(${milliseconds ?? ''})`,
    cancel: () => {
      stop()
    },
  })
}

function startReal(milliseconds: number | undefined, ring: () => void): () => void {
  const timeout = platform.setTimeout(ring, milliseconds)
  return () => {
    platform.clearTimeout(timeout)
  }
}

// On the virtual clock, whose hub is another one than the thread's own.
function startSimulated(milliseconds: number | undefined, ring: () => void): () => void {
  const { hub } = thread
  const timer = new Timer(ring, undefined)
  hub.startTimer(timer, Math.max(1, Math.trunc(milliseconds ?? 1)))
  return () => {
    hub.stopTimer(timer)
  }
}

function isSimulated(): boolean {
  return thread.hub !== hub
}

// In Node it is the prototype, in Bun the object itself.
function whereWaitIs(): object {
  const { scheduler } = timers
  return Object.hasOwn(scheduler, 'wait') ? scheduler : (Object.getPrototypeOf(scheduler) as object)
}

/** The part that {@link patchTimers} patches. */
export const timersPart: Part = {
  name: 'timers',
  by: 'patchTimers',
  gevent: 'patch_time',
  cooperative: [
    {
      what: 'timers.promises.setTimeout(), setImmediate(), scheduler.wait()',
      gives: 'the value, when the time is up',
      givingUp: 'clears the timer',
    },
  ],
  cannot:
    '`setTimeout(callback)` works as before, in a simulation on its clock with `globals: true`; for `setInterval` of ' +
    '`timers/promises` loop over `each(setInterval(1000))`',
  tables: [
    { name: 'timers.promises', target: () => timers, replaces: { setTimeout: delay, setImmediate: immediate } },
    {
      name: 'timers.promises.scheduler',
      target: whereWaitIs,
      replaces: { wait },
    },
  ],
}

/**
 * Lets the timers of `node:timers/promises` be waited for in a greenlet: `yield* setTimeout(1000)`. In a simulation they
 * go by its clock.
 *
 * @returns whether anything changed: `false` if it was patched before.
 */
export function patchTimers(): boolean {
  return applyPart(timersPart)
}
