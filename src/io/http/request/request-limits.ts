import type { Exchange } from '../request-greenlet.js'
import type { Limits } from '../options.js'

/**
 * Checks what can be checked of a request when its head has come, and sees to it that its body keeps to the limits;
 * and answers `Expect: 100-continue` when the body is read for the first time.
 *
 * @returns the status to refuse it with, 0 when nothing is wrong.
 * @internal
 */
export function guard(exchange: Exchange, limits: Limits): number {
  const { request } = exchange
  const { rawHeaders, httpVersionMajor, httpVersionMinor, url, method } = request
  if (rawHeaders.length > 2 * limits.maxHeadersCount) return 431
  if (httpVersionMajor !== 1 || httpVersionMinor > 1) return 505
  if (!url!.startsWith('/') && !ADDRESS.test(url!) && !(url === '*' && method === 'OPTIONS')) return 400
  let hosts = 0
  let isPlain = true
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index]!
    if (name.length === 4 && name.toLowerCase() === 'host') {
      hosts++
      exchange.host = rawHeaders[index + 1]!
    } else if (lengths.has(name.length)) isPlain = false
  }
  // RFC 9112, 3.2: without it, or with two of it, nobody can say which site is meant.
  if (hosts > 1 || (hosts === 0 && httpVersionMinor === 1)) return 400
  if (exchange.host !== knownHost && !isHost(exchange.host)) return 400
  return isPlain ? 0 : guardRest(exchange, limits)
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

/** What is to be looked at. Most requests have none of it, and to sort all of their headers takes a microsecond. */
const lengths = new Set(['transfer-encoding', 'content-length', 'expect', 'upgrade'].map((name) => name.length))

function guardRest(exchange: Exchange, { maxBodySize }: Limits): number {
  const { request } = exchange
  const { headers } = request
  const encoding = headers['transfer-encoding']
  if (encoding !== undefined) {
    if (request.httpVersionMinor === 0) return 400
    if (encoding.toLowerCase() !== 'chunked') return 501
    exchange.connection.expectBody(request)
    limitChunks(exchange, maxBodySize)
  }
  const length = headers['content-length']
  if (length !== undefined && length !== '0') exchange.connection.expectBody(request)
  if (length !== undefined && Number(length) > maxBodySize) return 413
  if (headers.expect !== undefined) continueLater(exchange)
  // Node throws away what comes in one piece with such a request, so that the next one would begin somewhere in another.
  if (headers.upgrade !== undefined && UPGRADE.test(headers.connection ?? '')) exchange.connection.endAfter(exchange)
  return 0
}

const UPGRADE = /(?:^|,)\s*upgrade\s*(?:,|$)/i

// How much comes in chunks is known when it has come.
function limitChunks(exchange: Exchange, limit: number): void {
  if (limit === Infinity) return
  const { request } = exchange
  // eslint-disable-next-line @typescript-eslint/unbound-method -- it is called on the request
  const { push } = request
  let size = 0
  request.push = (chunk: Buffer | null, encoding) => {
    if (chunk !== null && (size += chunk.length) > limit) {
      if (size - chunk.length <= limit) exchange.refuse(413)
      // It goes nowhere, and is taken all the same: the client reads its answer when it has sent what it has.
      return true
    }
    return push.call(request, chunk, encoding)
  }
}

// A client that waits to be told to go on must not be told so when it was answered already. And when it was never told,
// nobody can say whether the body will come, so that this connection cannot be used any longer. (RFC 9110, 10.1.1.)
function continueLater({ request, response }: Exchange): void {
  // eslint-disable-next-line @typescript-eslint/unbound-method -- what streams read through
  const { _read: read } = request
  response.shouldKeepAlive = false
  request._read = (size) => {
    request._read = read
    if (!response.headersSent) {
      response.shouldKeepAlive = true
      response.writeContinue()
    }
    read.call(request, size)
  }
}
