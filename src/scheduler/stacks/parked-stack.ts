import { Calling, type Frame, type Driven } from '../kernel/frames.js'
import type { CapturedStack } from '../checks/captured-stack.js'
import { captureInto, stackAboveHub } from './stack.js'
import { thread } from '../kernel/thread.js'
import { probe, probed } from '../kernel/wait-iterator.js'

/** Stands for a frame that is parked on a plain `yield`. @internal */
export const UNKNOWN = '    at a plain `yield` (write `yield*` to see the line here)'

/**
 * The whole stack of where a greenlet is parked, innermost frame first. Its generators are resumed with a sentinel
 * that the wait at the bottom of them answers with its stack; nothing of the user's code runs. A frame that is parked
 * on a plain `yield` cannot be asked, since that would resume it: of those the name is all that is known.
 * @internal
 */
export function parkedStack(greenlet: Driven): string {
  const { frame, wait } = greenlet
  if (frame === null) return ''
  // The frame that runs cannot be asked.
  const isRunning = wait === null && thread.greenlet === greenlet
  const lines = isRunning ? [] : wait?.delegated ? linesOf(frame) : [UNKNOWN]
  return [...lines, ...linesOfCallers(greenlet, Infinity)].join('\n')
}

/**
 * The lines of the callers of its innermost frame, and of those of the greenlet that it runs a call for; no more frames
 * of them than make `most` lines.
 * @internal
 */
export function parkedCallers(greenlet: Driven, most: number): string[] {
  const lines = linesOfCallers(greenlet, most)
  for (let { caller } = greenlet; caller?.frame && lines.length < most; { caller } = caller) {
    lines.push(...(caller.wait?.delegated ? linesOf(caller.frame) : [UNKNOWN]))
    lines.push(...linesOfCallers(caller, most - lines.length))
  }
  return lines
}

function linesOfCallers({ callers }: Driven, most: number): string[] {
  const lines: string[] = []
  for (let index = (callers?.length ?? 0) - 2; index >= 0 && lines.length < most; index -= 2) {
    const canBeAsked = callers![index] instanceof Calling
    lines.push(...(canBeAsked ? linesOf(callers![index + 1] as Frame) : [UNKNOWN]))
  }
  return lines
}

function linesOf(frame: Frame): string[] {
  return stackAboveHub((frames) => askParkedFrame(frame, frames))
}

function askParkedFrame(frame: Frame, frames: number): CapturedStack {
  const stack: CapturedStack = {}
  probed.answer = (below) => {
    captureInto(stack, below, frames)
  }
  frame.next(probe)
  return stack
}
keepNames({ askParkedFrame })

/**
 * Keeps the names of functions by which the hub is distinguished from a program, where a minifier shortens names.
 * @internal
 */
export function keepNames(functions: Record<string, (...args: never[]) => unknown>): void {
  for (const [name, fn] of Object.entries(functions)) Object.defineProperty(fn, 'name', { value: name })
}
