import type { OptionNames } from '../checks/check-options.js'
import { badArgument } from '../checks/bad-argument.js'
import { checkFunction } from '../checks/check-function.js'
import type { Operation } from './operation.js'
import { Pending, Settlement, promises } from './settlement.js'
import type { Wait } from './wait.js'
import { waitOptionsAnd, type WaitOptions } from './wait-options.js'
import { isThenable } from '../checks/thenable.js'
import { thread } from './thread.js'

/**
 * The promise, or function of a signal, that `until` waits for: a promise, or a function that makes one for each wait.
 */
export type Promising<T> = PromiseLike<T> | ((signal: AbortSignal) => PromiseLike<T>)

/** Options of {@link until}. */
export interface UntilOptions<T> extends WaitOptions {
  /**
   * Called with a result that comes when nothing waits for it any more, after a kill, say: `{ late: (client) =>
   * client.release() }`. It may return a promise. An error that comes then is dropped as ever.
   */
  late?: ((value: T) => unknown) | undefined
}

/** The work behind a promise. @internal */
export interface PromisedWork {
  /** Stops it. */
  readonly cancel: () => void
  /** Describes it, for reports: `fetch(http://localhost/)`. */
  readonly describe?: () => string
  /** Whether it is done in the world outside, and not in the simulation that runs. */
  readonly isExternal?: () => boolean
  /** Whether the waiter started it; only then does cancelling the wait stop it. */
  readonly isOwn?: () => boolean
  /**
   * Raises an error in it, and calls `ended` when it has cleaned up.
   * @returns whether it did: not if it is somebody else's affair, too.
   */
  readonly interrupt?: (error: unknown, ended: (value: unknown, failed: boolean) => void) => boolean
}

/** The work behind a promise, and how many wait for it or have got it. */
interface Work extends PromisedWork {
  waits: number
}

const works = new WeakMap<object, Work>()

/**
 * Says what is behind `promise`. A greenlet that waits for the promise, in whatever way (`until`, `race`, a plain
 * `yield`), stops the work by giving up, unless somebody else waits for it too or has its result already.
 * @internal
 */
export function setWork(promise: PromiseLike<unknown>, work: PromisedWork): void {
  works.set(promise, { ...work, waits: 0 })
  promises.waitFor = waitForWork
}

function waitForWork(promise: PromiseLike<unknown>): Operation<unknown> {
  return new Until(promise)
}

let find: (promise: PromiseLike<unknown>) => PromisedWork | undefined = () => undefined

/**
 * Finds the work behind promises of which nobody said it one by one: those of compiled async functions.
 * @internal
 */
export function findWork(finder: typeof find): void {
  find = finder
  promises.waitFor = waitForWork
}

/** How many greenlets wait for a promise behind which there is work that is known. @internal */
export function countWaits(promise: PromiseLike<unknown>): number {
  return works.get(promise)?.waits ?? 0
}

/**
 * Stops the work behind a promise, if no greenlet waits for it: who awaited it in another way has given up. @internal
 */
export function abandon(promise: PromiseLike<unknown>): void {
  const work = works.get(promise)
  if (work?.waits === 0) work.cancel()
}

function workOf(promise: PromiseLike<unknown>): Work | undefined {
  const known = works.get(promise)
  if (known !== undefined) return known
  const found = find(promise)
  if (found === undefined) return undefined
  setWork(promise, found)
  return works.get(promise)
}

/** A wait for a promise, with all that is known of that. */
class Underway<T> extends Pending<T> {
  constructor(
    wait: Wait<T>,
    private readonly controller: AbortController | undefined,
    private readonly work: Work | undefined,
    private readonly owned: boolean,
    private readonly late: ((value: T) => unknown) | undefined,
  ) {
    super(wait)
    if (work !== undefined) work.waits++
  }

  /** Raises an error in the work, if nobody else waits for it. */
  interrupt(error: unknown): boolean {
    const { work, wait } = this
    if (work?.interrupt === undefined || !this.owned || work.waits > 1) return false
    return work.interrupt(error, (value, failed) => {
      if (failed) wait?.reject(value)
      else wait?.resolve(value as T)
    })
  }

  override settle(value: T): void {
    if (this.wait === null) this.discard(value)
    else super.settle(value)
  }

  /** Hands a value that nobody got to see to `late`. */
  discard(value: T): void {
    if (this.late === undefined) return
    const { hub } = thread
    const failed = (error: unknown): void => {
      hub.reportFailure('until(source, { late }): late itself failed', error)
    }
    try {
      const result = this.late(value)
      if (isThenable(result)) result.then(undefined, failed)
    } catch (error) {
      failed(error)
    }
  }

  override giveUp(): void {
    super.giveUp()
    this.controller?.abort()
    if (this.work !== undefined && --this.work.waits === 0 && this.owned) this.work.cancel()
  }
}

const untilOptionNames = waitOptionsAnd('late')

/** @internal */
export class Until<T> extends Settlement<T, Promising<T>> {
  private readonly work: Work | undefined
  private readonly owned: boolean

  constructor(source: Promising<T>, options?: UntilOptions<T>) {
    super(source, options)
    this.work = typeof source === 'function' ? undefined : workOf(source)
    this.owned = this.work?.isOwn?.() ?? true
  }

  override get runs(): boolean {
    return this.owned && this.work?.interrupt !== undefined
  }

  /** @internal */
  protected override get optionNames(): OptionNames {
    return untilOptionNames
  }

  override beginWait(wait: Wait<T, Underway<T>>): void {
    let promise: PromiseLike<T>
    let controller: AbortController | undefined
    if (typeof this.source === 'function') {
      controller = new AbortController()
      promise = this.source(controller.signal)
      if (!isThenable(promise)) throw notAPromise(promise)
    } else promise = this.source
    const work = this.work ?? workOf(promise)
    const owned = controller === undefined ? this.owned : (work?.isOwn?.() ?? true)
    const { late } = (this.options ?? {}) as UntilOptions<T>
    this.follow(promise, wait, new Underway(wait, controller, work, owned, late))
  }

  override interruptWait(wait: Wait<T, Underway<T>>, error: unknown): boolean {
    return wait.detail.interrupt(error)
  }

  override undoWait(wait: Wait<T, Underway<T>>, value: T): void {
    this.cancelWait(wait)
    wait.detail.discard(value)
  }

  override isExternal(): boolean {
    return this.work?.isExternal?.() ?? super.isExternal()
  }

  override describe(): string {
    return this.work?.describe?.() ?? super.describe()
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
 * Cancel safety: a kill or timeout aborts the `signal`. The result that comes after that goes to `late`, or is dropped,
 * and an error that comes after that is not an unhandled rejection. A bare promise goes on unheeded: nothing can stop
 *   it, unless a patched function of the platform made it.
 */
export function until<T>(source: Promising<T>, options?: UntilOptions<T>): Operation<T> {
  if (typeof source !== 'function' && !isThenable(source)) throw notAPromise(source)
  const late: unknown = options?.late
  if (late !== undefined) checkFunction(late, 'until(source, { late })')
  return new Until(source, options)
}

function notAPromise(value: unknown): TypeError {
  return badArgument('until(source)', 'a promise or a function that returns one', value)
}
