import type { Greenlet } from '../../../scheduler/greenlets/greenlet.js'
import { Fiber } from '../../../scheduler/kernel/fiber.js'
import { Hub } from '../../../scheduler/kernel/hub.js'
import { FairQueue } from '../../../scheduler/kernel/run-queue.js'
import { Timeout } from '../../../scheduler/kernel/timeout.js'
import { Wait } from '../../../scheduler/kernel/wait.js'
import { MethodHook } from './method-hook.js'

/** What happens in the hub. What is absent costs nothing; nobody may wait in any of it. */
export interface HubListener {
  /** A greenlet was started. */
  started?(greenlet: Greenlet): void
  /** One that was started has ended; its outcome is known, and nobody has been woken for it. */
  ended?(greenlet: Greenlet): void
  /** It goes to the back of the run queue: it was started, or what it waited for has come. */
  woken?(greenlet: Greenlet): void
  /** Somebody kills it. */
  killed?(greenlet: Greenlet, error: Error): void
  /** A time limit of what it does is up. */
  timedOut?(greenlet: Greenlet, error: unknown): void
  /** It has ended with an error that nobody waits for so far. */
  failed?(greenlet: Greenlet): void
  turnBegan?(): void
  turnEnded?(): void
}

const register = new MethodHook(Hub.prototype, 'register')
const unregister = new MethodHook(Hub.prototype, 'unregister')
const ready = new MethodHook(Hub.prototype, 'ready')
const noteKill = new MethodHook(Hub.prototype, 'noteKill')
const noteFailure = new MethodHook(Hub.prototype, 'noteFailure')
const interrupt = new MethodHook(Fiber.prototype, 'interrupt')
const expire = new MethodHook(Wait.prototype, 'expire')
const runReady = new MethodHook(FairQueue.prototype, 'runReady')

/** Tells `listener` what happens in the hubs of this thread. @returns a function that ends it. */
export function watchHub(listener: HubListener): () => void {
  const { started, ended, woken, killed, timedOut, failed, turnBegan, turnEnded } = listener
  const stops: (() => void)[] = []
  if (started !== undefined) stops.push(before(register, (_, greenlet) => listener.started!(greenlet)))
  if (ended !== undefined) stops.push(before(unregister, (_, greenlet) => listener.ended!(greenlet)))
  if (woken !== undefined) stops.push(before(ready, (_, greenlet) => listener.woken!(greenlet)))
  if (killed !== undefined) {
    stops.push(before(noteKill, (_, greenlet, error) => listener.killed!(greenlet, error as Error)))
  }
  if (failed !== undefined) stops.push(before(noteFailure, (_, greenlet) => listener.failed!(greenlet)))
  if (timedOut !== undefined) {
    stops.push(
      before(interrupt, (greenlet, error, source) => {
        if ((source as unknown) instanceof Timeout) listener.timedOut!(greenlet as Greenlet, error)
      }),
      before(expire, (wait, error) => {
        const { greenlet } = wait as Wait<unknown>
        if (greenlet !== null) listener.timedOut!(greenlet, error)
      }),
    )
  }
  if (turnBegan !== undefined || turnEnded !== undefined) {
    stops.push(
      runReady.add((original) => {
        return function (this: object): void {
          listener.turnBegan?.()
          try {
            original.call(this)
          } finally {
            listener.turnEnded?.()
          }
        }
      }),
    )
  }
  return () => {
    for (const stop of stops) stop()
  }
}

/** Calls `callback` before the method, with what that is called on and with. */
function before(hook: MethodHook, callback: (self: object, first: Greenlet, second: unknown) => void): () => void {
  return hook.add((original) => {
    return function (this: object, ...[first, second, third]: never[]): unknown {
      callback(this, first as Greenlet, second)
      return (original as (this: object, ...args: unknown[]) => unknown).call(this, first, second, third)
    }
  })
}
