import type { IncomingMessage } from 'node:http'
import type { TLSSocket } from 'node:tls'
import { inspect } from 'node:util'
import type { InputStream } from '../http/request/input-stream.js'
import type { ErrorStream } from './error-stream.js'

/** A request as an application gets it: the variables of CGI and of WSGI. */
export interface Environ {
  /** The method: `'GET'`. */
  REQUEST_METHOD: string
  /** The part of the path that led to this application: empty, or with a slash at its beginning. */
  SCRIPT_NAME: string
  /**
   * The rest of the path, decoded. As PEP 3333 has it each character stands for a byte: for text write
   * `Buffer.from(environ.PATH_INFO, 'latin1').toString()`.
   */
  PATH_INFO: string
  /** The query, behind the question mark, not decoded; empty if there is none. */
  QUERY_STRING: string
  /** The header `content-type`. */
  CONTENT_TYPE?: string
  /** The header `content-length`, in bytes. */
  CONTENT_LENGTH?: string
  /** The name or address of the server. */
  SERVER_NAME: string
  /** Its port, as text. */
  SERVER_PORT: string
  /** The version of HTTP: `'HTTP/1.1'`. */
  SERVER_PROTOCOL: string
  /** This package and its version. */
  SERVER_SOFTWARE: string
  /** `'CGI/1.1'`. */
  GATEWAY_INTERFACE: string
  /** The address of the client. */
  REMOTE_ADDR?: string
  /** Its port, as text. */
  REMOTE_PORT?: string
  /** The version of WSGI. */
  'wsgi.version': readonly [1, 0]
  /** Whether the client speaks TLS. */
  'wsgi.url_scheme': 'http' | 'https'
  /** The body of the request. */
  'wsgi.input': InputStream
  /** Takes messages about errors. */
  'wsgi.errors': ErrorStream
  /** Whether another request may run the same application at the same time: in another greenlet, so it may. */
  'wsgi.multithread': boolean
  /** Whether another process may serve the same application. */
  'wsgi.multiprocess': boolean
  /** Whether the application is run for this request only: it is not. */
  'wsgi.run_once': boolean
  /** That `wsgi.input` ends where the body ends. */
  'wsgi.input_terminated': boolean
  /** `HTTP_…` for each header; what middleware adds. */
  [name: string]: unknown
}

/** Variables that hold no secret. (The list is gevent's.) */
const HARMLESS = new Set(['REMOTE_ADDR', 'REMOTE_PORT', 'HTTP_HOST'])

// Shown in an error report or a log, an environ hides what may be secret: cookies, passwords, tokens in a query.
const secret = Object.create(Object.prototype, {
  [inspect.custom]: {
    value(this: object): object {
      const shown = Object.entries(this).map(
        ([name, value]) => [name, HARMLESS.has(name) ? value : '<MASKED>'] as const,
      )
      return Object.fromEntries(shown)
    },
  },
}) as object

/** The variables of an environ that do not come from the request. @internal */
export interface EnvironBase {
  readonly errors: ErrorStream
  readonly more: Readonly<Record<string, unknown>>
  readonly secure: boolean
}

/**
 * @param request Node's; one that Express has mounted somewhere has a `baseUrl`.
 * @internal
 */
export function makeEnviron(
  request: IncomingMessage & { baseUrl?: string },
  input: InputStream,
  { errors, more, secure }: EnvironBase,
): Environ {
  const { socket, method, httpVersion, headers } = request
  const [path, query] = splitURL(request.url!)
  const environ = (secure ? Object.create(secret) : {}) as Environ
  environ.REQUEST_METHOD = method!
  environ.SCRIPT_NAME = unquote(request.baseUrl ?? '')
  environ.PATH_INFO = unquote(path)
  environ.QUERY_STRING = query
  if (headers['content-type'] !== undefined) environ.CONTENT_TYPE = headers['content-type']
  // Of a body in chunks nobody knows the length.
  if (headers['content-length'] !== undefined && headers['transfer-encoding'] === undefined) {
    environ.CONTENT_LENGTH = headers['content-length']
  }
  environ.SERVER_NAME = socket.localAddress ?? 'localhost'
  environ.SERVER_PORT = String(socket.localPort ?? '')
  environ.SERVER_PROTOCOL = `HTTP/${httpVersion}`
  environ.SERVER_SOFTWARE = 'gvent'
  environ.GATEWAY_INTERFACE = 'CGI/1.1'
  if (socket.remoteAddress !== undefined) {
    environ.REMOTE_ADDR = socket.remoteAddress
    environ.REMOTE_PORT = String(socket.remotePort)
  }
  addHeaders(environ, request.rawHeaders)
  environ['wsgi.version'] = [1, 0]
  environ['wsgi.url_scheme'] = (socket as Partial<TLSSocket>).encrypted === true ? 'https' : 'http'
  environ['wsgi.input'] = input
  environ['wsgi.errors'] = errors
  environ['wsgi.multithread'] = false
  environ['wsgi.multiprocess'] = false
  environ['wsgi.run_once'] = false
  environ['wsgi.input_terminated'] = true
  return Object.assign(environ, more)
}

function addHeaders(environ: Environ, rawHeaders: readonly string[]): void {
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const key = keyOf(rawHeaders[index]!)
    if (key === null) continue
    const before = environ[key] as string | undefined
    const value = rawHeaders[index + 1]!
    environ[key] = before === undefined ? value : `${before}${key === 'HTTP_COOKIE' ? '; ' : ','}${value}`
  }
}

/** The variables of headers that came before; the names are nearly always the same few. */
const keys = new Map<string, string | null>()
const KEYS_KEPT = 500

/** The variable of a header; `null` when it has none. */
function keyOf(name: string): string | null {
  let key = keys.get(name)
  if (key === undefined) {
    key = makeKey(name)
    if (keys.size < KEYS_KEPT) keys.set(name, key)
  }
  return key
}

// A header with an underscore would pass for the one with a hyphen in its place, which a proxy in front may have set.
function makeKey(name: string): string | null {
  if (name.includes('_')) return null
  const key = `HTTP_${name.toUpperCase().replaceAll('-', '_')}`
  return key === 'HTTP_CONTENT_TYPE' || key === 'HTTP_CONTENT_LENGTH' ? null : key
}

/** Path and query. A proxy is asked for whole addresses. */
function splitURL(url: string): [path: string, query: string] {
  const local = url.startsWith('/') ? null : /^https?:\/\/[^/?]*/i.exec(url)
  const rest = local === null ? url : url.slice(local[0].length)
  const mark = rest.indexOf('?')
  return mark === -1 ? [rest, ''] : [rest.slice(0, mark), rest.slice(mark + 1)]
}

// What is no escape stays as it is.
function unquote(text: string): string {
  if (!text.includes('%')) return text
  return text.replace(/%([0-9a-f]{2})/gi, (_escape, digits: string) => String.fromCharCode(parseInt(digits, 16)))
}
