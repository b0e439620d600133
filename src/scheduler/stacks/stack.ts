import type { CapturedStack } from '../checks/captured-stack.js'
import { isOwnFrame, isPlatformFrame } from '../checks/own-frames.js'

/** So many frames of a caller are kept. */
const FRAMES = 10
/** So many frames of a parked generator and those that it delegates to are shown. */
const PARKED_FRAMES = 200
/** So many frames reach the hub from a generator that delegates to another. */
const FEW_FRAMES = 5

/** The stack of the caller of `below`, formatted on demand. @internal */
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

/** Gives `holder` a `stack`: that of the caller of `below`. @internal */
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

/** A stack that was captured, without its first line, the engine's own frames and those of the library. @internal */
export function formatStack(holder: CapturedStack | undefined): string {
  return shown(framesOf(holder)).join('\n')
}

/** Returns the frames that are not the library's own. @internal */
export function withoutLibrary(frames: string[]): string[] {
  return frames.filter((line) => !isOwnFrame(line))
}

function shown(frames: string[]): string[] {
  return frames.filter((line) => !isOwnFrame(line) && !isPlatformFrame(line))
}

/** A call of the library by a program. @internal */
export interface LibraryCall {
  /** The functions of the library that run, the one that the program called last: `[…, 'Queue.put']`. */
  readonly functions: readonly string[]
  /** The frames below them, the program's caller first. */
  readonly callers: readonly CallerFrame[]
}

/** A frame of a caller. @internal */
export interface CallerFrame {
  /** The frame as the engine wrote it. */
  readonly text: string
  /** Where it stands in the program; `undefined` for a frame of the library, of the platform or of the engine. */
  readonly place: Place | undefined
}

/** A place in a program, its line and column counted from 1. @internal */
export interface Place {
  readonly address: string
  readonly line: number
  readonly column: number
}

/** Takes a stack apart that was captured in the library; `undefined` when no program called it. @internal */
export function libraryCall(holder: CapturedStack): LibraryCall | undefined {
  const frames = framesOf(holder)
  const caller = frames.findIndex(isProgramFrame)
  if (caller < 1) return undefined
  return {
    functions: frames.slice(0, caller).map(functionOf),
    callers: frames.slice(caller).map((text) => ({ text, place: isProgramFrame(text) ? placeOf(text) : undefined })),
  }
}

function functionOf(frame: string): string {
  const name = /at (?:async )?((?:new )?\S+)/.exec(frame)?.[1] ?? ''
  // Since Node 24 the engine shows a constructor that it has inlined as `Queue`, or as `Queue.Queue`.
  return name.replace(/^(?:[\w$]+\.)?(?=[A-Z])([\w$]+)$/, 'new $1')
}

function isProgramFrame(line: string): boolean {
  return !isOwnFrame(line) && !isPlatformFrame(line) && !line.includes('(node:')
}

function placeOf(frame: string): Place | undefined {
  const [, address, line, column] = /(?:\(|\bat (?:async )?)([^()]+):(\d+):(\d+)\)?$/.exec(frame) ?? []
  return address === undefined ? undefined : { address, line: Number(line), column: Number(column) }
}

// The functions that run what a program wrote, and the one that asks a parked frame for its stack.
const hubFrame = /\b(?:driveGreenlet|advanceGreenlet|enterGreenlet|askParkedFrame) /
// The engine's own functions that resume a generator.
const resumption = /\.(?:next|throw|return) \(<anonymous>\)$/

/**
 * The lines of a stack that are above the hub, without those of the library.
 *
 * @param capture captures so many frames of it. Few are enough nearly always, and every frame costs a microsecond.
 * @internal
 */
export function stackAboveHub(capture: (frames: number) => CapturedStack): string[] {
  const few = aboveHub(framesOf(capture(FEW_FRAMES)))
  return shown((few.isGreen ? few : aboveHub(framesOf(capture(PARKED_FRAMES)))).frames)
}

/** The stack of an error, in its parts. @internal */
export interface SplitStack {
  /** The text before the frames. */
  readonly text: string
  /** The frames above the hub, without what the library and the engine did to get there. */
  readonly frames: string[]
  /** Whether the hub is in it: whether it is the stack of something that a greenlet did. */
  readonly isGreen: boolean
}

/** Takes the stack of an error with that message apart. @internal */
export function splitStack(stack: string, message: unknown): SplitStack {
  // A message may have lines that look like frames.
  const at = typeof message === 'string' ? stack.indexOf(message) : -1
  const start = stack.slice(at === -1 ? 0 : at + String(message).length).search(/\n *at /)
  if (start === -1) return { text: stack, frames: [], isGreen: false }
  const end = start + (at === -1 ? 0 : at + String(message).length)
  const { frames, isGreen } = aboveHub(stack.slice(end + 1).split('\n'))
  while (frames.length > 0 && shown(frames.slice(-1)).length === 0) frames.pop()
  return { text: stack.slice(0, end), frames, isGreen }
}

function aboveHub(lines: string[]): { frames: string[]; isGreen: boolean } {
  const end = lines.findIndex((line) => hubFrame.test(line))
  const frames = lines.slice(0, end === -1 ? lines.length : end).filter((line) => !resumption.test(line))
  return { frames, isGreen: end !== -1 }
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

/** Errors whose stack is complete: it says who called already, or is to stay as it is. @internal */
export const completeStacks: WeakSet<object> = new WeakSet<object>()

/** Leaves the stack of an error as it is from now on. @internal */
export function keepStack(error: unknown): void {
  if (Object(error) === error) completeStacks.add(error as object)
}

/** Lets an error that is raised again and again get a fresh stack the next time. @internal */
export function renewStack(error: { stack?: string }): void {
  if (completeStacks.delete(error)) delete error.stack
}
