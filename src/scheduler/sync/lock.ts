import { Acquirable, Acquire, Permit } from './acquirable.js'
import { misuse } from '../checks/errors.js'
import type { Greenlet } from '../greenlets/greenlet.js'
import { countWaiting } from '../checks/named.js'
import { reporter } from '../kernel/reporter.js'
import type { Claim } from '../kernel/line.js'
import type { Wait } from '../kernel/wait.js'
import type { WaitOptions } from '../kernel/wait-options.js'
import { thread } from '../kernel/thread.js'

/**
 * Held by one greenlet at a time. It knows its owner: nobody else may release it, the report of a stuck program names
 * it, and when the owners of several locks come to wait for one another in a circle, that is reported at once.
 *
 * ```ts
 * const lock = new Lock({ name: 'accounts' })
 * function* transfer() {
 *   using permit = yield* lock.acquire()
 *   yield* work()
 * }
 * ```
 *
 * A greenlet that acquires a lock that it holds waits for itself, for ever; for that there is {@link RLock}. Code
 * outside of greenlets (`await lock.acquire()`) may hold it too, and has no name in reports.
 */
export class Lock extends Acquirable {
  /** The permits of its owner: one permit, or several of an {@link RLock}. @internal */
  permits: Permit[] = []
  /** @internal */
  holder: Greenlet | null = null

  /** Whether somebody holds it. */
  get locked(): boolean {
    return this.permits.length > 0
  }

  /** The greenlet that holds it; `undefined` when it is free, or held by code outside of greenlets. */
  get owner(): Greenlet | undefined {
    return this.holder ?? undefined
  }

  /**
   * Releases it: the first in the line gets it. With `using permit = yield* lock.acquire()` that is done by itself.
   * @throws Error when it is free, or when another greenlet holds it.
   */
  release(): void {
    this.checkHeld(`${this.toString()}.release()`)
    this.permits.at(-1)!.release()
  }

  /** How it stands: for monitoring and tests. */
  stats(): { locked: boolean; owner: Greenlet | undefined; waiting: number } {
    return { locked: this.locked, owner: this.owner, waiting: this.line.size }
  }

  override holders(): Iterable<Greenlet> {
    return this.holder === null ? [] : [this.holder]
  }

  /** @internal */
  protected newAcquire(options: WaitOptions | undefined): Acquire {
    return new AcquireLock(this, options)
  }

  /** @internal */
  takeBack(permit: Permit): void {
    const index = this.permits.lastIndexOf(permit)
    // One of a lock that its owner has given up for the time of a Condition.wait is not there.
    if (index === -1) return
    this.permits.splice(index, 1)
    if (this.permits.length > 0) return
    this.holder = null
    this.line.serve()
  }

  /** @internal */
  override parked(wait: Wait<unknown>): void {
    reporter.reportLockCycle(this, wait)
  }

  /** Takes all permits from the owner, and hands the lock on. @returns the permits. @internal */
  suspend(): readonly Permit[] {
    const { permits } = this
    this.permits = []
    this.holder = null
    this.line.serve()
    return permits
  }

  /** Gives the free lock back to whom it was taken from; without permits that are still held nothing happens. @internal */
  resume(owner: Greenlet | null, permits: readonly Permit[]): void {
    this.permits = permits.filter((permit) => permit.held)
    if (this.locked) this.holder = owner
  }

  /** @throws Error unless `greenlet`, the running one, holds it. @internal */
  checkHeld(call: string, greenlet: Greenlet | null = thread.greenlet): void {
    if (this.locked && this.holder === greenlet) return
    throw misuse(new Error(this.locked ? this.heldByAnother(call, greenlet) : this.notHeld(call)), 'GVENT_NOT_HELD')
  }

  /** @internal */
  summary(): string {
    if (!this.locked) return countWaiting(this.line.size, 'free')
    const end = this.holder?.dead ? ', which has ended' : ''
    return countWaiting(this.line.size, `held by ${nameHolder(this.holder)}${end}`)
  }

  private notHeld(call: string): string {
    return (
      `${call}: ${this.toString()} is not held. It was never acquired, or already released: ` +
      'write `using permit = yield* lock.acquire()`, which releases it once, at the end of the block'
    )
  }

  private heldByAnother(call: string, greenlet: Greenlet | null): string {
    return (
      `${call} by ${nameHolder(greenlet)}: ${nameHolder(this.holder)} holds ${this.toString()}, and only its owner may ` +
      'do that. Write `using permit = yield* lock.acquire()` in the greenlet that needs it; ' +
      'if one greenlet acquires and another releases, use a Semaphore'
    )
  }
}

class AcquireLock extends Acquire<Lock> {
  perform({ greenlet }: Claim): Permit {
    const { source } = this
    const permit = new Permit(source)
    source.holder = greenlet
    source.permits.push(permit)
    return permit
  }

  override undoWait(_wait: Wait<Permit | undefined>, permit: Permit | undefined): void {
    if (permit !== undefined) this.source.takeBack(permit)
  }
}

/**
 * A lock that its owner may acquire again; it is free when it was released as often. (gevent: `gevent.lock.RLock`.)
 *
 * Code outside of greenlets has no identity: there a second `await lock.acquire()` waits like anybody else's.
 */
export class RLock extends Lock {
  /** How often its owner has acquired it. */
  get depth(): number {
    return this.permits.length
  }

  /** @internal */
  override get reentrant(): Greenlet | undefined {
    return this.owner
  }

  /** @internal */
  override summary(): string {
    return this.depth > 1 ? `${super.summary()}, ${this.depth} deep` : super.summary()
  }
}

function nameHolder(holder: Greenlet | null): string {
  return holder === null ? 'code outside of greenlets' : holder.toString()
}
