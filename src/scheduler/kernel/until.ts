import { misuse } from '../checks/errors.js'
import { Operation } from './operation.js'
import type { Wait } from './wait.js'
import type { WaitOptions } from './wait-options.js'
import { show } from '../checks/show.js'

/** What `until` waits for: a promise, or a function that makes one for each wait. */
export type Promising<T> = PromiseLike<T> | ((signal: AbortSignal) => PromiseLike<T>)

/** What is known of the work behind a promise. @internal */
export interface PromisedWork {
  /** Stops it. */
  readonly cancel: () => void
  /** What it is, for reports: `fetch(http://localhost/)`. */
  readonly describe?: () => string
  /** Whether it is done in the world outside, and not in the simulation that runs. */
  readonly isExternal?: () => boolean
}

/** The work behind a promise, and how many wait for it or have got it. */
interface Work extends PromisedWork {
  waits: number
}

const works = new WeakMap<object, Work>()

/**
 * Says what is behind `promise`. Whoever waits for the promise in a greenlet, in whatever way (`until`, `race`, a plain
 * `yield`), stops the work by giving up, unless somebody else waits for it too or has its result already.
 * @internal
 */
export function setWork(promise: PromiseLike<unknown>, work: PromisedWork): void {
  works.set(promise, { ...work, waits: 0 })
}

// What a promise is left with when a wait for it was given up: a promise cannot be told to forget its callbacks, and one
// that never settles would keep the greenlets of all who ever waited for it.
class Pending<T> {
  constructor(
    public wait: Wait<T> | null,
    private readonly controller: AbortController | undefined,
    private readonly work: Work | undefined,
  ) {
    if (work !== undefined) work.waits++
  }

  giveUp(): void {
    this.wait = null
    this.controller?.abort()
    if (this.work !== undefined && --this.work.waits === 0) this.work.cancel()
  }
}

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
    let controller: AbortController | undefined
    if (typeof this.source === 'function') {
      controller = new AbortController()
      promise = this.source(controller.signal)
      if (typeof (promise as unknown as { then?: unknown } | undefined)?.then !== 'function') throw notAPromise(promise)
    } else promise = this.source
    const pending = new Pending(wait, controller, works.get(promise))
    wait.detail = pending
    // A thenable that is not a promise may call back twice, at once, with another thenable, or throw.
    const settled = promise instanceof Promise ? promise : Promise.resolve(promise)
    settled.then(
      (value: T) => pending.wait?.resolve(value),
      (error: unknown) => pending.wait?.reject(error),
    )
  }

  cancelWait(wait: Wait<T>): void {
    ;(wait.detail as Pending<T>).giveUp()
  }

  override undoWait(wait: Wait<T>): void {
    this.cancelWait(wait)
  }

  override isExternal(): boolean {
    return works.get(this.source)?.isExternal?.() ?? true
  }

  override describe(): string {
    return works.get(this.source)?.describe?.() ?? 'a promise'
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
 * comes after that is not an unhandled rejection. A bare promise goes on unheeded: nothing can stop it, unless a patched
 *   function of the platform made it.
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
