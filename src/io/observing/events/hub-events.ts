import type { Greenlet } from '../../../scheduler/greenlets/greenlet.js'
import { Fiber } from '../../../scheduler/kernel/fiber.js'
import { Completion } from '../../../scheduler/kernel/fiber/completion.js'
import { Hub, type Instrument } from '../../../scheduler/kernel/hub.js'
import type { Runnable } from '../../../scheduler/kernel/runnable.js'
import { FairQueue } from '../../../scheduler/kernel/run-queue.js'
import { getHub } from '../../../scheduler/kernel/thread.js'
import { Timeout } from '../../../scheduler/kernel/timeout.js'
import { Wait } from '../../../scheduler/kernel/wait.js'
import { MethodHook } from './method-hook.js'

/** The events of the hub. What is absent costs nothing; nobody may wait in any of it. */
export interface HubListener {
  /** A greenlet was started. */
  readonly started?: (greenlet: Greenlet) => void
  /** It has ended, and those who wait for it are ready. */
  readonly ended?: (greenlet: Greenlet) => void
  /** It goes to the back of the run queue: it was started, or what it waited for has come. */
  readonly woken?: (greenlet: Greenlet) => void
  /** Somebody kills it. */
  readonly killed?: (greenlet: Greenlet, error: Error) => void
  /** A time limit of what it does is up. */
  readonly timedOut?: (greenlet: Greenlet, error: unknown) => void
  /** It has ended with an error that nothing waits for so far; the hub has asked for a `later` to decide on it. */
  readonly failed?: (greenlet: Greenlet) => void
  /** A step begins. It may be set to `undefined` when it is of no more use. */
  stepping?: (() => void) | undefined
  /** A step of it is over: it gave way, waits, or has ended. Steps that began before are not told of. */
  readonly stepped?: (greenlet: Greenlet) => void
  readonly turnBegan?: () => void
  readonly turnEnded?: () => void
}

const register = new MethodHook(Hub.prototype, 'register')
const complete = new MethodHook(Completion.prototype, 'complete')
const ready = new MethodHook(FairQueue.prototype, 'add')
const noteKill = new MethodHook(FairQueue.prototype, 'noteKill')
const noteFailure = new MethodHook(Hub.prototype, 'noteFailure')
const interrupt = new MethodHook(Fiber.prototype, 'interrupt')
const expire = new MethodHook(Wait.prototype, 'expire')
const stepWatched = new MethodHook(Hub.prototype, 'stepWatched')
const runReady = new MethodHook(FairQueue.prototype, 'runReady')

/** Tells `listener` what happens in the hubs of this thread. @returns a function that ends it. */
export function watchHub(listener: HubListener): () => void {
  const { started, ended, woken, killed, timedOut, failed, stepped, turnBegan, turnEnded } = listener
  const stops: (() => void)[] = []
  if (started !== undefined) stops.push(before(register, (_, greenlet) => started(greenlet)))
  if (ended !== undefined) stops.push(after(complete, (self) => ended(self as Greenlet)))
  if (woken !== undefined) stops.push(before(ready, (_, greenlet) => woken(greenlet)))
  if (killed !== undefined) {
    stops.push(before(noteKill, (_, greenlet, error) => killed(greenlet, error as Error)))
  }
  if (failed !== undefined) stops.push(after(noteFailure, (_, greenlet) => failed(greenlet)))
  if (timedOut !== undefined) {
    stops.push(
      before(interrupt, (greenlet, error, source) => {
        if (source instanceof Timeout) timedOut(greenlet as Greenlet, error)
      }),
      before(expire, (wait, error) => {
        const { greenlet } = wait as Wait<unknown>
        if (greenlet !== null) timedOut(greenlet, error)
      }),
    )
  }
  if (stepped !== undefined) stops.push(watchSteps(listener, stepped))
  if (turnBegan !== undefined || turnEnded !== undefined) {
    stops.push(
      runReady.add((original) => {
        return function (this: object): void {
          turnBegan?.()
          try {
            original.call(this)
          } finally {
            turnEnded?.()
          }
        }
      }),
    )
  }
  return () => {
    for (const stop of stops) stop()
  }
}

/** Calls `callback` after the method, with what that is called on and with. */
function after(hook: MethodHook, callback: (self: object, first: Greenlet) => void): () => void {
  return hook.add((original) => {
    const method = original as (this: object, first: unknown, second: unknown) => unknown
    return function (this: object, first: unknown, second: unknown): void {
      method.call(this, first, second)
      callback(this, first as Greenlet)
    }
  })
}

// As an instrument, but without a function for each step: that costs as much as the reading of a clock.
function watchSteps(listener: HubListener, stepped: (greenlet: Greenlet) => void): () => void {
  const marker: Instrument = {}
  const unmark = getHub().addInstrument(marker)
  const unhook = stepWatched.add((original) => {
    const method = original as (this: object, runnable: Runnable, instruments: readonly Instrument[]) => boolean
    return function (this: object, runnable: Runnable, instruments: readonly Instrument[]): boolean {
      if (listener.stepping !== undefined) listener.stepping()
      const isAlone = instruments.length === 1 && instruments[0] === marker
      const gaveWay = isAlone ? runnable.resume() : method.call(this, runnable, instruments)
      stepped(runnable as Greenlet)
      return gaveWay
    }
  })
  return () => {
    unhook()
    unmark()
  }
}

/** Calls `callback` before the method, with what that is called on and with. */
function before(hook: MethodHook, callback: (self: object, first: Greenlet, second: unknown) => void): () => void {
  return hook.add((original) => {
    const method = original as (this: object, first: unknown, second: unknown, third: unknown) => unknown
    return function (this: object, first: unknown, second: unknown, third: unknown): unknown {
      callback(this, first as Greenlet, second)
      return method.call(this, first, second, third)
    }
  })
}
