import { thread } from '../../scheduler/kernel/thread.js'
import { completeStacks, framesShown, splitStack, withoutLibrary } from '../../scheduler/kernel/stack.js'
import { running, type Call } from '../calls/call.js'
import { combinationOf } from '../kill/combinators.js'
import { placeOfCall } from './call-text.js'

/** To ask for the place of an `await` takes as long as so many stacks. */
const STACKS_A_PLACE = 10

/**
 * Lets the stack of an error that ends a call go on with those who await the call, as V8 does for native async functions:
 * once for each error, and for so many places a second only.
 */
function extendStack(call: Call, error: unknown): void {
  try {
    if (!(error instanceof Error) || completeStacks.has(error)) return
    completeStacks.add(error)
    const { errorStacks } = thread.hub
    if (!errorStacks.take() || typeof error.stack !== 'string') return
    const { text, frames } = splitStack(error.stack, error.message)
    const lines = withoutLibrary(frames)
    for (let next = waiterOf(call); next !== undefined && lines.length < framesShown(); next = waiterOf(next)) {
      const place = placeOfCall(next)
      if (place === '') break
      lines.push(place)
      errorStacks.spend(STACKS_A_PLACE)
    }
    Reflect.set(error, 'stack', [text, ...lines].join('\n'))
  } catch {
    // Looking at an error may run code of the program's own.
  }
}

// It is the one who made the call, for the most part; to look for others would take a look at all calls.
function waiterOf({ parent, promise }: Call): Call | undefined {
  if (parent === null || !('call' in parent) || parent.call === null) return undefined
  const { awaited } = parent.call
  const isAwaiting = awaited === promise || combinationOf(awaited)?.own.includes(promise) === true
  return isAwaiting ? parent.call : undefined
}

running.failed = extendStack
