import { misuse } from '../../checks/errors.js'
import { delegate, type Driven, type Frame } from '../../kernel/frames.js'
import { captureStack, completeStacks, framesShown, stackAboveHub } from '../stack.js'
import { codeLine } from './code-line.js'
import { parkedCallers, UNKNOWN } from '../parked-stack.js'

const ITEM_ADVICE =
  '. It is an item of what a `yield*` goes through, a list, a text or another iterable: ' +
  'write `yield* all(list)` to wait for all of a list, or `for (const item of list) …`'

/** The prototype that all generators inherit from. */
const generators = Object.getPrototypeOf(Object.getPrototypeOf(delegate(undefined))) as {
  throw: (this: Frame, error: unknown) => IteratorResult<unknown, unknown>
}

/**
 * Raises an error about what a frame yielded at that `yield`, and lets its stack begin there. The engine gives the error
 * no such stack, since it is not made there: the platform knows the line, and each generator that delegates to the one
 * that yielded is on the stack when it hands the error on.
 * @internal
 */
export function raiseAtYield(error: Error, frame: Frame, greenlet: Driven): IteratorResult<unknown, unknown> {
  const { throw: raise } = generators
  if (!greenlet.hub.errorStacks.take()) return raise.call(frame, error)
  const callers = parkedCallers(greenlet, framesShown())
  pointAt(frame, error, callers)
  completeStacks.add(error)
  const isReplaced = Reflect.set(generators, 'throw', function pass(this: Frame, raised: unknown) {
    if (raised === error) {
      const delegators = stackAboveHub((frames) => captureStack(pass, frames))
      pointAt(this, error, [...delegators, ...callers])
    }
    return raise.call(this, raised)
  })
  try {
    return raise.call(frame, error)
  } finally {
    if (isReplaced) generators.throw = raise
  }
}

/**
 * Makes the error about an item of a list that a greenlet went through by `yield*`. The engine raised its own there.
 *
 * @param error what was to be raised at the item; returned if it is about something else.
 * @internal
 */
export function blameItem(error: unknown, raised: Error): unknown {
  try {
    const { code, message } = Object(error) as { code?: unknown; message?: unknown }
    if (code !== 'GVENT_BAD_YIELD') return error
    const about = misuse(new TypeError(`${String(message)}${ITEM_ADVICE}`), code)
    if (raised.stack !== undefined) about.stack = raised.stack.replace(String(raised), () => String(about))
    return about
  } catch {
    // Looking at a value may run code of the program's own.
    return error
  }
}

function pointAt(frame: Frame, error: Error, callers: readonly string[]): void {
  const lines = [codeLine(frame) || UNKNOWN, ...callers].slice(0, framesShown())
  Reflect.set(error, 'stack', [String(error), ...lines].join('\n'))
}
