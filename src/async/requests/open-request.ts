import { GreenletExit } from '../../scheduler/checks/errors.js'
import { isThenable } from '../../scheduler/checks/thenable.js'
import { callOf, type Call } from '../calls/call.js'
import { custodyOf } from '../kill/custody.js'
import { countWaiters } from '../kill/waiters.js'

/** So many calls are kept before those are looked for that have ended. */
const FEW_CALLS = 16

/** A request that is being answered, and the calls of async functions that began on its behalf. @internal */
export class OpenRequest {
  private calls: Call[] = []
  /** The call whose end is the answer. */
  private answer: Call | undefined
  private limit = FEW_CALLS
  /** How many are being killed. */
  private ending = 0
  /** Why those are killed that begin only now. */
  private lateReason: string | undefined

  /** @param ended is called when it is answered or was killed, and all that it had to do is done. */
  constructor(private readonly ended: (request: OpenRequest) => void) {}

  /** Notes a call that began on its behalf. */
  add(call: Call): void {
    if (this.calls.length >= this.limit) {
      this.calls = this.calls.filter(({ over }) => !over)
      this.limit = Math.max(FEW_CALLS, this.calls.length * 2)
    }
    this.calls.push(call)
    if (this.lateReason !== undefined && isHandler(call)) this.killCall(call, this.lateReason)
  }

  /** Notes what its handler returned. */
  answeredBy(result: unknown): void {
    if (isThenable(result)) this.answer = callOf(result)
  }

  /** Kills its handlers, for a reason. */
  kill(reason: string): void {
    const handlers = this.calls.filter((call) => (call === this.answer ? !call.over : isHandler(call)))
    for (const call of handlers) this.killCall(call, reason)
    if (handlers.length > 0) return
    // What begins behind a handler that was killed looks after its error; but here none has begun.
    this.lateReason = reason
    this.conclude()
  }

  /** It needs to be looked after no longer. */
  conclude(): void {
    this.ended(this)
  }

  private killCall(call: Call, reason: string): void {
    const custody = custodyOf(call)
    this.ending++
    custody.onEnded(() => {
      if (--this.ending === 0) this.conclude()
    })
    custody.interrupt(new GreenletExit(reason))
  }
}

// It belongs to no other call that goes on: a framework called it, from a function that has ended perhaps.
function isHandler(call: Call): boolean {
  const { parent, promise, over } = call
  if (over || promise === null) return false
  const isMade = parent !== null && 'call' in parent && parent.call !== null
  return !isMade && countWaiters(promise) === 0
}
