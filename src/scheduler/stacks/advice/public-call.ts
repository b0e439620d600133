import { isOwnFrame, isPlatformFrame } from '../../checks/own-frames.js'

/** How many frames of the library may lie above the program's own. */
const DEPTH = 50

// V8's; other engines lack one or the other.
const engine = Error as unknown as {
  stackTraceLimit?: number | undefined
  readonly captureStackTrace?: (holder: object, below: unknown) => void
}

/**
 * Lets the stack of `error` begin with the line of the program that called the library: how the library found out that
 * something is wrong says nothing to the reader.
 * @internal
 */
export function pointAtProgram(error: Error): void {
  const limit = engine.stackTraceLimit
  const lines = captureLines(error, pointAtProgram)
  const caller = lines.findIndex(isProgramFrame)
  // In a wait the hub is what calls, and adds the callers itself.
  if (caller === -1) return
  const first = lines.findIndex(isFrame)
  const shown = [...lines.slice(0, first), ...lines.slice(caller, caller + Math.max(limit ?? DEPTH, 1))]
  Reflect.set(error, 'stack', shown.join('\n'))
}

/**
 * Names what the program called, as it wrote that: `Event.wait`, `new Pool`, `killAll`.
 *
 * @param owner what the call makes, whose class names it where the engine does not say.
 * @returns empty where nothing says it, and where no program called.
 * @internal
 */
export function publicCall(owner?: object): string {
  const lines = captureLines({}, publicCall)
  const caller = lines.findIndex(isProgramFrame)
  const [, name] = /^\s*at (?:async )?((?:new )?\S+) (?:\[as \S+\] )?\(/.exec(lines[caller - 1] ?? '') ?? []
  if (name !== undefined) return name.replace(/^(?:Module|Object|Function)\./, '')
  const made = owner?.constructor.name ?? ''
  return made.charAt(0).toLowerCase() + made.slice(1)
}

// The lines of the stack that ends at the caller of `below`, those of `holder` as a text first; none where the engine, or
// the program by `Error.prepareStackTrace`, gives no such text.
function captureLines(holder: object, below: unknown): string[] {
  if (engine.captureStackTrace === undefined) return []
  const limit = engine.stackTraceLimit
  Reflect.set(engine, 'stackTraceLimit', DEPTH)
  try {
    engine.captureStackTrace(holder, below)
    const { stack } = holder as { stack?: unknown }
    return typeof stack === 'string' ? stack.split('\n') : []
  } catch {
    return []
  } finally {
    Reflect.set(engine, 'stackTraceLimit', limit)
  }
}

function isFrame(line: string): boolean {
  return /^\s*at /.test(line)
}

function isProgramFrame(line: string): boolean {
  return isFrame(line) && !isOwnFrame(line) && !isPlatformFrame(line)
}
