import { LightError } from '../checks/errors.js'
import type { Driven } from '../kernel/frames.js'
import { parkedCallers } from './parked-stack.js'
import { captureStack, completeStacks, framesShown, splitStack, stackAboveHub, withoutLibrary } from './stack.js'

/** Stands between what another greenlet did, and the place where the error that came of it was raised. */
const RAISED = '  raised at'

/**
 * Lets the stack of an error that is raised in a greenlet go on with the functions that called the one that raises it:
 * each has a frame of its own, and the engine's stack ends at the hub. (V8 does the same for async functions.) It is done
 * once for each error, and for so many frames a second only: each costs ten microseconds or more.
 *
 * @param below the function that raises it on behalf of a wait: then the stack goes on with the function that waited,
 *   since the error may come from anywhere. Without it, the error was raised in the frame that it leaves now.
 * @param isCall whether what `below` stands for called the function that raised it, and did not only wait.
 * @internal
 */
export function extendStack(
  error: unknown,
  greenlet: Driven,
  below?: unknown,
  isCall: boolean = below === undefined,
): void {
  try {
    if (!(error instanceof Error) || completeStacks.has(error)) return
    completeStacks.add(error)
    const { errorStacks } = greenlet.hub
    if (!errorStacks.take()) return
    const most = framesShown()
    const place = below === undefined ? [] : stackAboveHub((frames) => captureStack(below, frames))
    const lines = [...place, ...parkedCallers(greenlet, most - place.length)]
    errorStacks.spend(lines.length)
    if (LightError.isLight(error)) setStack(error, String(error), [], lines)
    else if (isCall) extendForCall(error, greenlet, lines)
    else extendForWait(error, place, lines)
  } catch {
    // Looking at an error may run code of the program's own.
  }
}

function extendForCall(error: Error, greenlet: Driven, callers: readonly string[]): void {
  // The program may have its own way to render a stack, which need not give a text.
  if (typeof error.stack !== 'string') return
  const { text, frames, isGreen } = splitStack(error.stack, error.message)
  // One that was made elsewhere and only thrown here says where it was made, as everywhere in the language.
  if (!isGreen) return
  setStack(error, text, frames, callers)
  for (const part of partsOf(error)) {
    if (!(part instanceof Error) || LightError.isLight(part) || completeStacks.has(part)) continue
    completeStacks.add(part)
    if (greenlet.hub.errorStacks.take()) extendForCall(part, greenlet, callers)
  }
}

function extendForWait(error: Error, place: readonly string[], lines: readonly string[]): void {
  if (typeof error.stack !== 'string') return
  const { text, frames: all, isGreen } = splitStack(error.stack, error.message)
  // How the library came to give the error to who waits says nothing.
  const frames = withoutLibrary(all)
  // The engine keeps so few frames that the hub may be missing where the library called itself often.
  if (place.length > 0 && endsWith(frames, place)) setStack(error, text, frames, lines.slice(place.length))
  else if (!isGreen || frames.length === 0) setStack(error, text, frames, lines)
  else setStack(error, text, frames, [RAISED, ...lines])
}

function setStack(error: Error, text: string, frames: readonly string[], more: readonly string[]): void {
  Reflect.set(
    error,
    'stack',
    [text, ...[...frames, ...more].slice(0, Math.max(framesShown(), frames.length))].join('\n'),
  )
}

// What it was made of was caught in the same frame, or it would be completeStacks of already.
function partsOf(error: Error): unknown[] {
  const { cause, errors } = error as { cause?: unknown; errors?: unknown }
  return Array.isArray(errors) ? [cause, ...(errors as unknown[])] : [cause]
}

function endsWith(lines: readonly string[], end: readonly string[]): boolean {
  return end.every((line, index) => lines[lines.length - end.length + index] === line)
}
