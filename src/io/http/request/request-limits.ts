import type { IncomingMessage, ServerResponse } from 'node:http'
import type { RequestGreenlet } from '../request-greenlet.js'
import type { Limits } from '../options.js'

/**
 * Checks what can be checked of a request when its head has come.
 *
 * @param found gets the site that is asked for, and whether there are headers about a body or another protocol.
 * @returns the status to refuse it with, 0 when nothing is wrong.
 * @internal
 */
export function checkHead(request: IncomingMessage, limits: Limits, found: { host: string; isPlain: boolean }): number {
  const { rawHeaders, httpVersionMajor, httpVersionMinor, url, method } = request
  if (rawHeaders.length > 2 * limits.maxHeadersCount) return 431
  if (httpVersionMajor !== 1 || httpVersionMinor > 1) return 505
  if (!url!.startsWith('/') && !ADDRESS.test(url!) && !(url === '*' && method === 'OPTIONS')) return 400
  let hosts = 0
  let host = ''
  let isPlain = true
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index]!
    if (name.length === 4 && name.toLowerCase() === 'host') {
      hosts++
      host = rawHeaders[index + 1]!
    } else if (lengths.has(name.length)) isPlain = false
  }
  found.host = host
  found.isPlain = isPlain
  // RFC 9112, 3.2: without it, or with two of it, nobody can say which site is meant.
  if (hosts > 1 || (hosts === 0 && httpVersionMinor === 1)) return 400
  if (host !== knownHost && !isHost(host)) return 400
  return isPlain ? 0 : checkFraming(request, limits)
}

/** The target of a request to a proxy: a whole address. */
const ADDRESS = /^https?:\/\/[^/?#@\\]+(?:[/?]|$)/i

/** The host and port of an address, and nothing that would be taken for another part of it. (RFC 9112, 3.2.) */
const HOST = /^(?:\[[\da-f:.]+\]|[\w.~!$&'()*+,;=%-]*)(?::\d*)?$/i

/** A host that was checked: nearly all requests have the same one. */
let knownHost = ''

function isHost(host: string): boolean {
  const isValid = HOST.test(host)
  if (isValid) knownHost = host
  return isValid
}

/**
 * The headers to be looked at. Most requests have none of them, and to sort all of their headers takes a microsecond.
 */
const lengths = new Set(['transfer-encoding', 'content-length', 'expect', 'upgrade'].map((name) => name.length))

function checkFraming({ headers, httpVersionMinor }: IncomingMessage, { maxBodySize }: Limits): number {
  const { 'transfer-encoding': encoding, 'content-length': length, expect } = headers
  if (encoding !== undefined && httpVersionMinor === 0) return 400
  if (encoding !== undefined && encoding.toLowerCase() !== 'chunked') return 501
  if (length !== undefined && Number(length) > maxBodySize) return 413
  // In HTTP/1.0 there are no expectations. (RFC 9110, 10.1.1.)
  return expect !== undefined && httpVersionMinor === 1 && expect.toLowerCase() !== CONTINUE ? 417 : 0
}

const CONTINUE = '100-continue'

/** Whether a request has a body. @internal */
export function hasBody({ headers }: IncomingMessage): boolean {
  const { 'transfer-encoding': encoding, 'content-length': length } = headers
  return encoding !== undefined || (length !== undefined && Number(length) > 0)
}

/** Whether a request asks for another protocol on its connection. @internal */
export function wantsUpgrade({ headers }: IncomingMessage): boolean {
  return headers.upgrade !== undefined && tokensOf(headers.connection).includes('upgrade')
}

/** The names in a list, in lower case. */
function tokensOf(list = ''): string[] {
  return list.split(',').map((token) => token.trim().toLowerCase())
}

/**
 * Sees to it that the body of a request keeps to the limits, and that a client that waits for `100 Continue` gets it
 * when the body is first read.
 * @internal
 */
export function watchBody(greenlet: RequestGreenlet, { maxBodySize }: Limits): void {
  const { request, response, connection } = greenlet
  // Node throws away what comes in one piece with such a request, so that the next one would begin somewhere in
  // another.
  if (wantsUpgrade(request)) connection.endAfter(response)
  if (!hasBody(request)) return
  const { 'transfer-encoding': encoding, expect } = request.headers
  connection.expectBody(request)
  if (encoding !== undefined) limitChunks(greenlet, maxBodySize)
  if (expect !== undefined && request.httpVersionMinor === 1) continueLater(greenlet)
}

// How much comes in chunks is known when it has come.
function limitChunks(greenlet: RequestGreenlet, limit: number): void {
  if (limit === Infinity) return
  const { request } = greenlet
  // eslint-disable-next-line @typescript-eslint/unbound-method -- it is called on the request
  const { push } = request
  let size = 0
  request.push = (chunk: Buffer | null, encoding) => {
    if (chunk !== null && (size += chunk.length) > limit) {
      if (size - chunk.length <= limit) greenlet.refuse(413)
      // It goes nowhere, and is taken anyway: the client reads its answer when it has sent what it has.
      return true
    }
    return push.call(request, chunk, encoding)
  }
}

/** The member that `@types/node` does not mention. */
interface Inner {
  readonly _sent100?: boolean
}

/**
 * Closes the connection after a response to a client that waits for `100 Continue` and never got it, since its body may or may not
 * come. (RFC 9110, 10.1.1.) Node does so itself; Deno and Bun leave the connection open.
 * @internal
 */
export function closeUnlessContinued(_request: IncomingMessage, response: ServerResponse): void {
  const writeHead = response.writeHead.bind(response) as (...given: unknown[]) => ServerResponse
  response.writeHead = (...given: unknown[]) => {
    if ((response as unknown as Inner)._sent100 === false) response.shouldKeepAlive = false
    return writeHead(...given)
  }
}

// A client that waits for `100 Continue` must not get it after the answer.
function continueLater({ request, response }: RequestGreenlet): void {
  // eslint-disable-next-line @typescript-eslint/unbound-method -- what streams read through
  const { _read: read } = request
  request._read = (size) => {
    request._read = read
    if (!response.headersSent) response.writeContinue()
    read.call(request, size)
  }
}
