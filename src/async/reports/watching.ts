import { countWaits } from '../../scheduler/kernel/until.js'
import { others, type CallListener, type LeftCall, type StepListener } from '../../scheduler/reports/listed.js'
import { running, type Call } from '../calls/call.js'
import { describeAwaited, describeCall } from './call-text.js'

const listeners = new Set<CallListener>()

/** Has calls watched. It costs nothing before: then the field that says which call runs becomes a function. */
function watchCalls(listener: CallListener): () => void {
  listeners.add(listener)
  if (listeners.size === 1) watch()
  return () => {
    if (listeners.delete(listener) && listeners.size === 0) unwatch()
  }
}

function watch(): void {
  let { call: current } = running
  // Those whose code runs: each was begun by the one below it.
  const stack = current === null ? [] : [current]
  Object.defineProperty(running, 'call', {
    configurable: true,
    enumerable: true,
    get: () => current,
    set(call: Call | null) {
      const before = current
      current = call
      if (before === call) return
      // It is set to the one below again when one is left.
      if (call === (stack.at(-2) ?? null)) {
        stack.pop()
        for (const listener of listeners) listener.left(before!)
      } else {
        stack.push(call!)
        for (const listener of listeners) listener.entered(call!)
      }
    },
  })
}

function unwatch(): void {
  const { call: value } = running
  Object.defineProperty(running, 'call', { configurable: true, enumerable: true, writable: true, value })
}

/** Has the steps of calls watched, those that one makes in the step of another left out. */
function watchSteps(listener: StepListener): () => void {
  let depth = running.call === null ? 0 : 1
  // By the end of its step it may have ended.
  let describe = (): string => ''
  return watchCalls({
    entered(call) {
      if (depth++ > 0) return
      const { generator } = call as Call
      describe = () => describeCall({ generator })
      listener.began()
    },
    left() {
      if (--depth === 0) listener.ended(describe)
    },
  })
}

function tell(left: object): LeftCall {
  const call = left as Call
  const { over: isOver } = call
  return { isOver, awaits: isOver ? '' : describeAwaited(call), greenlet: waiterOf(call) }
}

function waiterOf({ parent, promise }: Call): object | undefined {
  const isAwaited = parent !== null && !('call' in parent) && promise !== null && countWaits(promise) > 0
  return isAwaited ? parent : undefined
}

others.watchCalls = watchCalls
others.watchSteps = watchSteps
others.tellCall = tell
others.describeCall = (call) => describeCall(call as Call)
