import { Operation } from './operation.js'
import type { Wait } from './wait.js'
import type { WaitOptions } from './wait-options.js'

/**
 * Stays with a promise when a wait for it was given up: a promise cannot drop its callbacks, and one that never settles
 * would keep every greenlet that ever waited for it.
 * @internal
 */
export class Pending<T> {
  constructor(public wait: Wait<T> | null) {}

  settle(value: T): void {
    this.wait?.resolve(value)
  }

  giveUp(): void {
    this.wait = null
  }
}

/** Waits for a promise of which nothing is known; `until.ts` has those of which more is. @internal */
export class Settlement<T, S = PromiseLike<T>> extends Operation<T, Pending<T>> {
  constructor(
    protected readonly source: S,
    options?: WaitOptions,
  ) {
    super(options)
  }

  /** Whether it waits for something that runs on its behalf, and that has to clean up when nobody wants it any more. */
  // eslint-disable-next-line @typescript-eslint/class-literal-property-style -- a field would be one more an operation
  get runs(): boolean {
    return false
  }

  beginWait(wait: Wait<T, Pending<T>>): void {
    this.follow(this.source as PromiseLike<T>, wait, new Pending(wait))
  }

  protected follow<P extends Pending<T>>(promise: PromiseLike<T>, wait: Wait<T, P>, pending: P): void {
    wait.detail = pending
    // A thenable that is not a promise may call back twice, at once, with another thenable, or throw.
    const settled = promise instanceof Promise ? (promise as Promise<T>) : Promise.resolve(promise)
    settled.then(
      (value: T) => {
        pending.settle(value)
      },
      (error: unknown) => pending.wait?.reject(error),
    )
  }

  cancelWait(wait: Wait<T, Pending<T>>): void {
    wait.detail.giveUp()
  }

  override isExternal(): boolean {
    return true
  }

  override describe(): string {
    return 'a promise'
  }
}

/** Makes the operation that waits for a promise which a greenlet yields or returns. @internal */
export const promises: { waitFor: (promise: PromiseLike<unknown>) => Operation<unknown> } = {
  waitFor: (promise) => new Settlement(promise),
}
