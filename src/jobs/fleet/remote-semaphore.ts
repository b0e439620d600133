import { randomUUID } from 'node:crypto'
import { badArgument } from '../../scheduler/checks/bad-argument.js'
import { checkCount } from '../../scheduler/checks/check-count.js'
import { checkDuration } from '../../scheduler/checks/check-duration.js'
import { checkOptions } from '../../scheduler/checks/check-options.js'
import { FunctionCall } from '../../scheduler/greenlets/call.js'
import {
  getCurrent,
  getHub,
  withTimeout,
  type Coroutine,
  type Greenlet,
  type Operation,
  type WaitOptions,
} from '../../scheduler/index.js'
import type { Wait } from '../../scheduler/kernel/wait.js'
import { checkWaitOptions, waitOptionNames } from '../../scheduler/kernel/wait-options.js'
import { RemotePermit } from './remote-permit.js'
import { checkStore, type FleetStore, type Standing } from './store.js'
import { waitInLine } from './wait-in-line.js'

/** Options of {@link RemoteSemaphore} and {@link RemoteLock}. */
export interface RemoteSemaphoreOptions {
  /**
   * How many milliseconds a permit lasts unless it is extended, which happens each time a third of them has passed; 10,000
   * by default. So long the permit of a process that died is nobody's.
   */
  lease?: number | undefined
}

/**
 * A semaphore for all programs that use one store: at most `places` permits at a time in the whole fleet.
 *
 * ```ts
 * const store = redisStore(new Redis())
 * const exports = new RemoteSemaphore(store, 'exports', 3)
 * function* work() {
 *   using permit = yield* exports.acquire()
 *   …
 * }
 * ```
 *
 * First come, first served, in the order in which the store was asked. One that is not heard of for longer than a lease has
 * lost its place in line.
 */
export class RemoteSemaphore {
  private readonly lease: number

  /**
   * @param store where the fleet keeps who holds what.
   * @param name of the semaphore: letters, digits and `. _ : -`.
   * @param places how many permits there are; the same in all programs.
   * @param options `lease` in milliseconds, 10,000 by default.
   * @throws TypeError, RangeError for arguments out of range.
   */
  constructor(
    private readonly store: FleetStore,
    /** That of the semaphore. */
    readonly name: string,
    /** How many permits there are. */
    readonly places: number,
    options: RemoteSemaphoreOptions = {},
  ) {
    const where = `new ${this.constructor.name}(store, name, …)`
    checkFleet(where, store, name)
    checkCount(places, `${where}: places`, 1)
    checkOptions(options, { own: ['lease'] })
    const { lease = 10_000 } = options
    checkDuration(lease, `${where}: { lease }`)
    if (lease === 0 || lease === Infinity) throw badArgument(`${where}: { lease }`, 'a time that passes', lease)
    this.lease = lease
  }

  /**
   * Waits for a permit.
   *
   * If the permit is lost, a `LeaseLost` is raised in the greenlet that has called this, once, at its next wait. It may be
   * caught like any other error, and the permit waited for again.
   *
   * @returns the permit; `undefined` when the time is up.
   * @throws the error of the client, if the store cannot be reached.
   * Cancel safety: a caller that is killed or timed out holds nothing, and has no place in line; it waits until the store
   * knows.
   */
  acquire(options?: WaitOptions & { timeout?: null | undefined }): Operation<RemotePermit>
  acquire(options?: WaitOptions): Operation<RemotePermit | undefined>
  acquire(options?: WaitOptions): Operation<RemotePermit | undefined> {
    if (options === undefined) return new Acquire(this, () => this.acquiring())
    const { timeout, signal } = checkWaitOptions(options, waitOptionNames)
    const limits = { value: undefined, ...(signal && { signal }) }
    return new Acquire(this, () => withTimeout(timeout ?? Infinity, () => this.acquiring(), limits))
  }

  /** Describes it in one line. */
  toString(): string {
    return `semaphore ${JSON.stringify(this.name)}`
  }

  private *acquiring(): Coroutine<RemotePermit> {
    const { name, places, lease } = this
    const { calls } = this.store
    const id = randomUUID()
    const leave = (): ReturnType<typeof calls.leave> => calls.leave(name, id, places)
    let since = getHub().now()
    const { fence } = yield* waitInLine<Standing>(calls, {
      id,
      lease,
      ask: () => {
        since = getHub().now()
        return calls.enter(name, id, places, lease)
      },
      pauseAfter: ({ fence: given, pause }) => (given > 0 ? undefined : pause),
      given: (number, known) => {
        since = known
        return { fence: number, pause: 0 }
      },
      leave,
    })
    const extend = (): ReturnType<typeof calls.extend> => calls.extend(name, id, lease)
    return new RemotePermit({ what: this.toString(), name, lease, fence, extend, leave }, getCurrent(), since)
  }
}

/** A lock for all programs that use one store: a {@link RemoteSemaphore} with one permit. It is not reentrant. */
export class RemoteLock extends RemoteSemaphore {
  /**
   * @param store where the fleet keeps who holds what.
   * @param name of the lock.
   * @param options `lease` in milliseconds, 10,000 by default.
   * @throws TypeError, RangeError for arguments out of range.
   */
  constructor(store: FleetStore, name: string, options: RemoteSemaphoreOptions = {}) {
    super(store, name, 1, options)
  }

  override toString(): string {
    return `lock ${JSON.stringify(this.name)}`
  }
}

class Acquire extends FunctionCall<RemotePermit | undefined> {
  constructor(
    private readonly source: RemoteSemaphore,
    acquire: () => unknown,
  ) {
    super(acquire, undefined, [])
  }

  // One of several waits, and another was first.
  override undoWait(
    _wait: Wait<RemotePermit | undefined, Greenlet<RemotePermit | undefined> | undefined>,
    permit?: RemotePermit,
  ): void {
    permit?.[Symbol.dispose]()
  }

  override describe(): string {
    return `${this.source.toString()}.acquire`
  }
}

/** @throws TypeError for what is no store or no name. @internal */
export function checkFleet(where: string, store: FleetStore, name: string): void {
  checkStore(store, where)
  if (typeof name !== 'string' || !/^[\w.:-]{1,200}$/.test(name)) {
    throw badArgument(`${where}: name`, 'a name of letters, digits and . _ : -', name)
  }
}
