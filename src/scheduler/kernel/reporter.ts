import type { CapturedStack } from '../checks/captured-stack.js'
import type { Driven, Frame } from './frames.js'
import type { Wait } from './wait.js'

/**
 * The functions of stacks that the kernel calls: they are above it, and put themselves in here when they are loaded
 * (`stacks/install.ts`, `stacks/advice/install.ts`). Without them greenlets run anyway, and errors keep the stacks that the engine gives
 * them.
 * @internal
 */
export interface Reporter {
  /** The stack of where a greenlet is parked; empty when nothing is known of it. */
  parkedStack(greenlet: Driven): string
  /** Adds the callers of the frame that raises `error` to its stack; see `stacks/error-stack.ts`. */
  extendStack(error: unknown, greenlet: Driven, below?: unknown, isCall?: boolean): void
  /** Raises an error about what a frame yielded at that `yield`; see `stacks/advice/bad-yield.ts`. */
  raiseAtYield(error: Error, frame: Frame, greenlet: Driven): IteratorResult<unknown, unknown>
  /** Says of an error about what was yielded that it was an item of a list, at whose `yield*` the engine raised `raised`. */
  blameItem(error: unknown, raised: Error): unknown
  /** Lets the stack of `error` begin with a function that does not run; see `stacks/advice/code-line.ts`. */
  pointAtCode<E extends Error>(error: E, code: object, callers?: string): E
  /** The stack of the caller of `below`, formatted on demand. */
  captureStack(below: unknown): CapturedStack | undefined
  /** Reports it when the greenlet that begins to wait for a lock waits for itself; see `sync/lock-cycle.ts`. */
  reportLockCycle(lock: object, wait: Wait<unknown>): void
  /** A stack that was captured, without the frames that are not the program's. */
  formatStack(stack: CapturedStack | undefined): string
}

/** The reporter of this JavaScript thread. @internal */
export const reporter: Reporter = {
  parkedStack: () => '',
  extendStack: () => undefined,
  raiseAtYield: (error, frame) => frame.throw(error),
  blameItem: (error) => error,
  pointAtCode: (error) => error,
  captureStack: () => undefined,
  formatStack: () => '',
  reportLockCycle: () => undefined,
}
