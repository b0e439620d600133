import { diagnosis } from '../checks/diagnosis.js'
import { misuse } from '../checks/errors.js'
import { Operation } from './operation.js'
import type { Interruptions } from './fiber/interruptions.js'
import type { Runnable } from './runnable.js'
import type { Wait, Waiter } from './wait.js'
import { YieldableWait, type Waiting } from './wait-iterator.js'
import { show } from '../checks/show.js'
import { isThenable } from '../checks/thenable.js'
import { promises } from './settlement.js'

/** A generator as the hub drives it. */
export type Frame = Generator<unknown, unknown, unknown>

/** The result of a function that may be a coroutine. */
export type Returned<R> = R extends Generator<unknown, infer T, never> ? T : R extends PromiseLike<infer T> ? T : R

/**
 * The generator of a function that may wait, for annotations: `function* title(url: string): Coroutine<string>`.
 */
export type Coroutine<T> = Generator<unknown, T, unknown>

/** A function that may be a coroutine. */
export type Body = (...args: unknown[]) => unknown

/** A greenlet as this file and `drive.ts` run it: its explicit stack, its wait, and the ways in which a step may end. @internal */
export interface Driven extends Runnable, Waiter {
  readonly name: string
  /** The function that it runs; `undefined` in a subclass with a method `run`. */
  readonly body: Body | undefined
  run(...args: unknown[]): unknown
  /** The argument of the function, until it is called. */
  argument: unknown
  /** The innermost generator, `null` before the first one and after the last. */
  frame: Frame | null
  /** The callers of `frame`, each as what it is parked on and its generator: a pair costs less than an object. */
  callers: (Frame | Calling | null)[] | null
  /** The wait that it is parked in, or that has ended and was not delivered yet. */
  wait: Wait<unknown> | null
  /** The exceptions to raise in it; `null` for nearly all. */
  readonly interruptions: Interruptions | null
  /** The greenlet that waits for what this one was made to call; `null` when it was spawned, or waits no longer. */
  readonly caller: Driven | null
  /** Raises what has to be raised before the running greenlet may wait. */
  checkpoint(): void
  /** Adds its callers to the stack of an error that is raised in it. */
  extendStack(error: unknown, below?: unknown, isCall?: boolean): void
  /** It runs from now on. */
  enter(): void
  /** It continues after all that are ready: who resumed it sees to that. */
  giveWay(): void
  /** It continues when `wait` has ended. */
  park(wait: Wait<unknown>): void
  /** Gives back its place in a line, or what was handed over already. */
  dropWait(): void
  /** It continues, if it is parked. */
  wake(): void
  /** Ends it. */
  finish(value: unknown, failed: boolean): void
}

/** @internal */
export function isCoroutine(value: unknown): value is Frame {
  return (
    typeof value === 'object' &&
    value !== null &&
    (value as { [Symbol.toStringTag]?: unknown })[Symbol.toStringTag] === 'Generator'
  )
}

/** Whether a greenlet that yields or returns `value` waits for it. @internal */
export function isWaitable(value: unknown): boolean {
  return isCoroutine(value) || isThenable(value)
}

/** Stands for a call that runs as a frame of its own, in what a greenlet yields; see `invocation.ts`. @internal */
export abstract class Calling implements Waiting {
  /** Whether the hub called the function. */
  performed = false
  /** Whether that gave a frame. */
  entered = false
  /** Whether it gave something else to wait for. */
  waits = false

  constructor(readonly operation: Operation<unknown> & Callable) {}
}

/** An operation that is a function call. @internal */
export interface Callable {
  /** Calls the function. */
  invoke(): unknown
}

/** The outcome of a yielded value without a wait. */
interface Performed {
  value: unknown
  failed: boolean
}
const ENTERED: Performed = { value: undefined, failed: false }
const driven = new WeakSet<Frame>()

/**
 * Does what a greenlet asked for with a `yield`: pushes a frame, or begins a wait.
 * @param delegated whether a `yield*` asked for it.
 * @param leaf what the frame is parked on, if that can be asked for its stack.
 * @returns what to resume it with; `null` when it waits.
 * @internal
 */
export function perform(
  greenlet: Driven,
  yielded: unknown,
  delegated: boolean,
  leaf: Calling | null = null,
): Performed | null {
  try {
    if (yielded instanceof Calling) {
      yielded.performed = true
      if (delegated) leaf = yielded
      return enter(greenlet, yielded.operation.invoke(), leaf)
    }
    if (isCallable(yielded)) return enter(greenlet, yielded.invoke(), leaf)
    if (isCoroutine(yielded)) return enter(greenlet, claim(yielded), leaf)
    begin(greenlet, asOperation(yielded, greenlet), leaf)
    return null
  } catch (error) {
    return { value: error, failed: true }
  }
}

function isCallable(value: unknown): value is Callable {
  return value instanceof Operation && 'invoke' in value
}

/** Marks a coroutine that came from outside as used. @throws TypeError when it was used before. @internal */
export function claim(coroutine: Frame): Frame {
  if (driven.has(coroutine)) throw usedTwice()
  driven.add(coroutine)
  return coroutine
}

function enter(greenlet: Driven, result: unknown, leaf: Calling | null): Performed | null {
  if (isCoroutine(result)) {
    greenlet.callers ??= []
    greenlet.callers.push(leaf, greenlet.frame)
    greenlet.frame = result
    if (leaf !== null) leaf.entered = true
    return ENTERED
  }
  if (!isWaitable(result)) return { value: result, failed: false }
  return perform(greenlet, result, false, leaf)
}

function begin(greenlet: Driven, operation: Operation<unknown>, leaf: Calling | null): void {
  greenlet.checkpoint()
  const wait = new YieldableWait(operation)
  wait.begin(greenlet)
  if (leaf !== null) wait.delegated = leaf.waits = true
  greenlet.wait = wait
}

/** Takes the frame that ended off the stack. @returns the one that called it, `null` at the bottom. @internal */
export function popFrame(greenlet: Driven): Frame | null {
  const { callers } = greenlet
  if (callers === null || callers.length === 0) return (greenlet.frame = null)
  greenlet.frame = callers.pop() as Frame
  callers.length--
  return greenlet.frame
}

/** A frame that waits for what a plain function returned. @internal */
export function* delegate(waitable: unknown): Frame {
  return yield* asOperation(waitable)
}

/**
 * Turns what can be waited for into an operation: a promise into `until`.
 *
 * @param yielder the greenlet that yielded it, for the message.
 * @throws TypeError for anything else.
 * @internal
 */
export function asOperation(value: unknown, yielder?: Driven): Operation<unknown> {
  if (value instanceof Operation) return value as Operation<unknown>
  if (isThenable(value)) return promises.waitFor(value)
  throw badYield(yielder === undefined ? notWork(value) : describeBadYield(value, yielder))
}

/** The errors about what was yielded that were not raised at the `yield` yet. @internal */
export const badYields: WeakSet<object> = new WeakSet<object>()

function badYield(text: string): TypeError {
  const error = misuse(new TypeError(text), 'GVENT_BAD_YIELD')
  badYields.add(error)
  return error
}

// Not every platform tells the line of a plain `yield`, so the message names the function that is on top.
function describeBadYield(value: unknown, yielder: Driven): string {
  const caller = yielder.callers?.at(-2)
  const where = caller instanceof Calling ? caller.operation.describe() : yielder.greenlet?.name
  const place = where === undefined ? '' : ` in ${where}`
  return diagnosis.describeBadYield(value, place)
}

function notWork(value: unknown): string {
  return `expected something to wait for, got ${show(value)}${diagnosis.adviseOn('no work')}`
}

function usedTwice(): TypeError {
  return badYield(`yield coroutine: this coroutine was used before${diagnosis.adviseOn('used twice')}`)
}
