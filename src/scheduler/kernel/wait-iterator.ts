import type { NotInGreenletError } from '../checks/errors.js'
import { notDriven, notInGreenlet } from '../checks/not-driven.js'
import { thread } from './thread.js'
import { FAILED, FRESH, OVER, PARKED, Wait } from './wait.js'

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

/**
 * A wait as `yield*` drives it. It is the iterator and its own iterator result, so that a wait costs one object: a
 * generator in its place would cost 23 ns more at each resumption. Waits that nothing drives are made of this class, too:
 * the engine compiles what all have in common for one class better than for two.
 * @internal
 */
export class YieldableWait<T, D = unknown> extends Wait<T, D> implements WaitIterator<T>, Waiting {
  [Symbol.iterator](): this {
    return this
  }

  next(sent?: unknown): IteratorResult<Waiting, T> {
    if (this.settled && sent !== probe) return this.deliver()
    if (this.status === FRESH) {
      const { greenlet } = thread
      if (greenlet === null) throw notInGreenlet(this.operation)
      greenlet.checkpoint()
      this.begin(greenlet)
      const { settled } = this
      if (settled && !this.givesWay && greenlet.hub.goesOn()) return this.deliver()
      greenlet.wait = this
      this.delegated = true
      return settled ? { done: false, value: this } : (this as unknown as IteratorResult<Waiting, T>)
    }
    if (sent === probe) {
      // eslint-disable-next-line @typescript-eslint/unbound-method -- it only says where the stack begins
      probed.answer(this.next)
      return this as unknown as IteratorResult<Waiting, T>
    }
    throw this.disown()
  }

  // Not the hub drives the generator that waits here: a loop does, or another greenlet. The greenlet parked on the wait
  // would never be woken, so that one gets the error too.
  private disown(): NotInGreenletError {
    const error = notDriven(this.operation)
    const { greenlet } = this
    this.abort(error)
    if (greenlet === thread.greenlet && greenlet?.wait === this) greenlet.wait = null
    return error
  }

  private deliver(): IteratorResult<Waiting, T> {
    const { failed } = this
    this.status = OVER
    if (failed) {
      // eslint-disable-next-line @typescript-eslint/unbound-method -- it only says where the stack begins
      thread.greenlet?.extendStack(this.value, this.next)
      throw this.value
    }
    this.done = true
    return this as unknown as IteratorResult<Waiting, T>
  }

  throw(error: unknown): IteratorResult<Waiting, T> {
    if (this.status === PARKED) this.disown()
    else if (this.status === FAILED && this.value === error) this.status = OVER
    else this.cancel()
    // eslint-disable-next-line @typescript-eslint/unbound-method -- it only says where the stack begins
    thread.greenlet?.extendStack(error, this.throw)
    throw error
  }

  return(value: T): IteratorResult<Waiting, T> {
    if (this.status === PARKED) throw this.disown()
    this.cancel()
    return { done: true, value }
  }
}
