import { badArgument } from '../checks/bad-argument.js'
import { isCoroutine, isWaitable, type Coroutine, type Returned } from '../kernel/frames.js'
import { Operation } from '../kernel/operation.js'
import { thread } from '../kernel/thread.js'
import { until } from '../kernel/until.js'
import { FunctionCall, call } from '../greenlets/call.js'
import { Greenlet } from '../greenlets/greenlet.js'
import type { OwnedResources, OwnedResource } from './owned-resources.js'
import { ownFor } from './scope.js'

/** The result of {@link acquireRelease}: the acquired value, which `using` releases if it is an object. */
export type Acquired<T> = T extends object ? T & Disposable : T

/** An acquired value until it is released. */
class AcquiredValue implements OwnedResource {
  owner: OwnedResources | null = null
  private readonly restore: () => void
  private released = false
  private releasing: Greenlet | undefined

  constructor(
    value: unknown,
    private readonly release: () => unknown,
  ) {
    this.restore = makeDisposable(value, () => {
      this.dispose()
    })
  }

  /** Releases it, once. What that waits for goes on in a greenlet, for which the owner waits when it ends. */
  dispose(): void {
    if (this.released) return
    this.released = true
    this.restore()
    const result = this.release()
    if (isWaitable(result)) {
      this.releasing = new Greenlet(() => result).start()
      this.releasing.onEnded(() => this.owner?.delete(this))
    } else this.owner?.delete(this)
  }

  /** Releases it, and gives what to wait for. */
  close(): Operation<unknown> | undefined {
    this.dispose()
    return this.releasing
  }
}

// On the object itself, and only while it is held: a driver's connection has no dispose of its own, or one that closes
// it for good. What cannot take a property is released by its owner.
function makeDisposable(value: unknown, dispose: () => void): () => void {
  const before = Object(value) === value ? Object.getOwnPropertyDescriptor(value, Symbol.dispose) : undefined
  const property = { configurable: true, writable: true, value: dispose }
  if (Object(value) !== value || !Reflect.defineProperty(value as object, Symbol.dispose, property))
    return () => undefined
  return () => {
    if (before === undefined) Reflect.deleteProperty(value as object, Symbol.dispose)
    else Reflect.defineProperty(value as object, Symbol.dispose, before)
  }
}

class AcquireRelease<T> extends FunctionCall<T> {
  constructor(
    private readonly acquire: () => unknown,
    private readonly release: (value: unknown) => unknown,
  ) {
    super(acquire, undefined, [])
  }

  override *invoke(): Coroutine<unknown> {
    const { acquire, release } = this
    const made = acquire()
    const late = (value: unknown): unknown => release(value)
    const isForeign = isWaitable(made) && !isCoroutine(made) && !(made instanceof Operation)
    const value = yield* isForeign ? until(made as PromiseLike<unknown>, { late }) : call(() => made)
    ownFor(thread.greenlet!, new AcquiredValue(value, () => release(value)))
    return value
  }
}

/**
 * Acquires something, and releases it when its `using` block, or else the scope or greenlet that acquired it, ends.
 *
 * ```ts
 * using client = yield* acquireRelease(() => pool.connect(), (client) => client.release())
 * const { rows } = yield* until(client.query('SELECT 1'))
 * ```
 *
 * The owner is the innermost scope that the greenlet has entered, or else the greenlet; it waits for the release before
 * it ends. What a call got that a combinator, `retry` or `within` made belongs to its waiter, if the call succeeds.
 *
 * @param acquire returns the value, or something to wait for that gives it: a coroutine, an operation, a promise.
 * @param release releases it; called once. If it returns something to wait for, that is waited for.
 * @returns the value. An object can be released early by `using`, for which it has a `Symbol.dispose` while it is held.
 * @throws what `acquire` raises.
 * Cancel safety: nothing is left acquired. What comes after a kill or timeout (a connection of a pool, say) is released
 * as soon as it comes; so is what the loser of a race had got.
 */
export function acquireRelease<R>(
  acquire: () => R,
  release: (value: Returned<R>) => unknown,
): Operation<Acquired<Returned<R>>> {
  for (const fn of [acquire, release]) {
    if (typeof fn === 'function') continue
    throw badArgument(
      'acquireRelease(acquire, release)',
      'two functions',
      fn,
      'write acquireRelease(() => pool.connect(), (client) => client.release())',
    )
  }
  return new AcquireRelease<Acquired<Returned<R>>>(acquire, release as (value: unknown) => unknown)
}
