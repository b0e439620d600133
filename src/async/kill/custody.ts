import { GreenletExit, KilledError } from '../../scheduler/checks/errors.js'
import { thread } from '../../scheduler/kernel/thread.js'
import { Timer } from '../../scheduler/kernel/timers.js'
import { abandon } from '../../scheduler/kernel/until.js'
import type { Call, Interference } from '../calls/call.js'
import { ignore, nativeThen } from '../calls/intrinsics.js'
import { describeCall, placeOfCall } from '../reports/call-text.js'
import { excuse } from './rejections.js'
import { findWait, takenAlong } from './taken-along.js'
import { countWaiters, forgetWaiter } from './waiters.js'

/** How often a call that awaits in its cleanup is made to return before it is dropped as it is. */
const FORCED_RETURNS = 1000
/** So many microtasks after an operation was awaited it has begun, or its result has come. */
const ATTEMPTS = 5

/** Called when a call has ended, with what it returned or raised. @internal */
export type OnEnded = (value: unknown, failed: boolean) => void

/** The exceptions that were raised in a call from outside, or wait to be. @internal */
export class Custody implements Interference {
  isLeaving = false
  private killedWith: GreenletExit | undefined = undefined
  private grace: number | undefined = undefined
  private timer: Timer | null = null
  private forcedReturns = 0
  private isForced = false
  private readonly due: unknown[] = []
  /** Timeouts that were cancelled after they expired. */
  private readonly withdrawn = new Set<unknown>()
  private listeners: OnEnded[] = []
  private seenByOthers: KilledError | undefined = undefined
  private text: string = 'an async function'

  constructor(private readonly call: Call) {}

  /** Raises an error where the call awaits; at its next `await` if it runs. */
  interrupt(error: unknown, grace?: number): void {
    const { call } = this
    if (call.over) return
    this.withdrawn.delete(error)
    if (error instanceof GreenletExit) {
      // A second kill does not disturb the cleanup.
      if (this.killedWith !== undefined) return
      this.killedWith = error
      this.grace = grace
      // To find a name takes as long as to capture a stack.
      if (thread.hub.stacks.take()) this.text = describeCall(call)
    }
    if (call.awaited === undefined) this.due.push(error)
    else this.raise(error)
  }

  /** Takes an error back that was not raised yet. */
  withdraw(error: unknown): void {
    const index = this.due.indexOf(error)
    if (index === -1) this.withdrawn.add(error)
    else this.due.splice(index, 1)
  }

  /** Calls `listener` when the call has ended. */
  onEnded(listener: OnEnded): void {
    this.listeners.push(listener)
  }

  private raise(error: unknown, attempts = 0): void {
    const { call } = this
    const waiting = findWait(call)
    if (waiting === 'elsewhere' && attempts < ATTEMPTS) {
      // What begins then must not begin for nobody, and what comes then must not be lost.
      queueMicrotask(() => {
        if (call.over || this.withdrawn.delete(error)) return
        if (call.awaited === undefined) this.due.push(error)
        else this.raise(error, attempts + 1)
      })
      return
    }
    if (typeof waiting === 'object') {
      if (waiting.holdsOff()) this.due.push(error)
      else if (!waiting.interrupt(error)) {
        waiting.cancel()
        this.letGo()
        queueMicrotask(() => {
          this.raiseNow(error)
        })
      }
      return
    }
    const taken = takenAlong(call)
    const [first] = taken
    if (first === undefined) {
      this.raiseHere(error)
    } else if (taken.length === 1 && first.isAwaitedItself) {
      // It ends the await when it has cleaned up.
      custodyOf(first.call).interrupt(error, this.grace)
    } else {
      this.letGo()
      let left = taken.length
      for (const { call: inner } of taken) {
        const custody = custodyOf(inner)
        custody.onEnded(() => {
          if (--left === 0) {
            queueMicrotask(() => {
              this.raiseNow(error)
            })
          }
        })
        custody.interrupt(error, this.grace)
      }
    }
  }

  // What it awaits may have come already: then it is not lost, and the error is raised at the next `await`.
  private raiseHere(error: unknown): void {
    const { call } = this
    const { awaited } = call
    if (awaited !== undefined && !this.isLeaving) forgetWaiter(awaited)
    this.isLeaving = true
    queueMicrotask(() => {
      if (call.over || this.withdrawn.delete(error)) return
      if (call.awaited === undefined) this.due.push(error)
      else if (call.awaited !== awaited) this.raise(error)
      else {
        this.letGo()
        this.raiseNow(error)
      }
    })
  }

  private letGo(): void {
    const { awaited } = this.call
    this.call.letGo()
    if (awaited === undefined) return
    if (!this.isLeaving) forgetWaiter(awaited)
    this.isLeaving = false
    if (countWaiters(awaited) === 0) abandon(awaited)
  }

  private raiseNow(error: unknown): void {
    const { call } = this
    if (call.over) return
    if (call.scheduler !== null) call.scheduler.ready(call, error, true)
    // In the context in which it runs, not in that of the killer.
    else if (call.context === null) call.go(error, true)
    else thread.hub.platform.contexts!.run(call.context, goFailed, { call, error })
  }

  parked(): void {
    const { call } = this
    this.isLeaving = false
    if (this.isForced) {
      this.returnByForce()
      return
    }
    if (this.due.length > 0) this.raise(this.due.shift())
    else if (this.killedWith !== undefined && this.timer === null && !call.over) this.startGrace()
  }

  private startGrace(): void {
    const { hub } = thread
    const grace = this.grace ?? hub.grace
    this.timer = new Timer<unknown>(() => {
      this.force(grace)
    }, undefined)
    hub.startTimer(this.timer, grace)
  }

  // A catch swallowed the kill: from now on every `await` is answered with a return.
  private force(grace: number): void {
    const { call } = this
    this.timer = null
    const waiting = findWait(call)
    if (typeof waiting === 'object' && waiting.holdsOff()) {
      this.startGrace()
      return
    }
    thread.hub.platform.report(
      `${describeCall(call)} was killed ${grace / 1000} s ago, caught the kill and is still waiting; it is ended by force. ` +
        `Rethrow GreenletExit: catch (error) { if (error instanceof GreenletExit) throw error; … }\n${placeOfCall(call)}`,
    )
    this.isForced = true
    if (typeof waiting === 'object') waiting.cancel()
    this.returnByForce()
  }

  private returnByForce(): void {
    const { call } = this
    if (++this.forcedReturns <= FORCED_RETURNS) {
      this.letGo()
      call.goReturn(this.killedWith)
      return
    }
    thread.hub.platform.report(`${describeCall(call)} never stops awaiting in its cleanup; it is abandoned there`)
    call.letGo()
    call.abandon(this.killedWith)
  }

  // What it took along says so by the error that others see.
  received(error: unknown): unknown {
    const { killedWith } = this
    return killedWith !== undefined && error instanceof KilledError && error.cause === killedWith ? killedWith : error
  }

  failure(error: unknown, promise: Promise<unknown>): unknown {
    if (error !== this.killedWith || error === undefined) return error
    nativeThen.call(promise, undefined, ignore)
    this.seenByOthers ??= new KilledError(this.text, error as GreenletExit)
    excuse(this.seenByOthers)
    return this.seenByOthers
  }

  ended(value: unknown, failed: boolean): void {
    if (this.timer !== null) thread.hub.stopTimer(this.timer)
    this.timer = null
    const { listeners } = this
    this.listeners = []
    for (const listener of listeners) listener(value, failed)
  }
}

function goFailed({ call, error }: { call: Call; error: unknown }): void {
  call.go(error, true)
}

/** Returns the custody of a call, which it has from now on. @internal */
export function custodyOf(call: Call): Custody {
  return (call.interference ??= new Custody(call)) as Custody
}
