import { CallIterator, type Frame, type Frames } from './frames.js'
import { probe, probed } from './operation.js'
import { formatStackAbove } from './stack.js'

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
  const stacks = [wait?.delegated ? askParkedFrame(frame) : UNKNOWN]
  for (let index = (callers?.length ?? 0) - 2; index >= 0; index -= 2) {
    const caller = callers![index + 1] as Frame
    stacks.push(callers![index] instanceof CallIterator ? askParkedFrame(caller) : UNKNOWN)
  }
  return stacks.filter((stack) => stack !== '').join('\n')
}

function askParkedFrame(frame: Frame): string {
  delete probed.stack
  frame.next(probe)
  return formatStackAbove(probed, askParkedFrame.name)
}
