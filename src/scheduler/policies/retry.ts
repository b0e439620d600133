import { green, toOperation } from '../greenlets/call.js'
import { sleep } from '../waits/sleep.js'
import { limited } from '../waits/with-timeout.js'
import { checkCount } from '../checks/check-count.js'
import { badArgument } from '../checks/bad-argument.js'
import { GreenletExit, KilledError, misuse } from '../checks/errors.js'
import { show } from '../checks/show.js'
import { isCoroutine, type Coroutine, type Returned } from '../kernel/frames.js'
import { Operation } from '../kernel/operation.js'
import { checkWaitOptions, limitsOf, waitOptionsAnd, type WaitOptions } from '../kernel/wait-options.js'
import { Pauses, type Backoff } from './backoff.js'
import { outcomeOf } from './outcome.js'

/**
 * When and how often to try again: for {@link retry}, and for everything else that does.
 *
 * ```ts
 * const patient: RetryPolicy = { attempts: 5, backoff: { initial: 50 }, jitter: 1 }
 * yield* retry(query, patient)
 * yield* fetch(url, { retries: patient })
 * yield* supervise([poll], { ...patient, strategy: 'oneForAll' })
 * ```
 */
export interface RetryPolicy {
  /** How many times to try, the first time included; 3 by default. */
  attempts?: number | undefined
  /** The pauses between attempts; a number is the first one in milliseconds. */
  backoff?: number | Backoff | undefined
  /** The part of each pause that is random, from 0 to 1: shorthand for `backoff: { jitter }`. */
  jitter?: number | undefined
  /**
   * Returns whether to try again after this error; always by default.
   *
   * @param attempt the number of the attempt that failed, counted from 1.
   */
  while?: ((error: unknown, attempt: number) => boolean) | undefined
}

/** Options of {@link retry}: a {@link RetryPolicy}, and limits for all attempts and pauses together. */
export interface RetryOptions extends RetryPolicy, WaitOptions {}

/** @internal */
export const retryPolicyNames: readonly string[] = ['attempts', 'backoff', 'jitter', 'while']
const retryOptionNames = waitOptionsAnd(...retryPolicyNames)

/** A complete {@link RetryPolicy}. @internal */
export class Attempts {
  private readonly pauses: Pauses

  private constructor(
    private readonly limit: number,
    backoff: Pauses,
    private readonly isWorthwhile: (error: unknown, attempt: number) => boolean,
  ) {
    this.pauses = backoff
  }

  /** Checks a policy and fills its defaults in. @param where the call as the user wrote it, for messages. */
  static of(policy: RetryPolicy, where: string): Attempts {
    if (Object(policy) !== policy) {
      throw badArgument(where, 'a policy', policy, 'write { attempts: 3, backoff: 100 }')
    }
    const { attempts = 3, backoff = 100, jitter } = policy
    checkCount(attempts, `${where}: { attempts }`, 1)
    return new Attempts(attempts, Pauses.of(backoff, `${where}: { backoff }`, jitter), whileOf(policy, where))
  }

  /** Returns how many milliseconds to pause after an attempt, whatever it ended with; `undefined` if it was the last. */
  pauseAt(attempt: number): number | undefined {
    return attempt >= this.limit ? undefined : this.pauses.after(attempt)
  }

  /** Returns how many milliseconds to pause after a failure; `undefined` if that attempt was the last. */
  pauseAfter(attempt: number, error: unknown): number | undefined {
    const pause = this.pauseAt(attempt)
    return pause === undefined || isFinal(error) || !this.isWorthwhile(error, attempt) ? undefined : pause
  }
}

/** Checks the `while` of a policy, and fills its default in. @internal */
export function whileOf(policy: RetryPolicy, where: string): (error: unknown, attempt: number) => boolean {
  const { while: isWorthwhile = () => true } = policy
  if (typeof isWorthwhile === 'function') return isWorthwhile
  throw misuse(
    new TypeError(
      `${where}: { while } must be a function, got ${show(isWorthwhile)}; write { while: (error) => error.code === 'ECONNRESET' }`,
    ),
  )
}

/** Whether an error says that somebody wants the work to stop. */
function isFinal(error: unknown): boolean {
  return (
    error instanceof GreenletExit ||
    error instanceof KilledError ||
    (error instanceof Error && error.name === 'AbortError')
  )
}

const retrying = green(function* retry(work: () => unknown, attempts: Attempts): Coroutine<unknown> {
  for (let attempt = 1; ; attempt++) {
    const outcome = yield* outcomeOf(work)
    if (outcome.status === 'fulfilled') return outcome.value
    const pause = attempts.pauseAfter(attempt, outcome.reason)
    if (pause === undefined) throw outcome.reason
    yield* sleep(pause)
  }
})

/**
 * Runs `work`, again and again while it fails.
 *
 * ```ts
 * const rows = yield* retry(() => query('SELECT 1'), { attempts: 5, backoff: { initial: 50 }, jitter: 1 })
 * ```
 *
 * An error of the work is tried again, a timeout of its own too: `retry(() => withTimeout(1000, fetch(url)))`. A kill, a
 * timeout or an abort from further out is not: it cancels the attempt or the pause, and is raised.
 *
 * @param work a function (a coroutine or not), or an operation: anything that can be run more than once.
 * @param options a {@link RetryPolicy}; `timeout` and `signal` limit all attempts and pauses together.
 * @returns what the first successful attempt returns.
 * @throws the error of the last attempt; at once a `GreenletExit` or an `AbortError`, and what `while` refuses.
 * Cancel safety: that of `work`.
 */
export function retry<W extends (() => unknown) | Operation<unknown>>(
  work: W,
  options: RetryOptions = {},
): Operation<W extends () => infer R ? Returned<R> : Returned<W>> {
  const where = 'retry(work)'
  if (isCoroutine(work) || work instanceof Promise) {
    throw misuse(new TypeError(`${where}: ${show(work)} runs only once; pass a function: retry(() => fetchPage(url))`))
  }
  const run: () => unknown = typeof work === 'function' ? work : again(toOperation(work, where))
  const attempts = Attempts.of(options, 'retry(work, policy)')
  checkWaitOptions(options, retryOptionNames)
  return limited(retrying(run, attempts), limitsOf(options)) as never
}

function again(operation: Operation<unknown>): () => unknown {
  return () => operation
}
