import { green, toOperation } from './call.js'
import type { Coroutine, Returned } from '../kernel/frames.js'
import type { OptionNames } from '../checks/check-options.js'
import { checkFunction } from '../checks/check-function.js'
import { Named, type NamedOptions } from '../checks/named.js'
import type { Operation } from '../kernel/operation.js'
import { show } from '../checks/show.js'
import { thread } from '../kernel/thread.js'

/** Options of a {@link GreenletLocal}. */
export interface GreenletLocalOptions<T> extends NamedOptions {
  /** Makes the value of a greenlet that has none, when it asks for it. */
  initial?: (() => T) | undefined
  /** Whether a greenlet begins with the value that its spawner has at that moment. */
  inherit?: boolean | undefined
}

/**
 * One value a greenlet; code outside of greenlets has one of its own, in common. (gevent: `gevent.local.local`.)
 *
 * ```ts
 * const user = new GreenletLocal<string>({ inherit: true })
 * function* request(name: string) {
 *   user.set(name)
 *   yield* spawn(log)            // sees the same user
 * }
 * ```
 *
 * A value goes with its greenlet: nothing else keeps it. What Node's `AsyncLocalStorage` holds flows into greenlets as
 * well; this works in browsers too, and does not flow into promises and callbacks.
 *
 * @typeParam Unset what {@link GreenletLocal.get} gives where there is no value; `never` where `initial` makes one.
 */
export class GreenletLocal<T, Unset = undefined> extends Named {
  private readonly initial: (() => T) | undefined
  private readonly inherit: boolean

  /**
   * @param options `inherit`: whether greenlets get the value of their spawner; `initial`: how to make the first one.
   */
  constructor(options: GreenletLocalOptions<T> = {}) {
    super(options)
    const { initial, inherit = false } = options
    if (initial !== undefined) checkFunction(initial, 'new GreenletLocal({ initial })')
    this.initial = initial
    this.inherit = inherit
  }

  /** @internal */
  protected override get optionNames(): OptionNames {
    return localOptionNames
  }

  /** The value of the running greenlet; where it has none, what `initial` makes, or `undefined`. */
  get(): T | Unset {
    const values = this.values()
    if (values?.has(this)) return values.get(this) as T
    if (this.initial === undefined) return undefined as Unset
    const value = this.initial()
    this.set(value)
    return value
  }

  /** Whether the running greenlet has a value. */
  has(): boolean {
    return this.values()?.has(this) === true
  }

  /** Sets the value of the running greenlet. Greenlets that it spawned before keep theirs. */
  set(value: T): void {
    const holder = thread.greenlet?.ensureRare() ?? thread.hub
    if (this.inherit) holder.inherited = new Map(holder.inherited).set(this, value)
    else (holder.locals ??= new WeakMap()).set(this, value)
  }

  /** Takes the value of the running greenlet away. @returns whether it had one. */
  delete(): boolean {
    if (!this.has()) return false
    const holder = thread.greenlet?.rare ?? thread.hub
    if (!this.inherit) return holder.locals!.delete(this)
    const values = new Map(holder.inherited)
    holder.inherited = values
    return values.delete(this)
  }

  /**
   * Does `work` with another value, and goes back to the one before: `yield* user.with('root', backup())`.
   *
   * @param work a function (a coroutine or not), or an operation, coroutine or promise.
   * @returns what `work` gives.
   * Cancel safety: that of `work`; the value goes back in any case.
   */
  with<W>(value: T, work: W): Operation<W extends (...args: never[]) => infer R ? Returned<R> : Returned<W>> {
    return withValue(this, value, toOperation(work, `${this.toString()}.with(value, work)`)) as never
  }

  // All values of the kind that the running greenlet has, or code outside of greenlets.
  private values(): ReadonlyMap<object, unknown> | WeakMap<object, unknown> | null | undefined {
    const holder = thread.greenlet === null ? thread.hub : thread.greenlet.rare
    return this.inherit ? holder?.inherited : holder?.locals
  }

  /** @internal */
  summary(): string {
    return this.has() ? `value ${show(this.get())}` : 'no value'
  }
}

const localOptionNames: OptionNames = { own: ['name', 'initial', 'inherit'] }

const withValue = green(function* withValue(
  local: GreenletLocal<unknown, unknown>,
  value: unknown,
  work: Operation<unknown>,
): Coroutine<unknown> {
  const had = local.has()
  const before = had ? local.get() : undefined
  local.set(value)
  try {
    return yield* work
  } finally {
    if (had) local.set(before)
    else local.delete()
  }
})
