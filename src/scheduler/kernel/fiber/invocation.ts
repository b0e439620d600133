import { notDriven, notInGreenlet } from '../../checks/not-driven.js'
import { Calling, type Callable, type Driven, type Frame } from '../frames.js'
import { Operation } from '../operation.js'
import type { Greenlet } from '../runnable.js'
import { thread } from '../thread.js'
import type { Wait } from '../wait.js'
import { probe, probed, type WaitIterator, type Waiting } from '../wait-iterator.js'

/**
 * An operation that is a function call, and runs as a frame of its own on the stack of the greenlet that waits for it:
 * resuming it costs the same at any depth, where native `yield*` costs 20 to 40 ns for each level, each time.
 * @internal
 */
export abstract class Invocation<T, D = unknown> extends Operation<T, D> implements Callable {
  abstract invoke(): unknown

  /** The greenlet that calls it for a wait that has no stack: of a promise, or of one of several. */
  abstract greenletOf(wait: Wait<T, D>): Greenlet | undefined

  override [Symbol.iterator](): WaitIterator<T> {
    // It is driven like a wait, but yields itself to the hub, which pushes a frame.
    return new CallIterator(this)
  }
}

/** The iterator that `yield*` drives to run an {@link Invocation}. @internal */
export class CallIterator<T> extends Calling implements WaitIterator<T> {
  done = false
  value: unknown = this
  private asked = false

  next(sent?: unknown): IteratorResult<Waiting, T> {
    if (!this.asked) {
      if (thread.greenlet === null) throw notInGreenlet(this.operation)
      this.asked = true
    } else if (!this.performed) throw notDriven(this.operation)
    else if (sent === probe) {
      // eslint-disable-next-line @typescript-eslint/unbound-method -- it only says where the stack begins
      probed.answer(this.next)
    } else {
      this.done = true
      this.value = sent
    }
    return this as unknown as IteratorResult<Waiting, T>
  }

  throw(error: unknown): never {
    // eslint-disable-next-line @typescript-eslint/unbound-method -- it only says where the stack begins
    if (!this.entered) thread.greenlet?.extendStack(error, this.throw, !this.waits)
    throw error
  }

  return(value: T): IteratorResult<Waiting, T> {
    if (this.asked && !this.performed) throw notDriven(this.operation)
    return { done: true, value }
  }
}

/** The frames of a greenlet that are above one, as what that one waits for. @internal */
export class FramesAbove<T> extends Invocation<T> {
  invoke(): never {
    throw notDriven(this)
  }

  beginWait(): never {
    throw notDriven(this)
  }

  cancelWait(): void {
    // It is never begun.
  }

  greenletOf(): undefined {
    return undefined
  }
}

/**
 * Puts a frame below all others of a greenlet, which ends with it then.
 *
 * @param frame waits first for {@link FramesAbove}: gets what the others gave or raised when they have ended.
 * @internal
 */
export function pushBelow(greenlet: Driven, frame: Frame): void {
  const leaf = frame.next().value as Calling
  leaf.performed = leaf.entered = true
  greenlet.callers ??= []
  greenlet.callers.unshift(leaf, frame)
}
