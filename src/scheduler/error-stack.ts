import { LightError } from './errors.js'
import type { Greenlet } from './greenlet.js'
import { parkedCallers } from './parked-stack.js'
import { captureStack, formatStackAboveHub, framesShown, splitStack, type CapturedStack } from './stack.js'

/** Errors whose stack goes on already, or is to stay as it is. */
const told = new WeakSet<Error>()

/**
 * Lets the stack of an error that is raised in a greenlet go on with the functions that called the one that raises it:
 * each has a frame of its own, and the engine's stack ends at the hub. (V8 does the same for async functions.) It is done
 * once for each error, and so many times a second only: it costs microseconds.
 *
 * @param below the function that raises it on behalf of a wait: then the stack goes on with the function that waited,
 *   since the error may come from anywhere. Without it, the error was raised in the frame that it leaves now.
 * @internal
 */
export function tellCallers(error: unknown, greenlet: Greenlet, below?: unknown): void {
  try {
    if (!(error instanceof Error)) return
    const { errorStacks } = greenlet.hub
    if (error instanceof LightError) {
      if (!Object.hasOwn(error, 'stack') && errorStacks.take()) tellLater(error, framesOf(greenlet, below))
    } else if (!told.has(error)) {
      told.add(error)
      if (errorStacks.take()) tellNow(error, framesOf(greenlet, below))
    }
  } catch {
    // Looking at an error may run code of the program's own.
  }
}

/** Leaves the stack of an error as it is from now on. @internal */
export function keepStack(error: unknown): void {
  if (Object(error) === error) told.add(error as Error)
}

function framesOf(greenlet: Greenlet, below: unknown): CapturedStack[] {
  const callers = parkedCallers(greenlet, framesShown())
  return below === undefined ? callers : [captureStack(below), ...callers]
}

// Most kills and timeouts are never looked at.
function tellLater(error: LightError, stacks: readonly CapturedStack[]): void {
  const text = String(error)
  Object.defineProperty(error, 'stack', {
    configurable: true,
    get: () => [text, ...linesOf(stacks).slice(0, framesShown())].join('\n'),
    set(value: unknown) {
      Object.defineProperty(error, 'stack', { configurable: true, writable: true, value })
    },
  })
}

function tellNow(error: Error, stacks: readonly CapturedStack[]): void {
  // The program may have its own way to render a stack, which need not give a text.
  if (typeof error.stack !== 'string') return
  const { text, frames } = splitStack(error.stack)
  const room = framesShown() - frames.length
  const lines = room > 0 ? linesOf(stacks).slice(0, room) : []
  if (lines.length > 0) Reflect.set(error, 'stack', [text, ...frames, ...lines].join('\n'))
}

function linesOf(stacks: readonly CapturedStack[]): string[] {
  return stacks.flatMap((stack) => formatStackAboveHub(stack))
}
