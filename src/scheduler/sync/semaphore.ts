import { Acquirable, Acquire, Permit } from './acquirable.js'
import { checkCount } from '../checks/check-count.js'
import { misuse } from '../checks/errors.js'
import { countWaiting, type NamedOptions } from '../checks/named.js'
import type { Wait } from '../kernel/wait.js'
import type { WaitOptions } from '../kernel/wait-options.js'

/**
 * So many permits, which anybody may acquire and anybody may release. Who finds none waits in line; a release goes
 * straight to the first one there. (gevent: `gevent.lock.Semaphore`.)
 *
 * ```ts
 * const slots = new Semaphore(3)
 * function* job() {
 *   using permit = yield* slots.acquire()      // three at a time
 *   yield* work()
 * }
 * ```
 */
export class Semaphore extends Acquirable {
  /** @internal */
  free: number

  /**
   * @param value how many permits there are at first; with `Infinity` nobody ever waits.
   * @throws TypeError, RangeError when that is not a whole number from 0.
   */
  constructor(value: number = 1, options?: NamedOptions) {
    super(options)
    checkCount(value, `new ${this.constructor.name}(value)`, 0)
    this.free = value
  }

  /** How many permits are free. */
  get value(): number {
    return this.free
  }

  /** Whether no permit is free. */
  get locked(): boolean {
    return this.free === 0
  }

  /**
   * Adds a permit: the first in the line gets it. It may be called from anywhere, by somebody who acquired none too;
   * a permit that was acquired with `using` is released by itself.
   */
  release(): void {
    this.free++
    this.line.serve()
  }

  /** How it stands: for monitoring and tests. */
  stats(): { value: number; waiting: number } {
    return { value: this.free, waiting: this.line.size }
  }

  /** @internal */
  protected newAcquire(options: WaitOptions | undefined): Acquire {
    return new AcquireSemaphore(this, options)
  }

  /** @internal */
  takeBack(): void {
    this.release()
  }

  /** @internal */
  summary(): string {
    return countWaiting(this.line.size, `${this.free} free`)
  }
}

class AcquireSemaphore extends Acquire<Semaphore> {
  perform(): Permit {
    this.source.free--
    return new Permit(this.source)
  }

  override undoWait(_wait: Wait<Permit | undefined>, permit: Permit | undefined): void {
    if (permit !== undefined) this.source.release()
  }
}

/**
 * A semaphore that is never released more often than it was acquired. (gevent: `gevent.lock.BoundedSemaphore`.)
 */
export class BoundedSemaphore extends Semaphore {
  /** How many permits there are in all. */
  readonly limit: number

  /**
   * @param value how many permits there are, 1 unless given; never are there more.
   * @param options `name`: what reports call it.
   * @throws TypeError, RangeError when `value` is not a whole number from 0.
   */
  constructor(value: number = 1, options?: NamedOptions) {
    super(value, options)
    this.limit = value
  }

  /**
   * Gives a permit back: the first in the line gets it.
   * @throws RangeError when all permits are free.
   */
  override release(): void {
    if (this.value === this.limit && this.limit !== Infinity) {
      throw misuse(
        new RangeError(
          `${this.toString()}.release(): all of its ${this.limit} permits are free, so this release is one too many. ` +
            'Release once for each acquire, or write `using permit = yield* semaphore.acquire()`, which does so; ' +
            'to add permits, use a Semaphore',
        ),
        'GVENT_NOT_HELD',
      )
    }
    super.release()
  }

  /** @internal */
  override summary(): string {
    return countWaiting(this.stats().waiting, `${this.value} of ${this.limit} free`)
  }
}
