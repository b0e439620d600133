import { nameError } from '../../scheduler/checks/errors.js'
import { inPlainWords, isFromOpenSSL } from './openssl-error.js'

/*
 * Whose fault a failure is shows in its class:
 *
 *   ClosedError             yours: this program closed the socket or server, before the call or during it
 *   ConnectionError         the other side's or the network's: unreachable, timed out by the system, …
 *   ├ ConnectionRefusedError  nothing listens there
 *   └ ConnectionResetError    the other side aborted the connection
 *   IncompleteReadError     the other side's: it ended the stream in the middle of what was asked for
 *   LimitError              the other side's: it sent more than you allowed without the delimiter
 *   LookupError             the name's: it cannot be resolved
 *   TLSError                no trust: a certificate or a handshake failed
 *
 * Anything else (EADDRINUSE, EACCES, EMFILE, …) is about this machine and stays the plain Error that Node makes. Those
 * that come from the system are Node's own objects, with its `code`, `errno`, `syscall`, `address`, `port` and text.
 */

/** The fields that Node adds to an error of the operating system. */
export interface SystemError extends Error {
  /** The name of the error: `'ECONNREFUSED'`. */
  code?: string
  /** The number of the error, negative. */
  errno?: number
  /** The operation that failed: `'connect'`, `'read'`, `'write'`, `'getaddrinfo'`. */
  syscall?: string
  /** The address that was tried. */
  address?: string
  /** The port that was tried. */
  port?: number
}

/** The socket or server was closed by this program, before the call or during it. (gevent: `EBADF`.) */
export class ClosedError extends Error {
  declare readonly name: 'ClosedError'
  declare readonly code: 'GVENT_CLOSED'
}
nameError(ClosedError, 'ClosedError', 'GVENT_CLOSED')

/** The other side or the network failed. An error of Node's own, with its `code` and the rest. */
export class ConnectionError extends Error implements SystemError {
  declare code: string
  declare errno?: number
  declare syscall?: string
  declare address?: string
  declare port?: number
}
nameError(ConnectionError, 'ConnectionError', 'GVENT_CONNECTION')

/** No process listens at that address. */
export class ConnectionRefusedError extends ConnectionError {}
nameError(ConnectionRefusedError, 'ConnectionRefusedError', 'ECONNREFUSED')

/** The other side broke the connection off; of what was sent last it may have got nothing. */
export class ConnectionResetError extends ConnectionError {}
nameError(ConnectionResetError, 'ConnectionResetError', 'ECONNRESET')

/** A name could not be resolved. An error of Node's own, with its `code` and `hostname`. */
export class LookupError extends Error implements SystemError {
  declare code: string
  declare errno?: number
  declare syscall?: string
  /** The name that was looked up. */
  declare hostname?: string
}
nameError(LookupError, 'LookupError', 'ENOTFOUND')

/** A TLS handshake failed: a certificate that is not trusted, no common version, a peer that speaks no TLS. */
export class TLSError extends Error {
  /** That of Node or OpenSSL: `'CERT_HAS_EXPIRED'`, `'ERR_TLS_CERT_ALTNAME_INVALID'`, … */
  declare code: string
}
nameError(TLSError, 'TLSError', 'GVENT_TLS')

/**
 * The stream ended in the middle of what was asked for. Nothing was taken: what had come so far is in `partial` and
 * can still be received. (asyncio: `IncompleteReadError`.)
 */
export class IncompleteReadError extends Error {
  declare readonly name: 'IncompleteReadError'
  declare readonly code: 'GVENT_INCOMPLETE_READ'

  /** For tests of what handles it; sockets make their own. */
  constructor(
    message: string,
    /** The bytes that came before the end. */
    readonly partial: Buffer,
  ) {
    super(message)
  }
}
nameError(IncompleteReadError, 'IncompleteReadError', 'GVENT_INCOMPLETE_READ')

/** No delimiter came within the limit. Nothing was taken. (asyncio: `LimitOverrunError`.) */
export class LimitError extends Error {
  declare readonly name: 'LimitError'
  declare readonly code: 'GVENT_LIMIT'

  /** For tests of what handles it; sockets make their own. */
  constructor(
    message: string,
    /** The limit in bytes. */
    readonly limit: number,
  ) {
    super(message)
  }
}
nameError(LimitError, 'LimitError', 'GVENT_LIMIT')

/** A call, for the text of an error. @internal */
export interface Call {
  describe(): string
}

/** Makes what a call raises on something that can no longer do it. @internal */
export type Failure = (call: Call) => unknown

/** The calls that Node names when a name could not be resolved. */
const LOOKUPS = /^(getaddrinfo|getnameinfo|getHostByAddr|query[A-Z])/

const CLASSES: Record<string, typeof ConnectionError> = {
  ECONNREFUSED: ConnectionRefusedError,
  ECONNRESET: ConnectionResetError,
  ECONNABORTED: ConnectionResetError,
  EPIPE: ConnectionResetError,
  ETIMEDOUT: ConnectionError,
  EHOSTDOWN: ConnectionError,
  EHOSTUNREACH: ConnectionError,
  ENETDOWN: ConnectionError,
  ENETUNREACH: ConnectionError,
}

/**
 * Gives an error of Node's the class that says whose fault it is. It stays the same object, so that other observers
 * see the same one, and nothing that Node put into it is lost.
 * @internal
 */
export function classify(error: unknown): unknown {
  if (!(error instanceof Error)) return error
  const { code, errors } = error as SystemError & { errors?: readonly Error[] }
  if (code === undefined) return error
  if (error.message === '' && errors !== undefined) explainAll(error, errors)
  const { syscall } = error as SystemError
  if (syscall !== undefined && LOOKUPS.test(syscall)) return become(error, LookupError)
  if (isFromOpenSSL(error.message)) return become(reword(error, inPlainWords(error.message)), TLSError)
  const constructor = CLASSES[code]
  return constructor === undefined ? error : become(error, constructor)
}

/** The same for an error that ended a TLS handshake. @internal */
export function classifyHandshake(error: unknown): unknown {
  const classified = classify(error)
  return classified instanceof ConnectionError || !(classified instanceof Error)
    ? classified
    : become(classified, TLSError)
}

function become(error: Error, constructor: typeof ConnectionError | typeof LookupError | typeof TLSError): Error {
  if (error instanceof constructor) return error
  // On Bun the codes of Node's errors are those of their classes, and would go with them.
  const { code } = error as { code?: unknown }
  if (code !== undefined && !Object.hasOwn(error, 'code')) Object.assign(error, { code })
  Object.setPrototypeOf(error, constructor.prototype)
  // V8 wrote the class into the stack when the error was made.
  if (error.stack !== undefined) error.stack = error.stack.replace(/^\w*Error\b/, constructor.name)
  return error
}

function reword(error: Error, message: string): Error {
  const { stack, message: before } = error
  error.message = message
  if (stack !== undefined) error.stack = stack.replace(before, () => message)
  return error
}

// A name with several addresses fails with an AggregateError without a text.
function explainAll(error: Error, errors: readonly Error[]): void {
  const message = errors.map((each) => each.message).join('; ')
  error.message = message
  const { syscall, address, port } = errors[0] as SystemError
  Object.assign(error, { syscall, address, port })
  error.stack = `${error.name}: ${message}${error.stack?.slice(error.stack.indexOf('\n')) ?? ''}`
}
