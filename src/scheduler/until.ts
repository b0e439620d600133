import { misuse } from './errors.js'
import { Operation, type Wait, type WaitOptions } from './operation.js'
import { show } from './show.js'

/** What `until` waits for: a promise, or a function that makes one for each wait. */
export type Promising<T> = PromiseLike<T> | ((signal: AbortSignal) => PromiseLike<T>)

/** @internal */
export class Until<T> extends Operation<T> {
  constructor(
    private readonly source: Promising<T>,
    options?: WaitOptions,
  ) {
    super(options)
  }

  beginWait(wait: Wait<T>): void {
    let promise: PromiseLike<T>
    if (typeof this.source === 'function') {
      const controller = new AbortController()
      wait.detail = controller
      promise = this.source(controller.signal)
      if (typeof (promise as unknown as { then?: unknown } | undefined)?.then !== 'function') throw notAPromise(promise)
    } else promise = this.source
    // A thenable that is not a promise may call back twice, at once, with another thenable, or throw.
    const settled = promise instanceof Promise ? promise : Promise.resolve(promise)
    settled.then(
      (value: T) => wait.resolve(value),
      (error: unknown) => wait.reject(error),
    )
  }

  cancelWait(wait: Wait<T>): void {
    ;(wait.detail as AbortController | undefined)?.abort()
  }

  override isExternal(): boolean {
    return true
  }

  override describe(): string {
    return 'a promise'
  }
}

/**
 * Waits for a promise.
 *
 * ```ts
 * const text = yield* until((signal) => readFile('notes.txt', { encoding: 'utf8', signal }))
 * ```
 *
 * @param source a promise; or a function that makes one, which gets a `signal` that aborts when the wait is given up.
 *   The function is called once for each wait.
 * @returns what the promise resolves to.
 * @throws what it rejects with.
 * Cancel safety: a kill or timeout aborts the `signal`. The result that comes after that is dropped, and an error that
 * comes after that is not an unhandled rejection. A bare promise goes on unheeded: nothing can stop it.
 */
export function until<T>(source: Promising<T>, options?: WaitOptions): Operation<T> {
  if (typeof source !== 'function' && typeof (source as { then?: unknown } | null)?.then !== 'function') {
    throw notAPromise(source)
  }
  return new Until(source, options)
}

function notAPromise(value: unknown): TypeError {
  return misuse(new TypeError(`until(source): expected a promise or a function that returns one, got ${show(value)}`))
}
