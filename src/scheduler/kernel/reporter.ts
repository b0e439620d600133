import type { Driven, Frame } from './frames.js'

/**
 * What the kernel asks of the reports: they are above it, and put themselves in here when they are loaded
 * (`reports/install.ts`). Without them greenlets run all the same, and errors keep the stacks that the engine gives them.
 * @internal
 */
export interface Reporter {
  /** The stack of where a greenlet is parked; empty when nothing is known of it. */
  parkedStack(greenlet: Driven): string
  /** Adds the callers of the frame that raises `error` to its stack; see `reports/error-stack.ts`. */
  extendStack(error: unknown, greenlet: Driven, below?: unknown, isCall?: boolean): void
  /** Raises an error about what a frame yielded at that `yield`; see `reports/bad-yield.ts`. */
  raiseAtYield(error: Error, frame: Frame, greenlet: Driven): IteratorResult<unknown, unknown>
  /** Lets the stack of `error` begin with a function that does not run; see `reports/code-line.ts`. */
  pointAtCode<E extends Error>(error: E, code: object, callers?: string): E
  /** One line on a greenlet, for `util.inspect`. */
  inspect(greenlet: Driven): string
}

/** The reporter of this JavaScript thread. @internal */
export const reporter: Reporter = {
  parkedStack: () => '',
  extendStack: () => undefined,
  raiseAtYield: (error, frame) => frame.throw(error),
  pointAtCode: (error) => error,
  inspect: (greenlet) => greenlet.toString(),
}
