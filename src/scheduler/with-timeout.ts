import { checkSignal, onAbort } from './abort-signals.js'
import { green, toOperation } from './call.js'
import { checkDuration } from './duration.js'
import type { Returned } from './frames.js'
import type { Operation } from './operation.js'
import { thread } from './thread.js'
import { Timeout } from './timeout.js'

const limited = green(function* withTimeout(
  limit: number | Timeout | null,
  work: Operation<unknown>,
  options: WithTimeoutOptions<unknown> | undefined,
) {
  const greenlet = thread.greenlet!
  const signal = options?.signal
  signal?.throwIfAborted()
  const timeout = limit instanceof Timeout ? limit : new Timeout(limit)
  timeout.start()
  const source = {}
  const stopListening = signal
    ? onAbort(signal, {
        aborted: (reason) => {
          greenlet.interrupt(reason, source)
        },
      })
    : undefined
  try {
    const value = yield* work
    // Held off by a shield until now.
    greenlet.checkpoint()
    return value
  } catch (error) {
    if (error !== timeout && error !== timeout.error) throw error
    if (options !== undefined && 'value' in options) return options.value
    if (timeout.error === false) return undefined
    throw error
  } finally {
    timeout.cancel()
    stopListening?.()
    greenlet.withdraw(source)
  }
})

/** What {@link withTimeout} takes. */
export interface WithTimeoutOptions<V> {
  /** What to give in place of raising when the time is up. */
  value?: V
  /** When it aborts, its `reason` is raised where `work` waits. */
  signal?: AbortSignal | null | undefined
}

/**
 * Runs `work` with a time limit.
 *
 * ```ts
 * const page = yield* withTimeout(1000, fetch(url))                    // raises Timeout
 * const page = yield* withTimeout(1000, fetch(url), { value: null })   // null when the time is up
 * ```
 *
 * @param limit milliseconds, or a `Timeout`; with one whose error is `false` the result is `undefined` when time is up.
 * @param work a function (a coroutine or not), or an operation, coroutine or promise.
 * @param options `value`: what to give in place of raising, for this timeout only: that of another one passes through;
 *   `signal`: so that anything at all can be ended by an `AbortSignal`, with a limit of `Infinity` by nothing else.
 * @throws the `Timeout`, or its own error, when the time is up; the signal's `reason` when that aborts.
 * Cancel safety: that of `work`, which is interrupted where it waits.
 */
export function withTimeout<W, V = never>(
  limit: number | Timeout | null,
  work: W,
  options?: WithTimeoutOptions<V>,
): Operation<(W extends () => infer R ? Returned<R> : Returned<W>) | V> {
  if (!(limit instanceof Timeout) && limit !== null) checkDuration(limit, 'withTimeout(limit, work)')
  checkSignal(options?.signal, 'withTimeout')
  return limited(limit, toOperation(work), options) as never
}
