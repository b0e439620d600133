import { misuse } from '../checks/errors.js'

/**
 * The platform under a hub. `gvent` installs Node's; without it the hub falls back to what
 * every JavaScript platform has. A simulation installs its own, with a clock of its own.
 */
export interface Host {
  /** A clock in milliseconds that never goes back. */
  now(): number
  /** Calls `callback` as soon as the running JavaScript is done, before timers and I/O. */
  soon(callback: () => void): void
  /** Calls `callback` after timers and I/O had their turn. */
  later(callback: () => void): void
  /** Calls `callback` when the events at hand were handled; absent where that is what {@link Host.later} does. */
  readonly afterEvents?: ((callback: () => void) => void) | undefined
  /** Calls `callback` once after `milliseconds`; what it returns goes to {@link Host.stopTimer}. */
  startTimer(milliseconds: number, callback: () => void): unknown
  /**
   * Whether somebody else has put timers of his own in the place of the platform's, a test with a fake clock. Then each
   * timer of the hub is one of those, since only they know when it is time.
   */
  areTimersReplaced?(): boolean
  /** Says whether the program goes on until a timer rings, which it does at first; absent where it goes on anyhow. */
  readonly holdProgram?: ((timer: unknown, holds: boolean) => void) | undefined
  /** Makes a timer of {@link Host.startTimer} void. */
  stopTimer(timer: unknown): void
  /**
   * The ambient contexts that greenlets keep over their waits (Node's `AsyncLocalStorage`); absent where none is in
   * use.
   */
  readonly contexts?: AmbientContexts | undefined
  /** Is called after the step of a greenlet in which a context was used for the first time. */
  readonly leaveFirstContext?: () => void
  /** Makes a value that flows along with the ambient context (`AsyncLocalStorage`); absent where there is none. */
  readonly makeAmbientValue?: (() => AmbientValue) | undefined
  /** Prints a report for people. */
  report(text: string): void
  /** The text of the program that an address in a stack names; absent, or `undefined`, where it cannot be had. */
  readonly readProgram?: ((address: string) => string | undefined) | undefined
  /** Tells where a generator is suspended, or a function begins; absent, or `undefined`, where that cannot be had. */
  readonly locateCode?: ((code: object) => CodePlace | undefined) | undefined
  /** Runs the garbage collector; absent where that is impossible. */
  readonly collectGarbage?: (() => void) | undefined
  /**
   * Hands an error that was not observed to those who listen for the unhandled errors of the platform: a test runner, a
   * service that gathers errors.
   * @returns whether somebody does, so that it is not reported.
   */
  raiseUnobserved(error: unknown): boolean
  /** Makes the program's exit status a failure, unless it has one already. `error` is the reason, if there is one. */
  markFailed(error?: unknown): void
  /** Renders a value for a report. */
  inspect(value: unknown): string
  /**
   * Calls `onSignal` when the user or the system asks the program to end; a second request ends it at once. Absent in a page.
   * @returns a function that stops listening.
   */
  readonly trapSignals?: ((onSignal: (signal: string) => void) => () => void) | undefined
}

/** A place in the code of a function. */
export interface CodePlace {
  /** The name of the function; empty for an anonymous one. */
  readonly name: string
  readonly url: string
  /** From 1. */
  readonly line: number
  /** From 1. */
  readonly column: number
}

/** Takes hold of the context in which code runs, and runs other code in it. A context is anything but `null`. */
export interface AmbientContexts {
  /** Takes hold of the context of the caller. */
  capture(): unknown
  /**
   * Calls `callback` with the argument inside of a context.
   * @returns the context with all the changes that were made inside of it.
   */
  run<A>(context: unknown, callback: (argument: A) => void, argument: A): unknown
}

/** A value that the code sees that runs in its scope, and all that this begins. */
export interface AmbientValue {
  /** Calls `fn` in the scope of a value. */
  run<R>(value: object, fn: () => R): R
  /** The value in whose scope the caller runs. */
  getStore(): unknown
}

interface Platform {
  setImmediate?: (callback: () => void) => void
  setTimeout(callback: () => void, milliseconds: number): unknown
  clearTimeout(timer: unknown): void
  performance?: { now(): number }
  MessageChannel?: new () => {
    port1: { onmessage: unknown; unref?: () => void }
    port2: { postMessage(message: unknown): void }
  }
  console?: { error(text: string): void }
  ErrorEvent?: new (type: string, init: object) => object
  dispatchEvent?: (event: object) => boolean
  /** In workerd only. */
  WebSocketPair?: unknown
}

const platform = globalThis as unknown as Platform
// One realm serves all requests there, and none may touch what belongs to another: what one hub wakes for two of them
// hangs. Old workers have no `navigator` to tell by.
if (platform.WebSocketPair !== undefined) {
  throw misuse(new Error('gvent does not run in workerd (Cloudflare Workers)'), 'GVENT_PLATFORM')
}
const resolved = Promise.resolve()

/** Runs `callback` in the microtask queue; errors thrown by it surface as unhandled rejections, never silently. */
export function soon(callback: () => void): void {
  void resolved.then(callback)
}

// A setTimeout would be clamped to 4 ms in browsers when nested, so messages stand in where setImmediate is missing.
function makeLater(): (callback: () => void) => void {
  // eslint-disable-next-line @typescript-eslint/unbound-method -- a function of the platform goes by itself
  const { setImmediate, setTimeout } = platform
  if (setImmediate !== undefined) {
    return (callback) => {
      setImmediate(callback)
    }
  }
  // Read only where it is needed: Node loads its streams for it.
  const { MessageChannel } = platform
  if (MessageChannel === undefined) return (callback) => void setTimeout(callback, 0)
  const { port1, port2 } = new MessageChannel()
  const callbacks: (() => void)[] = []
  port1.onmessage = () => callbacks.shift()?.()
  return (callback) => {
    callbacks.push(callback)
    port2.postMessage(undefined)
  }
}

// What `reportError` does, but for the text on the console: that is for the report, which says more, unless a listener
// prevents it.
function raiseUnobserved(error: unknown): boolean {
  const { ErrorEvent, dispatchEvent } = platform
  if (ErrorEvent === undefined || dispatchEvent === undefined) return false
  const message = error instanceof Error ? error.message : String(error)
  return !dispatchEvent(new ErrorEvent('error', { error, message, cancelable: true }))
}

/**
 * The host for any JavaScript platform: no ambient context, no signals, reports go to the console. Its clock and timers are
 * looked up when they are used; see `replaceable-timers.ts` for a test that puts its own in their place.
 */
export const portableHost: Host = {
  now: () => (platform.performance ?? Date).now(),
  soon,
  later: makeLater(),
  startTimer: (milliseconds, callback) => platform.setTimeout(callback, milliseconds),
  stopTimer: (timer) => {
    platform.clearTimeout(timer)
  },
  report: (text) => platform.console?.error(text),
  raiseUnobserved,
  markFailed: () => undefined,
  inspect: (value) => (value instanceof Error ? withStack(value) : String(value)),
}

// The stacks of Firefox and Safari are frames alone: `name@address:1:2`.
function withStack(error: Error): string {
  const { stack = String(error) } = error
  return /^[^\s@]*@\S+:\d+$/m.test(stack) ? `${error}\n${stack}` : stack
}
