import { thread } from '../../scheduler/kernel/thread.js'
import { AwaitedOperation } from '../calls/awaited-operation.js'
import { callBehind, callOf, type Call } from '../calls/call.js'
import { combinationOf } from './combinators.js'
import { countWaiters } from './waiters.js'

/** A call that a killed one takes along. @internal */
export interface Taken {
  readonly call: Call
  /** Whether the killed one awaits its promise, and not one that was made of several. */
  readonly isAwaitedItself: boolean
}

/**
 * Finds the calls that a kill takes along: the calls that the killed one made itself and awaits, directly or through a combinator, and
 * that nobody else waits for. All else is let go.
 * @internal
 */
export function takenAlong(call: Call): Taken[] {
  const taken: Taken[] = []
  if (call.awaited !== undefined) collect(call, call.awaited, true, taken)
  return taken
}

function collect(call: Call, promise: Promise<unknown>, isAwaitedItself: boolean, taken: Taken[]): void {
  const maker = callBehind(promise)
  if (maker === undefined) {
    for (const input of combinationOf(promise)?.inputs ?? []) collect(call, input as Promise<unknown>, false, taken)
    return
  }
  const inner = callOf(promise)!
  if (inner.over || call.cell === null || maker.parent !== call.cell) return
  if (countWaiters(promise) > 1) return
  taken.push({ call: inner, isAwaitedItself })
}

/** The wait for an operation that a call awaits. @internal */
export interface OperationWait {
  /** Whether the operation holds kills off until it is done. */
  holdsOff(): boolean
  /** Raises an error in its work. @returns whether there is any. */
  interrupt(error: unknown): boolean
  /** Gives it up, so that it takes nothing. */
  cancel(): void
}

/**
 * Finds the wait for an operation that a call awaits.
 * @returns `'elsewhere'` when it has not begun, or its result is on the way; `undefined` when the call awaits no operation.
 * @internal
 */
export function findWait({ thenable }: Call): OperationWait | 'elsewhere' | undefined {
  if (!(thenable instanceof AwaitedOperation)) return undefined
  const wait = thenable.pendingWait
  if (wait === undefined) return 'elsewhere'
  return {
    holdsOff: () => wait.isHeldOff,
    interrupt: (error) => wait.interrupt(error),
    cancel: () => {
      thread.hub.outside.delete(wait)
      wait.cancel()
    },
  }
}
