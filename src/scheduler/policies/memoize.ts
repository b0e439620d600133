import { checkOptions, type OptionNames } from '../checks/check-options.js'
import { checkCount } from '../checks/check-count.js'
import { checkDuration } from '../checks/check-duration.js'
import { checkFunction } from '../checks/check-function.js'
import { GreenletExit } from '../checks/errors.js'
import { Greenlet } from '../greenlets/greenlet.js'
import { green, passAs, type GreenFunction } from '../greenlets/call.js'
import type { Coroutine } from '../kernel/frames.js'
import { thread } from '../kernel/thread.js'

/** Options of {@link memoize}. */
export interface MemoizeOptions<A extends unknown[]> {
  /** How many milliseconds a result is kept after it was loaded; for ever by default. */
  ttl?: number | undefined
  /** How many results are kept, the most recently used ones; no limit by default. */
  maxSize?: number | undefined
  /**
   * Returns what makes two calls the same. By default their arguments: a single one by itself; several by what is in
   * them if they are plain objects and arrays, by identity if they are other objects.
   */
  key?: ((...args: A) => unknown) | undefined
}

const memoizeOptionNames: OptionNames = { own: ['ttl', 'maxSize', 'key'] }

/** A function whose results are kept. */
export interface Memoized<A extends unknown[], R> extends GreenFunction<A, R> {
  /** How many results are kept or being loaded. */
  readonly size: number
  /** Forgets the result for these arguments. @returns whether there was one. */
  delete(...args: A): boolean
  /** Forgets all results. Loads that are under way go on for those that wait for them. */
  clear(): void
}

/**
 * Returns a function that loads a result once and keeps it.
 *
 * ```ts
 * const user = memoize(function* (id: number) { return yield* query(id) }, { ttl: 60_000, maxSize: 1000 })
 * const [a, b] = yield* all([user(7), user(7)])          // one query
 * ```
 *
 * Calls that come while a result is being loaded share the load, which runs in a greenlet of its own: it goes on if the
 * first caller is killed, and is killed when no caller waits for it any more. A failure reaches all callers that share
 * it, and is not kept.
 *
 * @param fn a function, a coroutine or not.
 * @returns a green function of the same name.
 * Cancel safety: a caller that is killed or timed out leaves the load to the others.
 */
export function memoize<A extends unknown[], R>(
  fn: (...args: A) => R,
  options: MemoizeOptions<A> = {},
): Memoized<A, R> {
  checkFunction(fn, 'memoize(fn)')
  checkOptions(options, memoizeOptionNames)
  const { ttl = Infinity, maxSize = Infinity, key = keyOf } = options
  checkDuration(ttl, 'memoize(fn, { ttl })')
  checkCount(maxSize, 'memoize(fn, { maxSize })', 1)
  checkFunction(key, 'memoize(fn, { key })')
  const results = new Results(ttl, maxSize)
  const load = green(function* (this: unknown, ...args: A): Coroutine<unknown> {
    return yield* results.get(key(...args), () => fn.apply(this, args))
  })
  Object.defineProperties(passAs(fn, load), {
    size: { get: () => results.size },
    delete: { value: (...args: A) => results.delete(key(...args)) },
    clear: {
      value: () => {
        results.clear()
      },
    },
  })
  return load as unknown as Memoized<A, R>
}

function keyOf(...args: readonly unknown[]): unknown {
  return args.length === 1 && typeof args[0] !== 'string' ? args[0] : JSON.stringify(args, encode)
}

const identities = new WeakMap<object, number>()
let lastIdentity = 0

// JSON has one form for several values (`null` for `NaN`, `{}` for every Map), and two calls must not be taken for one.
function encode(this: Record<string, unknown>, name: string): unknown {
  const value = this[name]
  if (typeof value === 'boolean' || value === null || Number.isFinite(value)) return value
  if (isPrimitive(value)) return `${typeof value} ${String(value)}`
  if (Array.isArray(value)) return value
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype === Object.prototype || prototype === null) return value
  let identity = identities.get(value)
  if (identity === undefined) identities.set(value, (identity = ++lastIdentity))
  return `object ${identity}`
}

function isPrimitive(value: unknown): value is string | number | bigint | symbol | undefined {
  return Object(value) !== value
}

interface Result {
  readonly greenlet: Greenlet
  /** How many wait for it. */
  waiting: number
  /** When it is stale, by the hub's clock; `undefined` while it is being loaded. */
  expires: number | undefined
}

/** Results by key, in the order of their last use. */
class Results {
  private readonly byKey = new Map<unknown, Result>()

  constructor(
    private readonly ttl: number,
    private readonly maxSize: number,
  ) {}

  get size(): number {
    return this.byKey.size
  }

  *get(key: unknown, load: () => unknown): Coroutine<unknown> {
    const result = this.find(key) ?? this.load(key, load)
    result.waiting++
    try {
      return yield* result.greenlet
    } finally {
      if (--result.waiting === 0 && !result.greenlet.dead) {
        this.forget(key, result)
        result.greenlet.kill()
      }
    }
  }

  delete(key: unknown): boolean {
    return this.byKey.delete(key)
  }

  clear(): void {
    this.byKey.clear()
  }

  private find(key: unknown): Result | undefined {
    const result = this.byKey.get(key)
    if (result === undefined) return undefined
    this.byKey.delete(key)
    if (result.expires !== undefined && thread.hub.now() >= result.expires) return undefined
    this.byKey.set(key, result)
    return result
  }

  private load(key: unknown, load: () => unknown): Result {
    const greenlet = new Greenlet(load)
    const result: Result = { greenlet, waiting: 0, expires: undefined }
    this.byKey.set(key, result)
    greenlet.link(() => {
      if (!greenlet.successful || greenlet.value instanceof GreenletExit) this.forget(key, result)
      else result.expires = thread.hub.now() + this.ttl
      this.trim()
    })
    greenlet.start()
    return result
  }

  private forget(key: unknown, result: Result): void {
    if (this.byKey.get(key) === result) this.byKey.delete(key)
  }

  /** Drops the least recently used results that are too many; those that are being loaded stay. */
  private trim(): void {
    for (const [key, { expires }] of this.byKey) {
      if (this.byKey.size <= this.maxSize) return
      if (expires !== undefined) this.byKey.delete(key)
    }
  }
}
