import type { Greenlet } from './runnable.js'
import { thread } from './thread.js'
import type { Wait } from './wait.js'
import { YieldableWait, type WaitIterator } from './wait-iterator.js'
import { checkOptions, type OptionNames } from '../checks/check-options.js'
import { checkLimits, hasMoreThanLimits, waitOptionNames, type WaitOptions } from './wait-options.js'

/**
 * Called for every new operation, before the constructor of its class has run. While there is one, calls that ask for the
 * same are not given one operation that they share, so that each can be distinguished from the others. @internal
 */
export let operationListener: ((operation: Operation<unknown>) => void) | null = null

/** Calls `listener` for every new operation. @internal */
export function onOperationMade(listener: (operation: Operation<unknown>) => void): void {
  operationListener = listener
}

/**
 * Anything that can be waited for: `yield* operation` inside a greenlet, `await operation` elsewhere. It is lazy
 * (nothing happens before something waits) and can be waited for again and again, by many at a time.
 *
 * To make a new one, extend this class: {@link Operation.beginWait} either ends the given {@link Wait} at once or
 * keeps it somewhere, usually in a `Line`, until something ends it; {@link Operation.cancelWait} takes it out
 * again; {@link Operation.undoWait} gives back what a wait received but never delivered. These three are the whole
 * contract of cancellation. (Trio: `wait_task_rescheduled`, Kotlin: prompt cancellation guarantee.)
 */
export abstract class Operation<T, D = unknown> implements Promise<T> {
  /** Limits of each wait for this operation. */
  declare readonly options: WaitOptions | undefined
  /** Whether it is more than a wait, and makes sense if nothing waits for it. @internal */
  isThing?(): boolean

  /**
   * @param options limits of each wait for it; the errors about wrong ones name the class.
   * @throws TypeError, RangeError when `timeout` or `signal` cannot be one.
   */
  constructor(options?: WaitOptions) {
    // Those without any share the one on the prototype: an operation is made for every wait.
    if (options !== undefined) {
      checkLimits(options, this)
      if (hasMoreThanLimits(options)) checkOptions(options, this.optionNames, this)
      ;(this as { options: WaitOptions | undefined }).options = options
    }
    if (operationListener !== null) operationListener(this)
  }

  /** The options that the call takes. @internal */
  protected get optionNames(): OptionNames {
    return waitOptionNames
  }

  /** Starts a wait: ends it at once (`resolve`, `reject`), or sees to it that somebody ends it later. */
  abstract beginWait(wait: Wait<T, D>): void

  /** The wait is over without a result: whatever `beginWait` did has to be undone, so that nothing reaches it. */
  abstract cancelWait(wait: Wait<T, D>): void

  /** Gives `value` back: the waiter was killed before it saw it, so the next one gets it. */
  undoWait(_wait: Wait<T, D>, _value: T): void {
    // Most operations take nothing away from others.
  }

  /** Keeps `error` from being lost: the waiter was killed before it saw it. */
  undoFailure(_wait: Wait<T, D>, _error: unknown): void {
    // Most errors concern only the waiter.
  }

  /**
   * A kill or a timeout is to be raised in the greenlet that waits. Where the work runs on behalf of the wait and has
   * to clean up, it is raised there, and the wait goes on until that has ended.
   *
   * @returns whether it was raised in the work; otherwise the wait is cancelled.
   * @internal
   */
  interruptWait?(wait: Wait<T>, error: unknown): boolean

  /** Whether the work holds kills and timeouts off until it is done. @internal */
  holdsOff?(wait: Wait<T>): boolean

  /** The wait's own timeout is up, and it was cancelled: `error` is what a call that must deliver raises. */
  expireWait(wait: Wait<T, D>, error: Error): void {
    wait.reject(error)
  }

  /** Whether beginning it may end waits of others, who must not be rivals of it in a `select` then. @internal */
  servesOthers?(): boolean

  /** Describes the wait, for reports: `Queue "jobs".get`. */
  describe(): string {
    return this.constructor.name
  }

  /** Tells people how far what it waits for has come, `2 of 3`; empty, or absent, where there is nothing to tell. @internal */
  progress?(): string

  /**
   * Whether the world outside of the hub ends its waits, a promise or I/O. The clock of a simulation stands still while
   * something waits for that.
   */
  isExternal(): boolean {
    return false
  }

  /** Whether a program may end while something waits for it. @internal */
  isDaemon?(): boolean

  /** The greenlets that would have to act for a wait to go on, for reports: the owners of a lock, say. */
  holders(): Iterable<Greenlet> {
    return []
  }

  /** The thing that it is a call of, a lock or a queue: all waits for it are listed together. @internal */
  subject?(): object

  /** Waits inside a greenlet: `yield* operation`. */
  [Symbol.iterator](): WaitIterator<T> {
    return new YieldableWait<T, D>(this)
  }

  /** Waits outside of greenlets: `await operation`. */
  then<A = T, B = never>(
    onFulfilled?: ((value: T) => A | PromiseLike<A>) | null,
    onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return toPromise(this).then(onFulfilled, onRejected)
  }

  /** As that of a promise. */
  catch<B = never>(onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null): Promise<T | B> {
    return this.then(undefined, onRejected)
  }

  /** As that of a promise. */
  finally(onFinally?: (() => void) | null): Promise<T> {
    return this.then().finally(onFinally)
  }

  /** It can stand wherever a promise is asked for. */
  // eslint-disable-next-line @typescript-eslint/class-literal-property-style -- a field would be one more an operation
  get [Symbol.toStringTag](): string {
    return 'Operation'
  }
}

Reflect.defineProperty(Operation.prototype, 'options', { configurable: true, writable: true, value: undefined })

/** Waits for `operation` where no greenlet does. */
function toPromise<T>(operation: Operation<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const { hub } = thread
    const wait = new YieldableWait(operation)
    const wake = (): void => {
      hub.outside.delete(wait)
      if (wait.failed) reject(wait.value)
      else resolve(wait.value as T)
    }
    wait.begin({ hub, greenlet: null, wake })
    if (wait.settled) wake()
    else {
      hub.outside.add(wait)
      hub.latestOutside = wait
    }
  })
}
