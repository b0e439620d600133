import type { IncomingMessage, ServerResponse } from 'node:http'
import { misuse } from '../../../scheduler/checks/errors.js'
import { delegate, isCoroutine, isWaitable, type Coroutine } from '../../../scheduler/kernel/frames.js'
import { show } from '../../../scheduler/checks/show.js'
import { idle } from '../../../scheduler/waits/sleep.js'
import { until } from '../../../scheduler/kernel/until.js'
import { sourceOf } from '../../node/body-source.js'
import type { Exchange } from '../request-greenlet.js'
import { partsOf, type Parts } from './lazy-response.js'
import { Drain } from './response-waits.js'
import { addTrailers, findTrailers, type Trailers } from './trailers.js'
import type { WholeResponse } from '../../node/fast-response.js'

/**
 * Sends what a handler gave: a `Response`, or something to be waited for that gives one. What can be sent at once is,
 * without a coroutine. @internal
 */
export function respondWith(exchange: Exchange, result: unknown): unknown {
  if (isCoroutine(result) || isWaitable(result)) return respondLater(exchange, result)
  return send(exchange, result)
}

function* respondLater(exchange: Exchange, result: unknown): Coroutine<void> {
  const response = isCoroutine(result) ? yield* result : yield result
  const sending = send(exchange, response)
  if (sending !== undefined) yield* sending
}

/** @returns a coroutine when the body comes in pieces. */
function send({ request, response: out }: Exchange, result: unknown): Coroutine<void> | undefined {
  const parts = typeof result === 'object' && result !== null ? partsOf(result) : undefined
  if (parts === undefined && !(result instanceof Response)) throw notAResponse(result)
  if (out.headersSent || out.destroyed) return undefined
  if (parts !== undefined && findTrailers(result as Response) === undefined) {
    sendParts(request, out, parts)
    return undefined
  }
  return sendPlatforms(request, out, result as Response)
}

/** What is whole goes out at once. */
function sendParts({ method }: IncomingMessage, out: WholeResponse, parts: Parts): void {
  const { body, status, statusText, headers } = parts
  const fields: string[] = []
  let isTyped = typeof body !== 'string'
  let said: string | undefined
  const add = (value: string, name: string): void => {
    // To compare the length first spares most of them the rest.
    if (!isTyped && name.length === CONTENT_TYPE.length && name.toLowerCase() === CONTENT_TYPE) isTyped = true
    if (name.length === CONTENT_LENGTH.length && name.toLowerCase() === CONTENT_LENGTH) said = value
    fields.push(name, value)
  }
  if (headers instanceof Headers) headers.forEach(add)
  else for (const name in headers) add(headers[name]!, name)
  if (!isTyped) fields.push(CONTENT_TYPE, 'text/plain;charset=UTF-8')
  const size = body === null ? 0 : Buffer.byteLength(body)
  if (typeof body === 'string' && size > 0 && said === undefined && method !== 'HEAD') {
    // Text that is ASCII goes out as Latin-1, and so does the head.
    if (size === body.length || !fields.some((field) => NOT_ASCII.test(field))) {
      out.endWith(status, statusText, fields, body)
      return
    }
  }
  if (status !== 204 && status !== 304) {
    if (said === undefined) fields.push(CONTENT_LENGTH, String(size))
    else if (method !== 'HEAD') checkLength(said, size)
  }
  writeHead(out, status, statusText, fields)
  if (body === null || method === 'HEAD') out.end()
  else out.end(after(fields, body))
}

const CONTENT_TYPE = 'content-type'
const CONTENT_LENGTH = 'content-length'

function sendPlatforms(request: IncomingMessage, out: ServerResponse, result: Response): Coroutine<void> | undefined {
  const { status, statusText, headers } = result
  if (status < 200) throw misuse(new RangeError(`a handler cannot answer with status ${status}`))
  const bodiless = request.method === 'HEAD' || status === 204 || status === 304
  // Without a body, or without chunks, there is no place for them.
  const trailers = bodiless || request.httpVersionMinor === 0 ? undefined : findTrailers(result)
  const fields: string[] = []
  headers.forEach((value, name) => {
    if (trailers !== undefined || name !== 'trailer') fields.push(name, value)
  })
  const source = sourceOf(result)
  if (source !== undefined && source !== null && trailers !== undefined) {
    writeHead(out, status, statusText, fields)
    out.write(source)
    endWith(out, trailers)
    return undefined
  }
  const said = headers.get(CONTENT_LENGTH)
  if (source !== undefined && source !== null && !bodiless) {
    const size = Buffer.byteLength(source)
    if (said === null) fields.push(CONTENT_LENGTH, String(size))
    else checkLength(said, size)
    writeHead(out, status, statusText, fields)
    out.end(after(fields, source))
    return undefined
  }
  if (source === undefined && result.body !== null && status !== 204 && status !== 304) {
    const head = (length?: number): void => {
      const isKnown = length !== undefined && trailers === undefined
      if (isKnown && said !== null && !bodiless) checkLength(said, length)
      if (isKnown && said === null) fields.push(CONTENT_LENGTH, String(length))
      writeHead(out, status, statusText, fields)
    }
    return sendStream(out, result.body, head, bodiless, trailers)
  }
  if (source !== undefined && status !== 204 && status !== 304) {
    const size = source === null ? 0 : Buffer.byteLength(source)
    if (said === null) fields.push(CONTENT_LENGTH, String(size))
    else if (!bodiless) checkLength(said, size)
  }
  writeHead(out, status, statusText, fields)
  out.end()
  // A body that nobody wants must not hold on to where it comes from.
  return result.body === null || source !== undefined ? undefined : (delegate(result.body.cancel()) as Coroutine<void>)
}

/** A body that is not as long as it should be is noticed while another response can be sent. */
function checkLength(said: string, size: number): void {
  if (Number(said) === size) return
  throw misuse(new RangeError(`the Content-Length of a response is ${said}, its body has ${size} bytes; leave it out`))
}

// Node sends a text in one piece with the head, as UTF-8; the head by itself as Latin-1, which is what it is.
function after(fields: readonly string[], body: string | Uint8Array): string | Uint8Array {
  return typeof body === 'string' && fields.some((field) => NOT_ASCII.test(field)) ? Buffer.from(body) : body
}

const NOT_ASCII = /[\x80-\xff]/

function writeHead(out: ServerResponse, status: number, statusText: string, fields: string[]): void {
  out.strictContentLength = true
  if (statusText === '') out.writeHead(status, fields)
  else out.writeHead(status, statusText, fields)
}

// A body that was whole from the beginning comes whole before the next turn of the loop: then its length is told, as it
// is where the platform lets us see what the body was made of. Node 26 does not.
function* sendStream(
  out: ServerResponse,
  body: ReadableStream<Uint8Array>,
  head: (length?: number) => void,
  bodiless: boolean,
  trailers: Trailers | undefined,
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
      head(first!.value?.byteLength ?? 0)
      if (trailers === undefined) out.end(bodiless ? undefined : first!.value)
      else {
        if (first!.value !== undefined) out.write(first!.value)
        endWith(out, trailers)
      }
      return
    }
    head()
    if (bodiless) {
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
    endWith(out, trailers)
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

function notAResponse(value: unknown): TypeError {
  const hint =
    value === undefined
      ? 'did you forget `return`?'
      : typeof value === 'string'
        ? `write new Response(${show(value)})`
        : 'write new Response(body), or Response.json(value)'
  return misuse(new TypeError(`a handler of HTTPServer has to return a Response, got ${show(value)}; ${hint}`))
}
