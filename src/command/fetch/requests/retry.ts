import { UsageError } from '../../usage-error.js'
import type { Failure, FailureKind } from './failure.js'

/** The failures that are worth another attempt. */
export interface RetryOn {
  /** Whether it was written on the command line; then it holds for methods that may not be done twice, too. */
  readonly isGiven: boolean
  covers(failure: Failure): boolean
}

const KINDS: readonly string[] = ['dns', 'connect', 'tls', 'reset', 'timeout'] satisfies FailureKind[]
const DEFAULT = '408,425,429,5xx,dns,connect,reset,timeout'
/** RFC 9110, 9.2.2. */
const IDEMPOTENT = ['GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS', 'TRACE']

const FIRST_PAUSE = 250
const LONGEST_PAUSE = 60_000

/** Reads a list of statuses and kinds of failures. @throws UsageError. */
export function parseRetryOn(option: string, text: string | undefined): RetryOn {
  const words = (text ?? DEFAULT).split(',').map((word) => word.trim().toLowerCase())
  for (const word of words) {
    if (KINDS.includes(word) || /^[1-5](?:\d\d|xx)$/.test(word)) continue
    const wanted = `statuses such as 503 or 5xx, and ${KINDS.join(', ')}`
    throw new UsageError(`${option} must be a list of ${wanted}, got ${JSON.stringify(word)}`)
  }
  return {
    isGiven: text !== undefined,
    covers: ({ kind, code }) => {
      if (kind !== 'http') return words.includes(kind)
      const status = code.slice('HTTP_'.length)
      return words.includes(status) || words.includes(`${status[0]!}xx`)
    },
  }
}

/**
 * How long to pause after a failed attempt.
 *
 * @param attempt the number of the attempt, from 1 on.
 * @returns milliseconds; `undefined` if there is no other attempt.
 */
export function pauseAfter(
  failure: Failure,
  attempt: number,
  method: string,
  { retries, retryOn }: { readonly retries: number; readonly retryOn: RetryOn },
): number | undefined {
  if (attempt > retries || !retryOn.covers(failure)) return undefined
  const mayRepeat = IDEMPOTENT.includes(method) || retryOn.isGiven || ['dns', 'connect'].includes(failure.kind)
  if (!mayRepeat) return undefined
  // Doubles each time; the random part keeps those that failed together from coming back together.
  const pause = Math.min(FIRST_PAUSE * 2 ** (attempt - 1), LONGEST_PAUSE) * (0.75 + Math.random() / 2)
  return Math.max(pause, failure.retryAfter ?? 0)
}
