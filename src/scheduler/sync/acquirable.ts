import type { Greenlet } from '../greenlets/greenlet.js'
import { misuse } from '../checks/errors.js'
import { Named } from '../checks/named.js'
import { AttemptOn, Line, type Claim } from '../kernel/line.js'
import { operationListener, type Operation } from '../kernel/operation.js'
import type { Wait } from '../kernel/wait.js'
import type { WaitOptions } from '../kernel/wait-options.js'
import { thread } from '../kernel/thread.js'

/**
 * The common part of semaphores and locks: who acquires waits in one line with the others, and who releases hands
 * straight over to the first in it, so that nobody can barge in. (gevent lets a newcomer overtake.)
 */
export abstract class Acquirable extends Named {
  /** The greenlets that acquire, and those that only wait until they could: in one line. @internal */
  readonly line: Line = new Line()
  // It has no state of its own, so that all who acquire without options share one.
  private readonly acquisition = this.newAcquire(undefined)

  /** Whether nobody could acquire it now without waiting. */
  abstract get locked(): boolean

  /**
   * Waits until it is free and takes it.
   *
   * ```ts
   * using permit = yield* lock.acquire()                      // released at the end of the block
   * using permit = yield* lock.acquire({ timeout: 100 })      // undefined when the time is up
   * ```
   *
   * @returns a permit, to be released; `undefined` when the time is up.
   * Cancel safety: who is killed or timed out holds nothing. A permit that was handed over already goes to the next
   * one in the line.
   */
  acquire(options?: WaitOptions & { timeout?: null | undefined }): Operation<Permit>
  acquire(options?: WaitOptions): Operation<Permit | undefined>
  acquire(options?: WaitOptions): Operation<Permit | undefined> {
    return options === undefined && operationListener === null ? this.acquisition : this.newAcquire(options)
  }

  /** Takes it if it is free; it may be called from anywhere. @returns a permit, or `undefined` when it is not free. */
  acquireNowait(): Permit | undefined {
    const { acquisition } = this
    const claim = { greenlet: thread.greenlet, detail: undefined }
    return acquisition.isReady(claim) ? acquisition.perform(claim) : undefined
  }

  /**
   * Waits until it could be acquired, without acquiring it: by the time the waiter goes on, another may have done so.
   *
   * @returns `true`, or `false` when the time is up.
   * Cancel safety: nothing is lost.
   */
  wait(options?: WaitOptions): Operation<boolean> {
    return new WaitUntilFree(this, options)
  }

  /** The greenlets that would have to release it. @internal */
  holders(): Iterable<Greenlet> {
    return []
  }

  /** The greenlet that may acquire it although it is locked, if there is one. @internal */
  get reentrant(): Greenlet | undefined {
    return undefined
  }

  /** Makes a call that takes it. @internal */
  protected abstract newAcquire(options: WaitOptions | undefined): Acquire

  /** Takes back a permit that was given back. @internal */
  abstract takeBack(permit: Permit): void

  /** Called when `wait` has parked: locks, which know their owners, look for a cycle. @internal */
  parked?(wait: Wait<unknown>): void
}

/**
 * The right to go on that `acquire()` gives. With `using` it is given back at the end of the block, by whatever way the
 * block is left:
 *
 * ```ts
 * using permit = yield* lock.acquire()
 * ```
 *
 * It may be passed on: any holder may release it.
 */
export class Permit {
  private given = true

  /** @internal */
  constructor(private readonly source: Acquirable) {}

  /** Whether it was not released yet. */
  get held(): boolean {
    return this.given
  }

  /**
   * Gives it back before the end of the block.
   * @throws Error when it was given back before. At the end of the block nothing happens then.
   */
  release(): void {
    if (!this.given) {
      throw misuse(
        new Error(
          `permit.release(): this permit of ${this.source.toString()} was already released. ` +
            'Write `if (permit.held) permit.release()` where both may happen; `using` needs no release() at all',
        ),
        'GVENT_NOT_HELD',
      )
    }
    this[Symbol.dispose]()
  }

  /** Gives it back unless that was done before, for `using`. */
  [Symbol.dispose](): void {
    if (!this.given) return
    this.given = false
    this.source.takeBack(this)
  }

  /** Describes it and its state in one line. */
  toString(): string {
    return `a permit of ${this.source.toString()}`
  }
}

/** A wait for a lock or a semaphore. @internal */
export abstract class AcquireAttempt<T, S extends Acquirable = Acquirable> extends AttemptOn<S, T> {
  isReady({ greenlet }: Claim): boolean {
    return !this.source.locked || greenlet === this.source.reentrant
  }

  override beginWait(wait: Wait<T, unknown, this>): void {
    if (this.isReady(wait)) this.complete(wait)
    else {
      this.line.add(wait)
      this.source.parked?.(wait)
    }
  }

  override holders(): Iterable<Greenlet> {
    return this.source.holders()
  }

  override subject(): object {
    return this.source
  }
}

/** `source.acquire()`. @internal */
export abstract class Acquire<S extends Acquirable = Acquirable> extends AcquireAttempt<Permit | undefined, S> {
  override expireWait(wait: Wait<Permit | undefined>): void {
    wait.resolve(undefined)
  }

  override describe(): string {
    return `${this.source.toString()}.acquire`
  }
}

class WaitUntilFree extends AcquireAttempt<boolean> {
  perform(): boolean {
    return true
  }

  override expireWait(wait: Wait<boolean>): void {
    wait.resolve(false)
  }

  override describe(): string {
    return `${this.source.toString()}.wait`
  }
}
