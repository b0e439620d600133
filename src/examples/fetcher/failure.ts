import { oneLine } from './terminal.js'
import { size } from './units.js'

/** Why a URL was not fetched, in a few words that need no stack. */
export class Failure extends Error {
  override readonly name = 'Failure'
  /** Whether another attempt may do better. */
  readonly temporary: boolean
  /** How long the server asks to be left alone, in milliseconds. */
  readonly retryAfter: number

  constructor(
    /** The reason for programs: a code of Node's such as `ECONNREFUSED`, or one of the fetcher's own. */
    readonly code: string,
    message: string,
    { temporary = false, retryAfter = 0, cause }: { temporary?: boolean; retryAfter?: number; cause?: unknown } = {},
  ) {
    super(oneLine(message), { cause })
    this.temporary = temporary
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
    throw new Failure('INVALID_URL', `${url.protocol} is not fetched, only http: and https:`)
  }
  if (url.username !== '' || url.password !== '') {
    throw new Failure('INVALID_URL', 'a name and a password in a URL are not sent; leave them out')
  }
  return url
}

/** The failure that an answer is whose status is not a success. */
export function badStatus(status: number, statusText: string, retryAfter: string | null): Failure {
  const temporary = status >= 500 || status === 408 || status === 425 || status === 429
  return new Failure(`HTTP_${status}`, `the server answered ${status} ${statusText}`, {
    temporary,
    retryAfter: temporary ? milliseconds(retryAfter) : 0,
  })
}

/** `Retry-After` is a number of seconds or a date (RFC 9110, 10.2.3). */
function milliseconds(retryAfter: string | null): number {
  if (retryAfter === null) return 0
  if (/^\d+$/.test(retryAfter)) return Number(retryAfter) * 1000
  // What is neither may still look like a date to Date.parse.
  const date = new Date(retryAfter)
  return date.toUTCString() === retryAfter ? Math.max(0, date.getTime() - Date.now()) : 0
}

interface SystemError extends Error {
  readonly code?: string
  readonly address?: string
  readonly port?: number
}

/** What an error in the middle of a body means. */
export function cutShort(error: unknown, received: number, headers: Headers): Failure {
  const { code = 'BODY_FAILED', message } = deepestCause(error)
  if (code.startsWith('Z_')) return new Failure(code, `the body cannot be decompressed: ${message}`, { cause: error })
  const length = headers.get('content-length')
  const known = length !== null && !headers.has('content-encoding')
  const part = known ? `${received} of ${size(Number(length))}` : size(received)
  const broken = code.startsWith('HPE_') ? `: ${message}` : ''
  return new Failure(code, `the body was cut short after ${part}${broken}`, {
    temporary: true,
    cause: error,
  })
}

/** What an error of `fetch` means for whoever gave the URL. `fetch` itself only says "fetch failed". */
export function explain(error: unknown, url: URL): Failure {
  const cause = deepestCause(error)
  const { code = 'FETCH_FAILED' } = cause
  const [message, temporary] = meaning(cause, code, url)
  return new Failure(code, message, { temporary, cause: error })
}

function meaning(cause: SystemError, code: string, { hostname, port }: URL): [message: string, temporary: boolean] {
  switch (code) {
    case 'ECONNREFUSED':
      return [`${cause.address ?? hostname} refused the connection to port ${cause.port ?? port}`, true]
    case 'ENOTFOUND':
      return [`there is no host with the name ${hostname}`, false]
    case 'EAI_AGAIN':
      return [`the name ${hostname} could not be looked up: no name server answered`, true]
    case 'ECONNRESET':
    case 'EPIPE':
    case 'UND_ERR_SOCKET':
      return ['the server closed the connection and did not answer', true]
    case 'ETIMEDOUT':
    case 'UND_ERR_CONNECT_TIMEOUT':
      return [`${hostname} did not accept a connection in time`, true]
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return [`there is no way to ${cause.address ?? hostname} in the network`, true]
    case 'EMFILE':
    case 'ENFILE':
      return ['too many open files; try a lower --concurrency', true]
    case 'EADDRNOTAVAIL':
      return ['no local port is free for another connection; try a lower --concurrency', true]
    case 'ERR_SSL_WRONG_VERSION_NUMBER':
      return ['the server does not speak TLS there; was http:// meant?', false]
    case 'UND_ERR_HEADERS_OVERFLOW':
      return ['the head of the answer is too large', false]
    case 'ERR_INVALID_URL':
      return ['the server redirects to something that is not a valid URL', false]
  }
  if (code.startsWith('HPE_') || cause.message.startsWith('Response does not match the HTTP')) {
    return [`the answer is not HTTP: ${cause.message}`, false]
  }
  if (/^(ERR_TLS|CERT_|ERR_SSL|UNABLE_TO|SELF_SIGNED|DEPTH_ZERO)/.test(code)) return [`TLS: ${cause.message}`, false]
  if (cause.message === 'redirect count exceeded') return ['the server redirects for ever', false]
  if (cause.message.startsWith('URL scheme must be'))
    return ['the server redirects to something that is not http:', false]
  if (cause.message === 'bad port') return [`port ${port} is not for web pages, and blocked`, false]
  return [cause.message, false]
}

function deepestCause(error: unknown): SystemError {
  const { cause, errors } = error as { cause?: unknown; errors?: unknown[] }
  const inner = cause ?? errors?.[0]
  if (inner instanceof Error) return deepestCause(inner)
  return error instanceof Error ? error : new Error(String(error))
}
