/** So many stacks can be captured at once, and as many again in each second that follows. */
const STACKS_A_SECOND = 1000
/** So many frames of a caller are kept. */
const FRAMES = 10
/** So many frames of a parked greenlet are shown. */
export const PARKED_FRAMES = 200

/**
 * Says whether a stack may be captured now. Capturing one costs ten times as much as spawning a greenlet; a thousand of
 * them a second cost half a percent of it. A program that spawns by hand has the stack of every spawn; one that spawns
 * 100,000 at once has those of the first thousand.
 * @internal
 */
export class StackBudget {
  private left = STACKS_A_SECOND
  private refused = 0
  private filledAt = 0

  constructor(private readonly clock: { now(): number }) {}

  /** Whether there is budget for one more. */
  take(): boolean {
    if (this.left === 0 && !this.refill()) return false
    this.left--
    return true
  }

  // An empty budget looks at the clock at every 256th request only: the clock is dearer than half a spawn.
  private refill(): boolean {
    if ((++this.refused & 255) !== 1) return false
    const now = this.clock.now()
    if (now - this.filledAt < 1000) return false
    this.filledAt = now
    this.left = STACKS_A_SECOND
    return true
  }
}

/** What has a stack that was captured and is formatted when it is read. @internal */
export interface CapturedStack {
  stack?: string
}

/** The stack of whoever called `below`, to be formatted when it is asked for. @internal */
export function captureStack(below: unknown, frames: number = FRAMES): CapturedStack {
  const holder: CapturedStack = {}
  captureInto(holder, below, frames)
  return holder
}

// V8's; other engines have learned one or the other of it, or neither.
const engine = Error as unknown as {
  stackTraceLimit?: number | undefined
  readonly captureStackTrace?: (holder: object, below: unknown) => void
}

/** How many frames the stack of an error has at most, as the program says. @internal */
export function framesShown(): number {
  return Math.min(engine.stackTraceLimit ?? 0, PARKED_FRAMES)
}

/** Gives `holder` a `stack`: that of whoever called `below`. @internal */
export function captureInto(holder: object, below: unknown, frames: number = FRAMES): void {
  if (engine.captureStackTrace === undefined) {
    Object.defineProperty(holder, 'stack', { configurable: true, writable: true, value: new Error().stack })
    return
  }
  // Where `Error` is frozen the limit stays as it is, and an assignment would raise an error.
  const limit = engine.stackTraceLimit
  Reflect.set(engine, 'stackTraceLimit', frames)
  engine.captureStackTrace(holder, below)
  Reflect.set(engine, 'stackTraceLimit', limit)
}

// Where the library itself lies: its own frames say nothing to the one who reads a stack. A bundler that makes a
// classic script leaves no address, and there its frames cannot be told from the program's.
const address: string | undefined = (import.meta as { url?: string }).url
const library = address?.replace(/(dist|src)\/scheduler\/[^/]*$/, '')
const libraryPath = library?.replace(/^file:\/\//, '')

function isOwnFrame(line: string): boolean {
  if (library === undefined || libraryPath === undefined) return false
  if (!line.includes(library) && !line.includes(libraryPath)) return false
  return /\/(dist|src)\/(scheduler|io|testing)\//.test(line)
}

// How Node came to run a module or a callback, and how the engine came to resume a generator.
function isPlatformFrame(line: string): boolean {
  return line.endsWith('(<anonymous>)') || /[( ]node:(internal\/|async_hooks:)/.test(line)
}

/** A stack that was captured, without its first line, the engine's own frames and those of the library. @internal */
export function formatStack(holder: CapturedStack | undefined): string {
  return shown(framesOf(holder)).join('\n')
}

function shown(frames: string[]): string[] {
  return frames.filter((line) => !isOwnFrame(line) && !isPlatformFrame(line))
}

/** The functions of the library above the program's own, the one that the program called last: `[…, 'Queue.put']`. @internal */
export function functionsCalled(holder: CapturedStack): string[] {
  const frames = framesOf(holder)
  const caller = frames.findIndex((line) => !isOwnFrame(line) && !isPlatformFrame(line))
  return frames.slice(0, Math.max(0, caller)).map((line) => /at (?:async )?((?:new )?\S+)/.exec(line)?.[1] ?? '')
}

// The functions that resume what a program wrote, and the one that asks a parked frame for its stack.
const hubFrame = /\b(?:driveGreenlet|advanceGreenlet|enterGreenlet|askParkedFrame) /

/** The lines of it that are above the hub, without those of the library. @internal */
export function formatStackAboveHub(holder: CapturedStack): string[] {
  return shown(aboveHub(framesOf(holder)))
}

/** The stack of an error as its text and the frames that are above the hub. @internal */
export function splitStack(stack: string): { text: string; frames: string[] } {
  const lines = stack.split('\n')
  const first = lines.findIndex((line) => isFrame(line))
  return first === -1
    ? { text: lines.join('\n'), frames: [] }
    : { text: lines.slice(0, first).join('\n'), frames: aboveHub(lines.slice(first)) }
}

function aboveHub(frames: string[]): string[] {
  const end = frames.findIndex((line) => hubFrame.test(line))
  if (end === -1) return frames
  // The engine's own function that resumes a generator stands between the two.
  return frames.slice(0, end).filter((line, index) => index < end - 1 || !isPlatformFrame(line))
}

function isFrame(line: string): boolean {
  return /^\s*at /.test(line)
}

// The engine renders a stack when it is read, by a function of the program's own if there is one
// (`Error.prepareStackTrace`), and that may raise an error or give anything.
function framesOf(holder: { stack?: unknown } | undefined): string[] {
  try {
    const stack = holder?.stack
    return typeof stack === 'string' ? stack.split('\n').filter(isFrame) : []
  } catch {
    return []
  }
}

/** An error's text with its stack, without the frames of the library below the user's code. @internal */
export function trimStack(text: string): string {
  return text
    .split('\n')
    .filter((line) => !isFrame(line) || (!isOwnFrame(line) && !isPlatformFrame(line)))
    .join('\n')
}
