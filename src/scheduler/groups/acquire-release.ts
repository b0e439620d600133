import { badArgument } from '../checks/bad-argument.js'
import { isCoroutine, isWaitable, type Coroutine, type Returned } from '../kernel/frames.js'
import { Operation } from '../kernel/operation.js'
import { thread } from '../kernel/thread.js'
import { until } from '../kernel/until.js'
import type { Wait } from '../kernel/wait.js'
import { FunctionCall, call } from '../greenlets/call.js'
import { Greenlet } from '../greenlets/greenlet.js'
import { ownFor } from './scope.js'

/** What {@link acquireRelease} gives: the acquired value, which `using` releases if it is an object. */
export type Acquired<T> = T extends object ? T & Disposable : T

/** An acquired value until it is released. */
class Resource {
  private readonly disown: (() => void) | undefined
  private readonly restore: () => void
  private released = false
  private releasing: Greenlet | undefined

  constructor(
    readonly value: unknown,
    private readonly release: (value: unknown) => unknown,
    owner: Greenlet | null,
  ) {
    this.restore = makeDisposable(value, () => {
      this.dispose()
    })
    if (owner === null) return
    const close = (): Operation<unknown> | undefined => {
      this.dispose()
      return this.releasing
    }
    this.disown = ownFor(owner, { close })
  }

  /** Releases it, once. What that waits for goes on in a greenlet, for which the owner waits when it ends. */
  dispose(): void {
    if (this.released) return
    this.released = true
    this.restore()
    const result = this.release(this.value)
    if (isWaitable(result)) {
      this.releasing = new Greenlet(() => result).start()
      this.releasing.onEnded(() => this.disown?.())
    } else this.disown?.()
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
  /** The values that were acquired in a greenlet of their own, on behalf of one that may not get to see them. */
  private readonly resources = new WeakMap<Greenlet, Resource>()

  constructor(
    private readonly acquire: () => unknown,
    private readonly release: (value: unknown) => unknown,
  ) {
    super(acquire, undefined, [])
  }

  override undoWait(wait: Wait<T, Greenlet<T> | undefined>): void {
    if (wait.detail !== undefined) this.resources.get(wait.detail)?.dispose()
  }

  override *invoke(): Coroutine<unknown> {
    const { acquire, release } = this
    const made = acquire()
    const late = (value: unknown): unknown => release(value)
    const isForeign = isWaitable(made) && !isCoroutine(made) && !(made instanceof Operation)
    const value = yield* isForeign ? until(made as PromiseLike<unknown>, { late }) : call(() => made)
    const greenlet = thread.greenlet!
    const owner = greenlet.beneficiary
    const resource = new Resource(value, release, owner)
    if (owner !== greenlet) this.resources.set(greenlet, resource)
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
 * The owner is the innermost scope that the greenlet has entered, or else the greenlet. A scope waits for the release.
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
