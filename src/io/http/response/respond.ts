import type { IncomingMessage, ServerResponse } from 'node:http'
import { misuse } from '../../../scheduler/checks/errors.js'
import { isCoroutine, isWaitable, type Coroutine } from '../../../scheduler/kernel/frames.js'
import { show } from '../../../scheduler/checks/show.js'
import { pointAtCode } from '../../../scheduler/stacks/advice/code-line.js'
import { idle } from '../../../scheduler/waits/sleep.js'
import { until } from '../../../scheduler/kernel/until.js'
import { sourceOf } from '../../node/body-source.js'
import type { FastResponse } from '../../node/fast-response.js'
import type { RequestGreenlet } from '../request-greenlet.js'
import { isContentLength, isHopByHop, parseLength } from './fields.js'
import { isResponse, partsOf } from './lazy-response.js'
import { Drain } from './response-waits.js'
import { addTrailers, findTrailers, type Trailers } from './trailers.js'

/**
 * Sends the `Response` that a handler gave, or waits for the one that it promises. What can be sent at once is, without
 * a coroutine.
 *
 * @param handler what gave it, for errors.
 * @internal
 */
export function respondWith(greenlet: RequestGreenlet, result: unknown, handler: object): unknown {
  if (isCoroutine(result) || isWaitable(result)) return respondLater(greenlet, result, handler)
  return send(greenlet, result, handler)
}

function* respondLater(greenlet: RequestGreenlet, result: unknown, handler: object): Coroutine<void> {
  const response = isCoroutine(result) ? yield* result : yield greenlet.promised(result as PromiseLike<unknown>)
  const sending = send(greenlet, response, handler)
  if (sending !== undefined) yield* sending
}

/** @returns a coroutine when the body comes in pieces. */
function send(
  { request, response: out }: RequestGreenlet,
  result: unknown,
  handler: object,
): Coroutine<void> | undefined {
  if (!isResponse(result)) throw pointAtCode(notAResponse(result), handler)
  if (out.headersSent || out.destroyed) return undefined
  const message = normalize(request, result)
  const { body } = message
  if (message.closes) out.shouldKeepAlive = false
  if (typeof body === 'object' && body !== null && !(body instanceof Uint8Array)) {
    return sendStream(out, request, message, body)
  }
  transmit(out, request, message, body)
  return undefined
}

/** A response, from whichever class it came. */
interface Message {
  readonly status: number
  readonly statusText: string
  /** Names and values in turn, without those that are about the connection. */
  readonly fields: string[]
  /** The `Content-Length` among them. */
  length: number | undefined
  /** Whether the connection is to be closed. */
  closes: boolean
  readonly body: string | Uint8Array | ReadableStream<Uint8Array> | null
  readonly trailers: Trailers | undefined
}

function normalize({ method, httpVersionMinor }: IncomingMessage, response: Response): Message {
  const parts = partsOf(response)
  const { status, statusText, headers } = parts ?? response
  if (status < 200) throw misuse(new RangeError(`a handler cannot answer with status ${status}`))
  const source = parts === undefined ? sourceOf(response) : parts.body
  const body = source === undefined ? response.body : source
  const fields: string[] = []
  // Without a body, or without chunks, there is no place for them.
  const trailers = body === null || method === 'HEAD' || httpVersionMinor === 0 ? undefined : findTrailers(response)
  const message: Message = { status, statusText, fields, length: undefined, closes: false, body, trailers }
  // The platform's has the type of its text among its headers.
  let isTyped = parts === undefined || typeof body !== 'string'
  const add = (value: string, name: string): void => {
    if (isHopByHop(name)) {
      if (name.toLowerCase() === 'connection') message.closes ||= value.toLowerCase() === 'close'
      else if (trailers !== undefined && name.toLowerCase() === 'trailer') fields.push(name, value)
      return
    }
    if (isContentLength(name)) message.length = checkLength(value, message.length)
    // To compare the length first spares most of them the rest.
    else if (!isTyped && name.length === CONTENT_TYPE.length && name.toLowerCase() === CONTENT_TYPE) isTyped = true
    fields.push(name, value)
  }
  if (headers instanceof Headers) headers.forEach(add)
  else for (const name in headers) add(headers[name]!, name)
  if (!isTyped) fields.push(CONTENT_TYPE, 'text/plain;charset=UTF-8')
  return message
}

const CONTENT_TYPE = 'content-type'

/** Sends a response that is whole. */
function transmit(
  out: FastResponse,
  { method, httpVersionMinor }: IncomingMessage,
  message: Message,
  body: string | Uint8Array | null,
): void {
  const { status, fields, length } = message
  if (message.trailers !== undefined && body !== null) {
    writeHead(out, message)
    out.write(body)
    endWith(out, message.trailers)
    return
  }
  const isHead = method === 'HEAD'
  const mayHaveBody = status !== 204 && status !== 304
  if (mayHaveBody) {
    const size = body === null ? 0 : Buffer.byteLength(body)
    if (length === undefined && !isHead && httpVersionMinor > 0) out.expectLength(size, fields)
    else if (length === undefined) fields.push('content-length', String(size))
    else if (length !== size && !isHead) throw wrongLength(length, size)
  }
  writeHead(out, message)
  if (body === null || isHead || !mayHaveBody) out.end()
  // Node sends a text in one piece with the head, as UTF-8; the head by itself as Latin-1, which is what it is.
  else out.end(typeof body === 'string' && fields.some((field) => NOT_ASCII.test(field)) ? Buffer.from(body) : body)
}

const NOT_ASCII = /[\x80-\xff]/

function writeHead(out: ServerResponse, { status, statusText, fields }: Message): void {
  if (statusText === '') out.writeHead(status, fields)
  else out.writeHead(status, statusText, fields)
}

// A body that was whole from the beginning comes whole before the next turn of the loop: then its length is sent, as it
// is where the platform lets us see what the body was made of. Node 26 does not.
function* sendStream(
  out: FastResponse,
  request: IncomingMessage,
  message: Message,
  body: ReadableStream<Uint8Array>,
): Coroutine<void> {
  const reader = body.getReader()
  let over = false
  try {
    const reads = [reader.read(), reader.read()]
    const early: { done: boolean; value?: Uint8Array | undefined }[] = []
    for (const read of reads) read.then((result) => early.push(result), ignore)
    yield* idle()
    const [first, second] = early
    if (first?.done || second?.done) {
      over = true
      transmit(out, request, message, first!.value ?? null)
      return
    }
    // A body that is not as long as it should be breaks the connection off.
    out.strictContentLength = true
    writeHead(out, message)
    if (request.method === 'HEAD') {
      out.end()
      return
    }
    // What is known already goes out before anybody waits: a client of a stream of events sees that it is connected.
    out.flushHeaders()
    for (;;) {
      const { done, value } = yield* until(reads.shift() ?? reader.read())
      if (done) break
      if (!out.write(value)) yield* new Drain(out)
    }
    over = true
    endWith(out, message.trailers)
  } finally {
    // It may take its time, or never answer.
    if (!over) void reader.cancel().catch(() => undefined)
  }
}

function endWith(out: ServerResponse, trailers: Trailers | undefined): void {
  if (trailers !== undefined) addTrailers(out, trailers)
  out.end()
}

function ignore(): void {
  // The read itself is waited for later, or not at all.
}

function checkLength(value: string, before: number | undefined): number {
  const length = parseLength(value)
  if (length !== undefined && (before === undefined || before === length)) return length
  throw misuse(new RangeError(`the Content-Length of a response cannot be ${show(value)}; leave it out`))
}

/** A body that is not as long as it should be is noticed while another response can be sent. */
function wrongLength(length: number, size: number): RangeError {
  return misuse(
    new RangeError(`the Content-Length of a response is ${length}, its body has ${size} bytes; leave it out`),
  )
}

function notAResponse(value: unknown): TypeError {
  const hint =
    value === undefined
      ? 'did you forget `return`?'
      : typeof value === 'string'
        ? `write new Response(${show(value)})`
        : 'write new Response(body), or Response.json(value)'
  return misuse(new TypeError(`a handler of HTTPServer has to return a Response, got ${show(value)}; ${hint}`))
}
