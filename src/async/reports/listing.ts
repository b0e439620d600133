import { thread } from '../../scheduler/kernel/thread.js'
import { countWaits } from '../../scheduler/kernel/until.js'
import { others, type Listed } from '../../scheduler/reports/listed.js'
import { liveCalls, onEntered, running, type Call } from '../calls/call.js'
import { keepApart } from '../calls/live.js'
import { combinationOf } from '../kill/combinators.js'
import { describeAwaited, describeCall, placeOfCall, shorten } from './call-text.js'

/** Every call that waits, as `dump` lists it: what it awaits, where, and who awaits it. */
function listCalls(): Listed[] {
  const calls = Array.from(liveCalls()).filter(({ scheduler }) => scheduler === running.scheduler)
  const waiters = new Map<unknown, Call[]>()
  for (const call of calls) noteWaiter(call, call.awaited, waiters)
  return calls.map((call) => ({
    key: call,
    parent: parentOf(call),
    summary: summarize(call, waiters.get(call.promise) ?? []),
    stack: placeOfCall(call),
    spawnedAt: '',
  }))
}

// A promise of `Promise.all` is awaited on behalf of all that it was made of.
function noteWaiter(call: Call, promise: unknown, waiters: Map<unknown, Call[]>): void {
  const known = waiters.get(promise)
  if (known === undefined) waiters.set(promise, [call])
  else known.push(call)
  for (const input of combinationOf(promise)?.inputs ?? []) noteWaiter(call, input, waiters)
}

function parentOf({ parent }: Call): object | undefined {
  if (parent === null) return undefined
  return 'call' in parent ? (parent.call ?? undefined) : parent
}

function summarize(call: Call, waiters: readonly Call[]): string {
  const awaits = call.awaited === undefined ? 'is about to go on' : `awaits ${describeAwaited(call)}`
  return `<${describeCall(call)} ${awaits}, ${describeWaiters(call, waiters)}>`
}

function describeWaiters({ promise }: Call, waiters: readonly Call[]): string {
  if (waiters.length > 0) return `awaited by ${shorten(waiters.map(describeCall))}`
  if (promise !== null && countWaits(promise) > 0) return 'awaited by a greenlet'
  return 'not awaited by compiled code'
}

let areLostReported = false

/** Reports a call that nothing can wake any more when it is collected. It costs some 50 µs a call. */
function reportLostCalls(): void {
  if (areLostReported) return
  areLostReported = true
  keepApart()
  const finalization = new FinalizationRegistry<string>((text) => {
    thread.hub.platform.report(
      `${text} is lost: nothing references what it awaits any more, so nothing can wake it, and its cleanup will not run.`,
    )
  })
  onEntered((call) => {
    const place = placeOfCall(call)
    finalization.register(call, `${describeCall(call)}${place === '' ? '' : `, which began\n${place}\n`}`, call)
  })
  running.ended = (call) => {
    finalization.unregister(call)
  }
}

others.list = listCalls
others.reportLost = reportLostCalls
if (others.areLostReported) reportLostCalls()
