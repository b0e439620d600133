import { checkOptions, type OptionNames } from '../../scheduler/checks/check-options.js'
import { checkCount } from '../../scheduler/checks/check-count.js'
import { Attempts, retryPolicyNames, type RetryPolicy } from '../../scheduler/policies/retry.js'
import { parseHTTPDate } from '../http/http-date.js'

/**
 * How `fetch` tries again: a {@link RetryPolicy}, as for `retry`, and what is special to requests. By default it tries
 * three times, with pauses from 300 ms up to 30 s of which a random half is taken off, after errors that may pass.
 */
export interface FetchRetryOptions extends RetryPolicy {
  /** How often to try again after the first time: one less than `attempts`. */
  limit?: number | undefined
  /**
   * The longest pause in milliseconds: shorthand for `backoff: { max }`. A server that asks for a longer one, by
   * `Retry-After`, is not asked again: its response is given as it is.
   */
  maxDelay?: number | undefined
  /** The methods that are tried again; by default those that may be done twice: GET, HEAD, PUT, DELETE, OPTIONS, TRACE. */
  methods?: readonly string[] | undefined
  /** The statuses after which to try again; by default 408, 425, 429, 500, 502, 503 and 504. */
  statuses?: readonly number[] | undefined
}

/** RFC 9110, 9.2.2: doing it twice comes to the same as doing it once. */
const IDEMPOTENT = ['GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS', 'TRACE']
const STATUSES = [408, 425, 429, 500, 502, 503, 504]

/** Transient errors. An untrusted certificate or a malformed URL is not one. */
const TRANSIENT = new Set<unknown>([
  'EAI_AGAIN',
  'ECONNABORTED',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTDOWN',
  'EHOSTUNREACH',
  'ENETDOWN',
  'ENETUNREACH',
  'ENOTFOUND',
  'EPIPE',
  'ETIMEDOUT',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_SOCKET',
])

// Read when they are needed, so that policies are loaded for those alone that try again.
const retryOptionNames = (): OptionNames => ({
  own: ['limit', 'maxDelay', 'methods', 'statuses', ...retryPolicyNames],
})

/** Complete {@link FetchRetryOptions}. @internal */
export class FetchRetryPolicy {
  private readonly attempts: Attempts
  private readonly longest: number
  private readonly methods: readonly string[]
  private readonly statuses: readonly number[]

  /** @param given what the user wrote: a number is how often to try again. */
  constructor(given: number | FetchRetryOptions) {
    const options = typeof given === 'object' ? given : { limit: given }
    checkOptions(options, retryOptionNames())
    const { limit = 2, attempts = limit + 1, jitter, methods = IDEMPOTENT, statuses = STATUSES } = options
    checkCount(limit, 'fetch: { retries }', 0)
    const backoff =
      typeof options.backoff === 'number' ? { initial: options.backoff } : { initial: 300, ...options.backoff }
    const max = (this.longest = options.maxDelay ?? backoff.max ?? 30_000)
    const policy = { attempts, backoff: { ...backoff, max }, jitter, while: options.while ?? isTransient }
    this.attempts = Attempts.of(policy, 'fetch: { retries }')
    this.methods = methods.map((method) => method.toUpperCase())
    this.statuses = statuses
  }

  /** Returns whether a request of that method is tried again at all. */
  covers(method: string): boolean {
    return this.methods.includes(method.toUpperCase())
  }

  /** Returns how many milliseconds to pause after an error; `undefined` if that attempt was the last. */
  afterFailure(attempt: number, error: unknown): number | undefined {
    return this.attempts.pauseAfter(attempt, error)
  }

  /** Returns the same after a response, which is given to the caller if it is `undefined`. */
  afterResponse(attempt: number, { status, headers }: Pick<Response, 'status' | 'headers'>): number | undefined {
    if (!this.statuses.includes(status)) return undefined
    const pause = this.attempts.pauseAt(attempt)
    const asked = pause === undefined ? undefined : askedFor(headers.get('retry-after'))
    if (asked === undefined) return pause
    return asked <= this.longest ? asked : undefined
  }
}

function isTransient(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const { code, cause } = error as { code?: unknown; cause?: { code?: unknown } }
  return TRANSIENT.has(code) || TRANSIENT.has(cause?.code)
}

/** Seconds, or a date, as milliseconds from now; `undefined` for anything else, which asks for nothing. */
function askedFor(header: string | null): number | undefined {
  if (header === null) return undefined
  if (/^\d+$/.test(header)) return Number(header) * 1000
  const date = parseHTTPDate(header)
  return date === undefined ? undefined : Math.max(date - Date.now(), 0)
}
