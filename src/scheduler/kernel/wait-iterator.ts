/** The object that a coroutine yields to the hub while it waits. */
export interface Waiting {
  /** The operation that is waited for. */
  readonly operation: { describe(): string }
}

/**
 * Drives one wait: what `yield*` calls.
 *
 * What it yields concerns the hub alone and is `unknown`, so that the type of a generator function is the one of
 * `Coroutine<T>`, whatever it waits for: a precise type would be joined with that of every other wait in it.
 */
export interface WaitIterator<T> {
  /** Begins the wait, and later gives its result. */
  next(sent?: unknown): IteratorResult<unknown, T>
  /** Ends the wait, and raises the error. */
  throw(error: unknown): IteratorResult<unknown, T>
  /** Ends the wait. */
  return(value: T): IteratorResult<unknown, T>
}

/** Sent into a parked generator in place of a value: its wait notes the stack and stays parked. @internal */
export const probe: unique symbol = Symbol('probe')
/** Gets the stack from a probed wait: that of the callers of `below`. @internal */
export const probed: { answer: (below: unknown) => void } = { answer: () => undefined }
