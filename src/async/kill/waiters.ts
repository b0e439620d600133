import { countWaits } from '../../scheduler/kernel/until.js'
import { liveCalls, running } from '../calls/call.js'
import { combinationOf } from './combinators.js'

// How many calls await a promise. Noted after a kill, and not at each `await`, which would cost it 15 ns; many
// kills at a time share it.
let counts = new Map<unknown, number>()
let countedAt = -1

/** How many calls await a promise, and greenlets too, unless those are known. @internal */
export function countWaiters(promise: Promise<unknown>, withGreenlets: boolean = true): number {
  if (countedAt !== running.parks) recount()
  return (counts.get(promise) ?? 0) + (withGreenlets ? countWaits(promise) : 0)
}

/** A call has let go of a promise. @internal */
export function forgetWaiter(promise: Promise<unknown>): void {
  if (countedAt === running.parks) count(promise, -1)
}

function recount(): void {
  counts = new Map()
  countedAt = running.parks
  for (const { awaited, interference } of liveCalls()) {
    if (awaited !== undefined && !interference?.isLeaving) count(awaited, 1)
  }
}

// The promise of a combinator is awaited on behalf of all that it was made of.
function count(promise: unknown, difference: number): void {
  counts.set(promise, (counts.get(promise) ?? 0) + difference)
  for (const input of combinationOf(promise)?.inputs ?? []) count(input, difference)
}
