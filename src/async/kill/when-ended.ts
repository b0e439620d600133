import type { Call } from '../calls/call.js'
import { NativePromise, nativeThen } from '../calls/intrinsics.js'
import { custodyOf, type OnEnded } from './custody.js'

/**
 * Calls `listener` when a call has ended and its promise settles, with what the call raised: its own kill as it is. The
 * promise itself is not looked at: a rejection that nobody else handles stays one.
 * @internal
 */
export function whenEnded(call: Call, listener: OnEnded): void {
  custodyOf(call).onEnded((value, failed) => {
    if (failed) listener(value, true)
    else if (call.successor !== null) follow(call.successor, value as Promise<unknown>, listener)
    else pass(value, listener)
  })
}

function follow(successor: Call, promise: Promise<unknown>, listener: OnEnded): void {
  if (successor.over) pass(promise, listener)
  else whenEnded(successor, listener)
}

// What it returned without an `await` is handled by its own promise already.
function pass(value: unknown, listener: OnEnded): void {
  const { then } = Object(value) as { then?: unknown }
  if (typeof then !== 'function') {
    listener(value, false)
    return
  }
  const promise = value instanceof NativePromise ? value : NativePromise.resolve(value)
  nativeThen.call(
    promise,
    (result) => {
      listener(result, false)
    },
    (error) => {
      listener(error, true)
    },
  )
}
