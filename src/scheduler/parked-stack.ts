import { CallIterator, type Frame, type Frames } from './frames.js'
import { probe, probed } from './wait.js'
import { formatStackAboveHub, type CapturedStack } from './stack.js'

const UNKNOWN = '    at a plain `yield` (write `yield*` to see the line here)'

/**
 * The whole stack of where a greenlet is parked, innermost frame first. Its generators are resumed with a sentinel
 * that the wait at the bottom of them answers with its stack; nothing of the user's code runs. A frame that is parked
 * on a plain `yield` cannot be asked, since that would resume it: of those the name is all that is known.
 * @internal
 */
export function parkedStack(greenlet: Frames): string {
  const { frame, callers, wait } = greenlet
  if (frame === null) return ''
  const lines = wait?.delegated ? formatStackAboveHub(askParkedFrame(frame)) : [UNKNOWN]
  for (let index = (callers?.length ?? 0) - 2; index >= 0; index -= 2) {
    const caller = callers![index + 1] as Frame
    if (callers![index] instanceof CallIterator) lines.push(...formatStackAboveHub(askParkedFrame(caller)))
    else lines.push(UNKNOWN)
  }
  return lines.join('\n')
}

/** The stacks of the callers of its innermost frame, those only that can be asked, and no more than `most`. @internal */
export function parkedCallers({ callers }: Frames, most: number): CapturedStack[] {
  const stacks: CapturedStack[] = []
  for (let index = (callers?.length ?? 0) - 2; index >= 0 && stacks.length < most; index -= 2) {
    if (callers![index] instanceof CallIterator) stacks.push(askParkedFrame(callers![index + 1] as Frame))
  }
  return stacks
}

function askParkedFrame(frame: Frame): CapturedStack {
  const stack: CapturedStack = {}
  probed.stack = stack
  frame.next(probe)
  probed.stack = undefined
  return stack
}
