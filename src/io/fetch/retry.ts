import { checkDuration } from '../../scheduler/checks/check-duration.js'
import { misuse } from '../../scheduler/checks/errors.js'
import { show } from '../../scheduler/checks/show.js'
import { parseHTTPDate } from '../http/http-date.js'

/** How `fetch` tries again. */
export interface FetchRetryOptions {
  /** How often it tries again after the first time: 2 unless given. */
  limit?: number | undefined
  /**
   * How long it waits before it tries again, in milliseconds: 300 unless given, and twice as long each time. Of that it
   * takes a random part, from a half to the whole, so that many who failed together do not come back together.
   */
  backoff?: number | undefined
  /**
   * The longest it waits, in milliseconds: 30,000 unless given. A server that asks for more, with `Retry-After`, is not
   * asked again: its response is given as it is.
   */
  maxDelay?: number | undefined
  /** Which methods are tried again: those that may be done twice, GET, HEAD, PUT, DELETE, OPTIONS and TRACE, unless given. */
  methods?: readonly string[] | undefined
  /** After which statuses: 408, 425, 429, 500, 502, 503 and 504 unless given. */
  statuses?: readonly number[] | undefined
}

/** RFC 9110, 9.2.2: doing it twice comes to the same as doing it once. */
const IDEMPOTENT = ['GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS', 'TRACE']
const STATUSES = [408, 425, 429, 500, 502, 503, 504]

/** What may be better the next time. A certificate that is not trusted, or an address that is none, is not. */
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

/** @internal */
export class FetchRetryPolicy {
  private readonly limit: number
  private readonly backoff: number
  private readonly maxDelay: number
  private readonly methods: readonly string[]
  private readonly statuses: readonly number[]

  /** @param given what the user wrote: a number is a limit. */
  constructor(given: number | FetchRetryOptions) {
    const {
      limit = 2,
      backoff = 300,
      maxDelay = 30_000,
      methods = IDEMPOTENT,
      statuses = STATUSES,
    } = typeof given === 'object' ? given : { limit: given }
    if (!(limit === Infinity || (Number.isInteger(limit) && limit >= 0))) {
      throw misuse(new RangeError(`fetch: { retries } must be a whole number from 0, got ${show(limit)}`))
    }
    checkDuration(backoff, 'fetch: { retries: { backoff } }')
    checkDuration(maxDelay, 'fetch: { retries: { maxDelay } }')
    this.limit = limit
    this.backoff = backoff
    this.maxDelay = maxDelay
    this.methods = methods.map((method) => method.toUpperCase())
    this.statuses = statuses
  }

  /** Whether a request is tried again at all. */
  covers(method: string): boolean {
    return this.limit > 0 && this.methods.includes(method.toUpperCase())
  }

  /** How long to wait after attempt number `attempt` failed; `undefined` when that was the last. */
  afterFailure(attempt: number, error: unknown): number | undefined {
    if (attempt > this.limit || !(error instanceof Error) || !isTransient(error)) return undefined
    return this.delay(attempt)
  }

  /** The same after a response, which is what the caller gets when it is `undefined`. */
  afterResponse(attempt: number, { status, headers }: Pick<Response, 'status' | 'headers'>): number | undefined {
    if (attempt > this.limit || !this.statuses.includes(status)) return undefined
    const asked = askedFor(headers.get('retry-after'))
    if (asked === undefined) return this.delay(attempt)
    return asked <= this.maxDelay ? asked : undefined
  }

  private delay(attempt: number): number {
    const longest = Math.min(this.backoff * 2 ** (attempt - 1), this.maxDelay)
    return longest * (0.5 + Math.random() / 2)
  }
}

function isTransient(error: Error): boolean {
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
