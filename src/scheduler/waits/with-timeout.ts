import { checkOptions, type OptionNames } from '../checks/check-options.js'
import { onAbort } from '../kernel/wait-limits.js'
import { green, toOperation } from '../greenlets/call.js'
import type { Greenlet } from '../kernel/runnable.js'
import { checkDuration } from '../checks/check-duration.js'
import { GreenletExit, misuse } from '../checks/errors.js'
import type { Returned } from '../kernel/frames.js'
import { Operation } from '../kernel/operation.js'
import { checkSignal, checkWaitOptions, waitOptionNames, type WaitOptions } from '../kernel/wait-options.js'
import { show } from '../checks/show.js'
import { thread } from '../kernel/thread.js'
import { Timeout } from '../kernel/timeout.js'

const runLimited = green(function* withTimeout(
  limit: number | Timeout | null,
  work: Operation<unknown>,
  options: WithTimeoutOptions<unknown> | undefined,
) {
  const greenlet = thread.greenlet!
  const signal = options?.signal
  signal?.throwIfAborted()
  const timeout = limit instanceof Timeout ? limit : new Timeout(limit)
  const isRunning = timeout.isFor(greenlet)
  if (!isRunning) timeout.start()
  const source = {}
  const { shields } = greenlet
  const exit = exitOf(greenlet)
  const stopListening = signal
    ? onAbort(signal, {
        aborted: (reason) => {
          greenlet.interrupt(reason, source, shields)
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
    // A kill came first, and its cleanup was interrupted by this timeout: the kill goes on.
    const killedBy = exitOf(greenlet)
    if (killedBy !== exit) throw killedBy!
    if (options !== undefined && 'value' in options) return options.value
    if (timeout.error === false) return undefined
    throw error
  } finally {
    if (!isRunning) timeout.cancel()
    stopListening?.()
    greenlet.withdraw(source)
  }
})

/** The exit that the last kill of it has raised; `undefined` if there was none. */
function exitOf({ interruptions }: Greenlet): GreenletExit | undefined {
  const killedWith = interruptions?.killedWith
  return GreenletExit.isExit(killedWith) && !interruptions!.isKillPending ? killedWith : undefined
}

/**
 * `operation` within the limits of `options`: for calls that are made of several waits. It raises when the time is up.
 * @internal
 */
export function limited<T>(
  operation: Operation<T>,
  options: WaitOptions | undefined,
  names: OptionNames = waitOptionNames,
): Operation<T> {
  if (options === undefined) return operation
  const { timeout, signal } = checkWaitOptions(options, names, operation)
  if (!signal && (timeout === undefined || timeout === null)) return operation
  return runLimited(timeout ?? null, operation, { signal }) as Operation<T>
}

/** Options of {@link withTimeout}. */
export interface WithTimeoutOptions<V> {
  /** The value to return in place of raising when the time is up. */
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
 * @param limit milliseconds, or a `Timeout`, which is started unless this greenlet has it running; with one whose error is `false` the result is `undefined` when time is up.
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
  const where = 'withTimeout(limit, work)'
  if (limit instanceof Operation || typeof limit === 'function') throw swapped(limit, where)
  if (!(limit instanceof Timeout) && limit !== null) checkDuration(limit, where)
  if (options !== undefined) {
    if (Object(options) !== options) throw notOptions(options)
    checkOptions(options, withTimeoutOptionNames)
    if (options.signal !== undefined && options.signal !== null) checkSignal(options.signal)
  }
  return runLimited(limit, toOperation(work, where), options) as never
}

const withTimeoutOptionNames: OptionNames = { own: ['value', 'signal'] }

function swapped(limit: unknown, where: string): TypeError {
  return misuse(
    new TypeError(`${where}: the limit comes first, got ${show(limit)}; write withTimeout(milliseconds, work)`),
  )
}

function notOptions(options: unknown): TypeError {
  const given = show(options)
  return misuse(
    new TypeError(
      `withTimeout: expected options, got ${given}; write { value: ${given} }, or () => work(${given}) as the work`,
    ),
  )
}
