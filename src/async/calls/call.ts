import { Operation } from '../../scheduler/kernel/operation.js'
import { thread } from '../../scheduler/kernel/thread.js'
import { misuse } from '../../scheduler/checks/errors.js'
import { show } from '../../scheduler/checks/show.js'
import { isCoroutine } from '../../scheduler/kernel/frames.js'
import type { Greenlet } from '../../scheduler/greenlets/greenlet.js'
import {
  NativePromise,
  executor,
  ignore,
  latest,
  nativeResolve,
  nativeThen,
  nextOf,
  rejected,
  returnInto,
  throwInto,
} from './intrinsics.js'
import { AwaitedOperation } from './awaited-operation.js'
import { enlist, enlisted, strike, unseen, type Listed } from './live.js'
import { stamp, stamped } from './stamp.js'

/**
 * The calls of one call know it by this, and not by itself: a loop that starts itself again without waiting for it would
 * otherwise keep every predecessor.
 * @internal
 */
export interface Cell {
  /** `null` once it has ended. */
  call: Call | null
}

/** The interruptions of a call from outside: a kill, a timeout. Few calls ever have any. @internal */
export interface Interference {
  /** Whether it is about to let go of what it awaits. */
  readonly isLeaving: boolean
  /** The call has come to an `await`. */
  parked(): void
  /** Returns the rejection of an awaited promise as the call is to see it. */
  received(error: unknown): unknown
  /** The error by which the call fails, as those who look at its promise are to see it. */
  failure(error: unknown, promise: Promise<unknown>): unknown
  /** The call has ended. */
  ended(value: unknown, failed: boolean): void
}

/** Decides when a call goes on that has what it awaited: a simulation. @internal */
export interface CallScheduler {
  /** Called where the call would go on natively. */
  ready(call: Call, value: unknown, failed: boolean): void
  /** A call has begun, and awaits. */
  began(call: Call): void
  /** It has come to an `await`, or to its end. */
  paused(call: Call): void
  /** It ends with an error. */
  failed(call: Call, error: unknown): void
}

/** The state of the runtime. @internal */
export interface Running {
  /** The call whose code runs, `null` in timers, callbacks of promises, native code. */
  call: Call | null
  /** The scheduler that resumes calls; `null` for the engine. */
  scheduler: CallScheduler | null
  /** How many times calls have parked. */
  parks: number
  /** Called with each call that goes on later, for those who look for the ones that never do. */
  entered: ((call: Call) => void) | null
  /** Called when one of those has ended. */
  ended: ((call: Call) => void) | null
  /** Called when one is about to end with an error. */
  failed: ((call: Call, error: unknown) => void) | null
}

// What is imported or exported the engine reads from a cell, each time, and does not see through; what is a constant of
// this module alone is as good as written in: that is a fifth of an `await`, and more of a call.
const state: Running = { call: null, scheduler: null, parks: 0, entered: null, ended: null, failed: null }
const Engine = NativePromise
const resolve = nativeResolve
const then = nativeThen
const next = nextOf
const throwIn = throwInto
const settlers = latest
const capture = executor

/** The state of the runtime, for other modules. @internal */
export const running: Running = state

/**
 * A call of an async function that is not over in its first step. The promise that it returned is a native one, and
 * every `await` is one reaction of a native promise, in which it goes on: so the order of everything is the engine's.
 * @internal
 */
export class Call implements Listed {
  /** Where its own calls find it; `null` as long as it has made none. */
  cell: Cell | null = null
  /** The promise that it returned, until it has ended. */
  promise: Promise<unknown> | null = null
  resolve: (value: unknown) => void = ignore
  reject: (error: unknown) => void = ignore
  /** The promise that it awaits; `undefined` while it runs. */
  awaited: Promise<unknown> | undefined = undefined
  /** One pair for all its awaits. One that lets go of a promise takes another pair. */
  onValue: ((value: unknown) => void) | null = null
  onError: ((error: unknown) => void) | null = null
  chunk: Listed['chunk'] = null
  interference: Interference | null = null
  /** The ambient context in which it began, where there is any. */
  context: unknown = null
  /** The thenable that it awaits, if that is no promise of the engine's: an operation, say. */
  thenable: unknown = undefined
  /** The call of its own that it returned without an `await`, and that it stands for since it has ended. */
  successor: Call | null = null

  constructor(
    /** Runs its code; `null` once it has ended. */
    public generator: Generator | null,
    /** The caller of the function: another call, a greenlet, or code of which nothing is known. */
    public parent: Cell | Greenlet | null,
    /** The scheduler that resumes it; `null` for the engine. */
    readonly scheduler: CallScheduler | null,
  ) {}

  /** Whether it has ended. */
  get over(): boolean {
    return this.generator === null
  }

  /** Goes on with a value, or an error. */
  go(value: unknown, failed: boolean): void {
    if (this.generator === null) return
    if (failed) goThrow(this, value)
    else go(this, value)
  }

  /** Forgets what it awaits: what becomes of that concerns it no more. */
  letGo(): void {
    this.awaited = this.thenable = undefined
    this.onValue = this.onError = null
  }

  /** Has its code return where it is, through every `finally`, and fail with an error then. */
  goReturn(error: unknown): void {
    if (this.generator === null) return
    const before = state.call
    state.call = this
    let result: IteratorResult<unknown, unknown>
    try {
      result = returnInto.call(this.generator, undefined)
    } catch (raised) {
      state.call = before
      finish(this, raised, true)
      return
    }
    state.call = before
    if (result.done) finish(this, error, true)
    else park(this, result.value)
  }

  /** Ends it without asking its code. */
  abandon(error: unknown): void {
    finish(this, error, true)
  }
}

/**
 * The call that returned a promise; it may have ended, and stand for its successor.
 * @returns `undefined` where there is none, and for one that had ended before anybody asked.
 * @internal
 */
export function callBehind(promise: unknown): Call | undefined {
  if (!(promise instanceof Engine)) return undefined
  const known = stamped(promise)
  if (known !== undefined) return known as Call
  for (const call of unseen() as Generator<Call>) stamp(call.promise!, call)
  return stamped(promise) as Call | undefined
}

/** The call that goes on behind a promise, in place of those that returned what it returned. @internal */
export function callOf(promise: unknown): Call | undefined {
  let call = callBehind(promise)
  while (call?.successor) call = call.successor
  return call
}

/** Calls `listener` with each call that goes on later. @internal */
export function onEntered(listener: (call: Call) => void): void {
  const { entered } = state
  state.entered =
    entered === null
      ? listener
      : (call) => {
          entered(call)
          listener(call)
        }
}

/** Every call that has not ended, the oldest first. @internal */
export function liveCalls(): Generator<Call, void, undefined> {
  return enlisted() as Generator<Call, void, undefined>
}

/** Returns the maker of a call that begins now. @internal */
export function maker(): Cell | Greenlet | null {
  const { call } = state
  return call === null ? thread.greenlet : (call.cell ??= { call })
}

/**
 * Calls the code of an async function whose generator is made already: the parameters must have raised nothing.
 *
 * @param generator that of a generator function in which every `yield` is an `await`, not begun.
 * @returns what the async function returns: a native promise.
 */
export function begin(generator: Generator): Promise<unknown> {
  const before = state.call
  const call = new Call(
    generator,
    before === null ? thread.greenlet : (before.cell ??= { call: before }),
    before === null ? state.scheduler : before.scheduler,
  )
  state.call = call
  let result: IteratorResult<unknown, unknown>
  try {
    result = next.call(generator, undefined)
  } catch (error) {
    state.call = before
    if (state.failed !== null) state.failed(call, error)
    end(call)
    return rejected(isCoroutine(generator) ? error : notGenerator(generator))
  }
  state.call = before
  if (result.done) return returnedAtOnce(call, result.value)
  const promise = new Engine(capture)
  enter(call, promise)
  park(call, result.value)
  return promise
}

/** An error about what is no generator, where compiled code would have one. @internal */
export function notGenerator(value: unknown): TypeError {
  return misuse(
    new TypeError(
      `an async function was lowered to ${show(value)}, which gives no generator: this function is for the output of compilers`,
    ),
  )
}

/**
 * Notes a call that goes on later, and the promise that was made for it just now.
 * @internal
 */
export function enter(call: Call, promise: Promise<unknown>): void {
  call.promise = promise
  call.resolve = settlers.resolve
  call.reject = settlers.reject
  enlist(call)
  const { contexts } = thread.hub.platform
  if (contexts !== undefined) call.context = contexts.capture()
  if (state.entered !== null) state.entered(call)
  if (call.scheduler !== null) {
    // What becomes of it may be asked when it has ended.
    stamp(promise, call)
    call.scheduler.began(call)
  }
}

function returnedAtOnce(call: Call, value: unknown): Promise<unknown> {
  const { cell, parent } = call
  end(call)
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) {
    return resolve.call(Engine, value)
  }
  const promise = new Engine(capture)
  settlers.resolve(value)
  const inner = ownCall(value, cell)
  if (inner !== null) {
    call.parent = parent
    succeed(call, promise, inner)
  }
  return promise
}

// It has ended, but its promise has not settled, and may be asked about.
function succeed(call: Call, promise: Promise<unknown>, inner: Call): void {
  call.successor = inner
  stamp(promise, call)
}

// `return f()` counts as an await of f.
function ownCall(value: object, cell: Cell | null): Call | null {
  if (cell === null) return null
  const inner = callOf(value)
  return inner?.parent === cell ? inner : null
}

/** Parks a call on what it awaits. */
function park(call: Call, value: unknown): void {
  let promise: Promise<unknown>
  if (!(value instanceof Engine) && value instanceof Operation) value = new AwaitedOperation(value)
  try {
    // As `Promise.resolve` decides it, without a call for what is awaited most.
    promise = value instanceof Engine && value.constructor === Engine ? value : resolve.call(Engine, value)
  } catch (error) {
    goThrow(call, error)
    return
  }
  if (call.onValue === null) react(call)
  call.awaited = promise
  if (promise !== value && typeof value === 'object') call.thenable = value
  state.parks++
  try {
    then.call(promise, call.onValue!, call.onError!)
  } catch {
    // It inherits from promises, and is none.
    call.awaited = resolve.call(Engine, value)
    call.thenable = value
    then.call(call.awaited, call.onValue!, call.onError!)
  }
  if (call.interference !== null) call.interference.parked()
  if (call.scheduler !== null) call.scheduler.paused(call)
}

function react(call: Call): void {
  const onValue = (value: unknown): void => {
    if (call.onValue !== onValue) return
    if (call.scheduler === null) go(call, value)
    else decide(call, value, false)
  }
  call.onValue = onValue
  call.onError = (error) => {
    if (call.onValue !== onValue) return
    if (call.interference !== null) error = call.interference.received(error)
    if (call.scheduler === null) goThrow(call, error)
    else decide(call, error, true)
  }
}

// It awaits no more, and goes on when it is its turn.
function decide(call: Call, value: unknown, failed: boolean): void {
  call.awaited = call.thenable = undefined
  call.scheduler!.ready(call, value, failed)
}

// The two are apart because one function for both would cost a branch at each await.
function go(call: Call, value: unknown): void {
  const before = state.call
  state.call = call
  call.awaited = call.thenable = undefined
  let result: IteratorResult<unknown, unknown>
  try {
    result = next.call(call.generator!, value)
  } catch (error) {
    state.call = before
    finish(call, error, true)
    return
  }
  state.call = before
  if (result.done) finish(call, result.value, false)
  else park(call, result.value)
}

function goThrow(call: Call, error: unknown): void {
  const before = state.call
  state.call = call
  call.awaited = call.thenable = undefined
  let result: IteratorResult<unknown, unknown>
  try {
    result = throwIn.call(call.generator!, error)
  } catch (raised) {
    state.call = before
    finish(call, raised, true)
    return
  }
  state.call = before
  if (result.done) finish(call, result.value, false)
  else park(call, result.value)
}

/** Settles the promise of a call. @internal */
export function finish(call: Call, value: unknown, failed: boolean): void {
  const { interference, cell, parent } = call
  const promise = call.promise!
  if (failed && state.failed !== null) state.failed(call, value)
  if (state.ended !== null) state.ended(call)
  const { resolve, reject } = call
  end(call)
  strike(call)
  if (failed && call.scheduler !== null) call.scheduler.failed(call, value)
  if (failed) reject(interference === null ? value : interference.failure(value, promise))
  else {
    if (typeof value === 'object' && value !== null) {
      const inner = ownCall(value, cell)
      if (inner !== null) {
        call.parent = parent
        succeed(call, promise, inner)
      }
    }
    resolve(value)
  }
  if (interference !== null) interference.ended(value, failed)
  if (call.scheduler !== null) call.scheduler.paused(call)
}

function end(call: Call): void {
  call.generator = null
  call.onValue = call.onError = null
  call.promise = null
  call.resolve = call.reject = ignore
  call.parent = null
  call.context = null
  if (call.cell !== null) call.cell.call = null
}
