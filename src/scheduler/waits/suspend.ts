import { checkFunction } from '../checks/check-function.js'
import { misuse } from '../checks/errors.js'
import { Operation } from '../kernel/operation.js'
import type { Wait } from '../kernel/wait.js'
import type { WaitOptions } from '../kernel/wait-options.js'
import { show } from '../checks/show.js'
import { isThenable } from '../checks/thenable.js'

/** The function that {@link suspend} calls for each wait. */
export type Suspension<T> = (
  resolve: (value: T) => void,
  reject: (error: unknown) => void,
) => (() => void) | undefined | void

class Suspend<T> extends Operation<T, (() => void) | undefined> {
  constructor(
    private readonly start: Suspension<T>,
    options: WaitOptions | undefined,
  ) {
    super(options)
  }

  beginWait(wait: Wait<T, (() => void) | undefined>): void {
    const undo = this.start(
      (value) => void wait.resolve(value),
      (error) => void wait.reject(error),
    )
    if (undo !== undefined && typeof undo !== 'function') throw notAnUndo(undo)
    wait.detail = undo ?? undefined
  }

  cancelWait(wait: Wait<T, (() => void) | undefined>): void {
    wait.detail?.()
  }

  override undoWait(wait: Wait<T, (() => void) | undefined>): void {
    this.cancelWait(wait)
  }

  override undoFailure(wait: Wait<T, (() => void) | undefined>): void {
    this.cancelWait(wait)
  }

  override isExternal(): boolean {
    return true
  }

  override describe(): string {
    return this.start.name === '' ? 'suspend()' : `suspend(${this.start.name})`
  }
}

/**
 * Waits for anything that calls back: the bridge from which the others are made.
 *
 * ```ts
 * const click = (button: EventTarget) =>
 *   suspend<Event>((resolve) => {
 *     button.addEventListener('click', resolve)
 *     return () => button.removeEventListener('click', resolve)
 *   })
 * const event = yield* click(button)
 * ```
 *
 * @param start called once for each wait. It gets `resolve` and `reject`, of which the first call counts, and returns a
 *   function that undoes what it did, or nothing.
 * @returns what `resolve` is called with.
 * @throws what `reject` is called with, and what `start` itself throws.
 * Cancel safety: when the wait ends by a kill, a timeout or a lost race, `undo` is called, once and at that very moment;
 * also when a value or an error had come that nobody will see any more. It is not called after a value or an error was delivered.
 */
export function suspend<T = void>(start: Suspension<T>, options?: WaitOptions): Operation<T> {
  checkFunction(start, 'suspend(start)')
  return new Suspend(start, options)
}

function notAnUndo(value: unknown): TypeError {
  const advice = isThenable(value)
    ? 'For a promise write until(promise)'
    : 'Write suspend((resolve) => { const timer = setTimeout(resolve, 10); return () => clearTimeout(timer) })'
  return misuse(
    new TypeError(
      `suspend(start): start must return a function that undoes what it did, or nothing; got ${show(value)}. ${advice}`,
    ),
  )
}
