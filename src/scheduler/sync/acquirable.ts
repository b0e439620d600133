import type { Greenlet } from '../greenlets/greenlet.js'
import { Named } from '../checks/named.js'
import { Attempt, Line, type Claim } from '../kernel/line.js'
import { operationListener, type Operation } from '../kernel/operation.js'
import type { Wait } from '../kernel/wait.js'
import type { WaitOptions } from '../kernel/wait-options.js'
import type { Permit, PermitSource } from './permit.js'
import { thread } from '../kernel/thread.js'

/**
 * The common part of semaphores and locks: who acquires waits in one line with the others, and who releases hands
 * straight over to the first in it, so that nobody can barge in. (gevent lets a newcomer overtake.)
 */
export abstract class Acquirable extends Named implements PermitSource {
  /** The greenlets that acquire, and those that only wait until they could: in one line. @internal */
  readonly line: Line = new Line()
  // It has no state of its own, so that all who acquire without options share one.
  private readonly acquisition = new Acquire(this, undefined)

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
    return options === undefined && operationListener === null ? this.acquisition : new Acquire(this, options)
  }

  /** Takes it if it is free; it may be called from anywhere. @returns a permit, or `undefined` when it is not free. */
  acquireNowait(): Permit | undefined {
    return this.isFreeFor(thread.greenlet) ? this.grant(thread.greenlet) : undefined
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

  /** Whether `greenlet` (`null`: code outside of greenlets) could acquire it without waiting. @internal */
  isFreeFor(_greenlet: Greenlet | null): boolean {
    return !this.locked
  }

  /** Takes it on behalf of `greenlet`, for whom it is free. @internal */
  abstract grant(greenlet: Greenlet | null): Permit

  /** @internal */
  abstract takeBack(permit: Permit): void

  /** Called when `wait` has parked: locks, which know their owners, look for a cycle. @internal */
  parked?(wait: Wait<unknown>): void
}

/** A wait for a lock or a semaphore. @internal */
export abstract class AcquireAttempt<T> extends Attempt<T> {
  constructor(
    protected readonly source: Acquirable,
    options: WaitOptions | undefined,
  ) {
    super(options)
  }

  get line(): Line {
    return this.source.line
  }

  isReady({ greenlet }: Claim): boolean {
    return this.source.isFreeFor(greenlet)
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
export class Acquire extends AcquireAttempt<Permit | undefined> {
  perform({ greenlet }: Claim): Permit | undefined {
    return this.source.grant(greenlet)
  }

  // It cannot fail.
  override complete(wait: Wait<Permit | undefined>): void {
    wait.resolve(this.perform(wait))
  }

  override undoWait(_wait: Wait<Permit | undefined>, permit: Permit | undefined): void {
    if (permit !== undefined) this.source.takeBack(permit)
  }

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
