import { oneLine } from '../report/terminal.js'
import { size } from '../report/units.js'

/** The kind of a failure, for `--retry-on` and the summary. */
export type FailureKind =
  'dns' | 'connect' | 'tls' | 'reset' | 'timeout' | 'http' | 'body' | 'output' | 'usage' | 'other'

/** Why a URL was not fetched, in a few words that need no stack. */
export class Failure extends Error {
  override readonly name = 'Failure'
  readonly kind: FailureKind
  /** How long the server asks to be left alone, in milliseconds, if it does. */
  readonly retryAfter: number | undefined

  constructor(
    /** The reason for programs: a code of Node's such as `ECONNREFUSED`, or one of the fetcher's own. */
    readonly code: string,
    message: string,
    {
      kind = 'usage',
      retryAfter,
      cause,
    }: { kind?: FailureKind; retryAfter?: number | undefined; cause?: unknown } = {},
  ) {
    super(oneLine(message), { cause })
    this.kind = kind
    this.retryAfter = retryAfter
  }
}

/** The URL in its normal form. @throws Failure when it is none, or none for the web. */
export function checkUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    const meant = `http://${text}`
    const hint = !text.includes('://') && URL.canParse(meant) ? `; did you mean ${meant}?` : ''
    if (url === undefined || hint !== '') throw new Failure('INVALID_URL', `not a valid URL${hint}`)
    throw new Failure('INVALID_URL', `${url.protocol} is not supported, only http: and https:`)
  }
  return url
}

/** The failure that an answer is whose status is not a success. */
export function badStatus(status: number, statusText: string, retryAfter: string | null): Failure {
  return new Failure(`HTTP_${status}`, `the server answered ${status} ${statusText}`.trimEnd(), {
    kind: 'http',
    retryAfter: retryAfter === null ? undefined : milliseconds(retryAfter),
  })
}

/** `Retry-After` is a number of seconds or a date (RFC 9110, 10.2.3). */
function milliseconds(retryAfter: string): number | undefined {
  if (/^\d+$/.test(retryAfter)) return Number(retryAfter) * 1000
  // What is neither may still look like a date to Date.parse.
  const date = new Date(retryAfter)
  return date.toUTCString() === retryAfter ? Math.max(0, date.getTime() - Date.now()) : undefined
}

interface SystemError extends Error {
  readonly code?: string
  readonly address?: string
  readonly port?: number
}

/** Explains an error in the middle of a body. */
export function cutShort(error: unknown, received: number, headers: Headers): Failure {
  const { code = 'BODY_FAILED', message } = deepestCause(error)
  if (code.startsWith('Z_') || code.startsWith('ERR__ERROR_FORMAT')) {
    return new Failure(code, `the body cannot be decompressed: ${message}`, { kind: 'body', cause: error })
  }
  const length = headers.get('content-length')
  const known = length !== null && !headers.has('content-encoding')
  const part = known ? `${received} of ${size(Number(length))}` : size(received)
  const broken = code.startsWith('HPE_') ? `: ${message}` : ''
  return new Failure(code, `the body was cut short after ${part}${broken}`, { kind: 'reset', cause: error })
}

/** Explains an error of `fetch` to the user who gave the URL. `fetch` itself only says "fetch failed". */
export function explain(error: unknown, url: URL): Failure {
  const cause = deepestCause(error)
  const { code = 'FETCH_FAILED' } = cause
  const [message, kind] = meaning(cause, code, url)
  return new Failure(code, message, { kind, cause: error })
}

function meaning(cause: SystemError, code: string, { hostname, port }: URL): [message: string, kind: FailureKind] {
  switch (code) {
    case 'ECONNREFUSED':
      return [`${cause.address ?? hostname} refused the connection to port ${cause.port ?? port}`, 'connect']
    case 'ENOTFOUND':
      return [`there is no host with the name ${hostname}`, 'dns']
    case 'EAI_AGAIN':
      return [`the name ${hostname} could not be looked up: no name server answered`, 'dns']
    case 'ECONNRESET':
    case 'EPIPE':
    case 'UND_ERR_SOCKET':
      return ['the server closed the connection without answering', 'reset']
    case 'ETIMEDOUT':
    case 'UND_ERR_CONNECT_TIMEOUT':
      return [`${hostname} did not accept a connection in time`, 'timeout']
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return [`there is no route to ${cause.address ?? hostname}`, 'connect']
    case 'EMFILE':
    case 'ENFILE':
      return ['too many open files; try a lower --concurrency', 'connect']
    case 'EADDRNOTAVAIL':
      return ['no local port is free for another connection; try a lower --concurrency', 'connect']
    case 'GVENT_PROXY':
      return [cause.message, 'connect']
    case 'ERR_SSL_WRONG_VERSION_NUMBER':
      return ['the server does not speak TLS there; was http:// meant?', 'tls']
    case 'UND_ERR_HEADERS_OVERFLOW':
      return ['the headers of the answer are too large', 'other']
  }
  if (code.startsWith('HPE_') || cause.message.startsWith('Response does not match the HTTP')) {
    return [`the answer is not HTTP: ${cause.message}`, 'other']
  }
  if (/^(ERR_TLS|CERT_|ERR_SSL|UNABLE_TO|SELF_SIGNED|DEPTH_ZERO)/.test(code)) return [`TLS: ${cause.message}`, 'tls']
  if (cause.message === 'bad port') return [`port ${port} is blocked for web requests`, 'usage']
  return [cause.message, 'other']
}

function deepestCause(error: unknown): SystemError {
  const { cause, errors } = error as { cause?: unknown; errors?: unknown[] }
  const inner = cause ?? errors?.[0]
  if (inner instanceof Error) return deepestCause(inner)
  return error instanceof Error ? error : new Error(String(error))
}
