import { Acquire, type Permit } from './acquirable.js'
import { green } from '../greenlets/call.js'
import { checkCount } from '../checks/check-count.js'
import { badArgument } from '../checks/bad-argument.js'
import type { Coroutine } from '../kernel/frames.js'
import type { Greenlet } from '../greenlets/greenlet.js'
import { Lock, RLock } from './lock.js'
import { Named, countWaiting, type NamedOptions } from '../checks/named.js'
import type { Operation } from '../kernel/operation.js'
import type { Wait } from '../kernel/wait.js'
import { checkWaitOptions, waitOptionNames, type WaitOptions } from '../kernel/wait-options.js'
import { protect } from '../waits/shield.js'
import { thread } from '../kernel/thread.js'
import { Timeout } from '../kernel/timeout.js'
import { AttemptOn, Line } from '../kernel/line.js'

/**
 * Lets greenlets that hold a lock wait until another one says that something has changed.
 * (Python: `threading.Condition`.)
 *
 * ```ts
 * const changed = new Condition()
 *
 * function* consumer() {
 *   using permit = yield* changed.acquire()
 *   yield* changed.waitFor(() => stock > 0)      // releases the lock meanwhile
 *   stock--
 * }
 *
 * function* producer() {
 *   using permit = yield* changed.acquire()
 *   stock++
 *   changed.notify()
 * }
 * ```
 */
export class Condition extends Named {
  /** The lock that belongs to it. */
  readonly lock: Lock
  /** @internal */
  readonly line: Line<boolean> = new Line<boolean>()
  /** How many are still to be notified by the call that runs. */
  private notices = 0

  /** @param lock a lock that it shares with others; without one it has an `RLock` of its own. */
  constructor(lock?: Lock, options?: NamedOptions) {
    super(options)
    if (lock !== undefined && !(lock instanceof Lock)) throw badArgument('new Condition(lock)', 'a Lock or RLock', lock)
    this.lock = lock ?? new RLock(options)
  }

  /** Acquires its lock: the same as `condition.lock.acquire()`. */
  acquire(options?: WaitOptions & { timeout?: null | undefined }): Operation<Permit>
  acquire(options?: WaitOptions): Operation<Permit | undefined>
  acquire(options?: WaitOptions): Operation<Permit | undefined> {
    return this.lock.acquire(options)
  }

  /** Releases its lock: the same as `condition.lock.release()`. */
  release(): void {
    this.lock.release()
  }

  /**
   * Releases the lock, waits for {@link Condition.notify}, and acquires the lock again. What the notification was about
   * may be gone by then: check, or use {@link Condition.waitFor}.
   *
   * @returns whether it was notified: `false` when the time is up.
   * @throws Error when the greenlet that waits does not hold the lock; so one of several in a `race` or `all`, which
   *   runs in a greenlet of its own: give it a `timeout` instead.
   * Cancel safety: the lock is held again before a kill or timeout is raised, which may take its time. A notification
   * for one that is killed before it goes on goes to the next one.
   */
  wait(options?: WaitOptions): Operation<boolean> {
    return untilNotified(this, thread.greenlet, new Notified(this, options))
  }

  /**
   * Waits until `predicate()` is true; it is called with the lock held, at first and after each notification.
   *
   * @param options `timeout`: milliseconds for all of it.
   * @returns whether it came to be true: `false` when the time is up.
   * @throws Error when the greenlet that waits does not hold the lock.
   * Cancel safety: that of {@link Condition.wait}.
   */
  waitFor(predicate: () => unknown, options?: WaitOptions): Operation<boolean> {
    if (typeof predicate !== 'function')
      throw badArgument(`${this.toString()}.waitFor(predicate)`, 'a function', predicate)
    if (options !== undefined) checkWaitOptions(options, waitOptionNames)
    return untilTrue(this, thread.greenlet, predicate, options)
  }

  /**
   * Has greenlets that wait go on, those first that came first; each does when it has acquired the lock again.
   *
   * @param count how many of them at most.
   * @throws Error when the running greenlet does not hold the lock.
   */
  notify(count: number = 1): void {
    checkCount(count, `${this.toString()}.notify(count)`, 0)
    this.lock.checkHeld(`${this.toString()}.notify()`)
    this.notifyFirst(count)
  }

  /** Has all greenlets that wait go on. @throws Error when the running greenlet does not hold the lock. */
  notifyAll(): void {
    this.notify(Infinity)
  }

  /** How it stands: for monitoring and tests. */
  stats(): { waiting: number; lock: ReturnType<Lock['stats']> } {
    return { waiting: this.line.size, lock: this.lock.stats() }
  }

  /** @internal */
  summary(): string {
    return countWaiting(this.line.size, `over ${this.lock.toString()}`)
  }

  /** Notifies those in front, without asking who holds the lock. @internal */
  notifyFirst(count: number): void {
    this.notices = count
    this.line.serve()
    this.notices = 0
  }

  /** Whether a notification is being made, for one who waits. @internal */
  get isNotifying(): boolean {
    return this.notices > 0
  }

  /** @internal */
  takeNotice(): boolean {
    this.notices--
    return true
  }
}

/** Waits for a notification, which is for those who wait when it is made: it is never there at once. */
class Notified extends AttemptOn<Condition, boolean> {
  isReady(): boolean {
    return this.source.isNotifying
  }

  perform(): boolean {
    return this.source.takeNotice()
  }

  override undoWait(_wait: Wait<boolean>, notified: boolean): void {
    if (notified) this.source.notifyFirst(1)
  }

  override expireWait(wait: Wait<boolean>): void {
    wait.resolve(false)
  }

  override describe(): string {
    return `${this.source.toString()}.wait`
  }
}

/** Gets a lock back that was given up with all its permits. */
class Reacquire extends Acquire<Lock> {
  constructor(
    lock: Lock,
    private readonly owner: Greenlet | null,
    private readonly permits: readonly Permit[],
  ) {
    super(lock, undefined)
  }

  perform(): undefined {
    this.source.resume(this.owner, this.permits)
  }

  override undoWait(): void {
    for (const permit of this.permits) permit[Symbol.dispose]()
  }
}

// The caller of wait() may differ from the greenlet that runs this, since a promise that waits has a greenlet of its
// own.
const untilNotified = green(function* wait(
  condition: Condition,
  caller: Greenlet | null,
  notified: Notified,
): Coroutine<boolean> {
  const { lock } = condition
  const owner = caller === null && lock.locked && lock.owner === undefined ? null : thread.greenlet
  lock.checkHeld(`${condition.toString()}.wait()`, owner)
  const permits = lock.suspend()
  try {
    return yield* notified
  } finally {
    yield* protect(new Reacquire(lock, owner, permits))
  }
})

const untilTrue = green(function* waitFor(
  condition: Condition,
  caller: Greenlet | null,
  predicate: () => unknown,
  options: WaitOptions | undefined,
): Coroutine<boolean> {
  const { hub } = thread
  const limit = millisecondsOf(options?.timeout)
  const end = limit === undefined ? undefined : hub.now() + limit
  condition.lock.checkHeld(
    `${condition.toString()}.waitFor()`,
    caller === null && condition.lock.owner === undefined ? null : thread.greenlet,
  )
  let left = options
  while (!predicate()) {
    if (!(yield* untilNotified(condition, caller, new Notified(condition, left)))) return Boolean(predicate())
    if (end !== undefined) left = { ...options, timeout: Math.max(end - hub.now(), 0) }
  }
  return true
})

// One that runs already says itself when the time is up.
function millisecondsOf(timeout: WaitOptions['timeout']): number | undefined {
  if (timeout instanceof Timeout) return timeout.pending ? undefined : timeout.milliseconds
  return timeout ?? undefined
}
