import { undiciVersion } from './global-dispatcher.js'
import { isPlainObject } from '../../../scheduler/checks/plain-object.js'

/** A request that needs nothing of the platform's `fetch` but its response. @internal */
export interface DirectRequest {
  /** The address that was asked for. */
  readonly href: string
  /** The address of the response. */
  readonly url: string
  readonly origin: string
  /** With the query. */
  readonly path: string
  readonly method: string
  /** The headers of the caller, and the ones that `fetch` adds. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | Uint8Array | null
  /** Whether the caller is given redirects as they are. */
  readonly takesRedirects: boolean
}

/** Methods that `fetch` sends as they are. */
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH']
/** Options that a direct request can have: these, and those that others see to. */
const OPTIONS = [
  ...['method', 'headers', 'body', 'redirect', 'dispatcher'],
  ...['signal', 'timeout', 'retries', 'maxPerOrigin', 'maxBodySize', 'maxRedirects'],
]
const REDIRECTS = [undefined, 'follow', 'manual', 'error']
/** Ports from 1024 on that `fetch` refuses (https://fetch.spec.whatwg.org/#port-blocking). Below it refuses most. */
const REFUSED = [
  ...[
    1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080,
  ],
].map(String)

/**
 * Returns the request that a call of `fetch` means, if it is plain enough to be sent directly.
 *
 * @param leavesHeaders whether the headers of which `fetch` makes more than it sends are left to it, such as `Range`.
 * @internal
 */
export function directRequest(
  input: string | URL | Request,
  init: RequestInit,
  leavesHeaders: boolean,
): DirectRequest | undefined {
  const { method = 'GET', headers = {}, body = null, redirect } = init
  if (!METHODS.includes(method) || !REDIRECTS.includes(redirect) || !isPlainObject(init)) return undefined
  if (!Object.keys(init).every((name) => OPTIONS.includes(name))) return undefined
  const names = isPlainObject(headers) ? plainNames(Object.entries(headers), leavesHeaders) : undefined
  if (names === undefined) return undefined
  if (body !== null && !isPlainBody(body, method, redirect)) return undefined
  const url = urlOf(input)
  if (url === undefined || !isPlainUrl(url)) return undefined
  return {
    href: url.href,
    url: addressOf(url),
    origin: url.origin,
    path: url.pathname + url.search,
    method,
    headers: allHeaders(headers as Record<string, string>, names, url.protocol === 'https:', body),
    // The caller may go on with its bytes.
    body: body === null || typeof body === 'string' ? body : new Uint8Array(body),
    takesRedirects: redirect === 'manual',
  }
}

/**
 * The names of headers, in lower case. Malformed headers are left to the platform, which refuses them in its words; so are two
 * of one name, which it joins.
 */
function plainNames(headers: readonly [string, unknown][], leavesHeaders: boolean): ReadonlySet<string> | undefined {
  const names = new Set<string>()
  for (const [name, value] of headers) {
    if (typeof value !== 'string' || !/^[\w!#$%&'*+.^`|~-]+$/.test(name) || !VALUE.test(value)) return undefined
    if (leavesHeaders && SPECIAL.test(name)) return undefined
    names.add(name.toLowerCase())
  }
  return names.size === headers.length ? names : undefined
}

const VALUE = /^(?:[\x21-\x7e\x80-\xff](?:[\t\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?)?$/
const SPECIAL = /^(?:host|range|if-.*)$/i

// Node 20 fails to send bytes once more, to where it is redirected.
function isPlainBody(body: unknown, method: string, redirect: RequestInit['redirect']): body is string | Uint8Array {
  if (method === 'GET' || method === 'HEAD') return false
  return typeof body === 'string' || (body instanceof Uint8Array && redirect === 'manual')
}

function urlOf(input: unknown): URL | undefined {
  if (typeof input !== 'string') return input instanceof URL ? input : undefined
  try {
    return new URL(input)
  } catch {
    return undefined
  }
}

function isPlainUrl({ protocol, username, password, port, href, hash, search }: URL): boolean {
  if ((protocol !== 'http:' && protocol !== 'https:') || username !== '' || password !== '') return false
  // A query of nothing is sent by some versions of undici, and left out by others.
  if (search === '' && href[href.length - hash.length - 1] === '?') return false
  return port === '' || (Number(port) > 1023 && !REFUSED.includes(port))
}

function addressOf({ href, hash }: URL): string {
  return hash === '' ? href : href.slice(0, href.length - hash.length)
}

/** The headers that the platform's `fetch` sends by default. */
const DEFAULTS: Readonly<Record<string, string>> = {
  accept: '*/*',
  'accept-language': '*',
  'sec-fetch-mode': 'cors',
  'user-agent': 'node',
}

function allHeaders(
  headers: Readonly<Record<string, string>>,
  names: ReadonlySet<string>,
  isSecure: boolean,
  body: unknown,
): Readonly<Record<string, string>> {
  const all: Record<string, string> = { ...headers }
  const add = (name: string, value: string): void => {
    if (!names.has(name)) all[name] = value
  }
  if (typeof body === 'string') add('content-type', 'text/plain;charset=UTF-8')
  for (const name in DEFAULTS) add(name, DEFAULTS[name]!)
  add('accept-encoding', isSecure ? SECURE : 'gzip, deflate')
  return all
}

const SECURE = `br, gzip, deflate${undiciVersion >= 8 ? ', zstd' : ''}`
