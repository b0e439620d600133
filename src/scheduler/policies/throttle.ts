import { checkFunction } from '../checks/check-function.js'
import type { Coroutine } from '../kernel/frames.js'
import { call, green, passAs, type GreenFunction } from '../greenlets/call.js'
import { RateLimiter, type RateLimiterOptions } from './rate-limiter.js'

/**
 * Returns a function whose calls wait until a rate allows them, in the order in which they came. None is dropped.
 *
 * ```ts
 * const query = throttle(function* (name: string) { return yield* fetch(`/users/${name}`) }, { limit: 10, per: 1000 })
 * const user = yield* query('ada')
 * ```
 *
 * @param fn a function, a coroutine or not.
 * @param rate the rate, or a {@link RateLimiter} that several functions share.
 * @returns a green function of the same name.
 * Cancel safety: a call that is killed while it waits for its turn takes no turn; after that, that of `fn`.
 */
export function throttle<A extends unknown[], R>(
  fn: (...args: A) => R,
  rate: RateLimiterOptions | RateLimiter,
): GreenFunction<A, R> {
  checkFunction(fn, 'throttle(fn, rate)')
  const limiter = rate instanceof RateLimiter ? rate : new RateLimiter(rate)
  const throttled = green(function* (this: unknown, ...args: A): Coroutine<unknown> {
    yield* limiter.acquire()
    return yield* call(() => fn.apply(this, args))
  })
  return passAs(fn, throttled) as unknown as GreenFunction<A, R>
}
