import { thread } from '../../scheduler/kernel/thread.js'
import { completeStacks, framesShown, splitStack, withoutLibrary } from '../../scheduler/stacks/stack.js'
import { isOwnFrame } from '../../scheduler/checks/own-frames.js'
import { running, type Call } from '../calls/call.js'
import { combinationOf } from '../kill/combinators.js'
import { placeOfCall } from './call-text.js'

/** To ask for the place of an `await` takes as long as so many stacks. */
const STACKS_A_PLACE = 10

/** Errors whose stack has the frames of the program as it was written. */
const writtenStacks = new WeakSet<Error>()

/**
 * Lets the stack of an error that ends a call go on with those who await the call, as V8 does for native async
 * functions:
 * once for each error, and for so many places a second only. The functions that begin lowered code are left out.
 */
function extendStack(call: Call, error: unknown): void {
  try {
    if (!(error instanceof Error) || completeStacks.has(error)) return
    // One that was over at once has its callers in its stack; those may await, and fail by it later.
    const isOver = call.promise === null
    if (isOver && writtenStacks.has(error)) return
    const noted = isOver ? writtenStacks : completeStacks
    noted.add(error)
    const { errorStacks } = thread.hub
    if (!errorStacks.take() || typeof error.stack !== 'string') return
    const { text, frames } = splitStack(error.stack, error.message)
    const lines = withoutLowering(frames)
    for (
      let next = isOver ? undefined : waiterOf(call);
      next !== undefined && lines.length < framesShown();
      next = waiterOf(next)
    ) {
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

/**
 * The frames of a program as it was written: without the functions that begin lowered code, and under its own names.
 */
function withoutLowering(frames: readonly string[]): string[] {
  const written = frames.filter((_, index) => !BEGINS.test(frames[index - 1] ?? '') || !isOwnFrame(frames[index - 1]!))
  return withoutLibrary(written).map((line) => line.replace(/\$g_*\d+(?= \()/, ''))
}

const BEGINS = /^\s*at (?:begin|start|startGenerator) /

// It is mostly the caller; to look for others would take a look at all calls.
function waiterOf({ parent, promise }: Call): Call | undefined {
  if (parent === null || !('call' in parent) || parent.call === null) return undefined
  const { awaited } = parent.call
  const isAwaiting = awaited === promise || combinationOf(awaited)?.inputs.includes(promise) === true
  return isAwaiting ? parent.call : undefined
}

running.failed = extendStack
