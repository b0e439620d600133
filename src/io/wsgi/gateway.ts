import type { ServerResponse } from 'node:http'
import type { Coroutine } from '../../scheduler/kernel/frames.js'
import type { Operation } from '../../scheduler/kernel/operation.js'
import { show } from '../../scheduler/checks/show.js'
import { Drain } from '../http/response/response-waits.js'
import { GatewayError, type Chunk, type HeaderList, type Write, type WSGIApp } from './application.js'
import { asData } from '../net/check-data.js'
import { bodyOf, drive, isChunk } from './body.js'
import type { Environ } from './environ.js'
import { checkHead, type Head } from './head.js'

/**
 * Has `app` answer a request on `response`. @throws what the application raises, GatewayError when it breaks a rule.
 * @internal
 */
export function* respond(app: WSGIApp, environ: Environ, response: ServerResponse): Coroutine<void> {
  const gateway = new Gateway(environ.REQUEST_METHOD, response)
  const result: unknown = app(environ, gateway.startResponse)
  // An empty body is known to be empty, and one that is there as a whole has a length.
  if (Array.isArray(result) && result.every(isChunk)) gateway.expect(result)
  else if (isChunk(result)) gateway.expect([result])
  try {
    yield* drive(bodyOf(result), gateway.take, gateway.flush)
    gateway.end()
  } catch (error) {
    gateway.flush()
    throw error
  }
}

/** The server's side of one response. */
class Gateway {
  private head: Head | undefined
  /** The length of the body, if that is known when its head goes out. */
  private length: number | undefined
  private size = 0
  private bodiless = false
  /** The first chunk, which goes out together with the end if that comes before anybody waits. */
  private held: Chunk | undefined

  constructor(
    private readonly method: string,
    private readonly response: ServerResponse,
  ) {}

  readonly startResponse = (status: string, headers: HeaderList, exception?: unknown): Write => {
    if (exception !== undefined && exception !== null) {
      this.flush()
      if (this.response.headersSent) throw Array.isArray(exception) ? exception[1] : exception
    } else if (this.head !== undefined) {
      throw new GatewayError(
        `startResponse(${JSON.stringify(status)}): it was already called; only an error is a reason to call it again: ` +
          'startResponse(status, headers, error)',
      )
    }
    this.head = checkHead(status, headers)
    return this.write
  }

  /** The whole body is known. */
  expect(chunks: readonly Chunk[]): void {
    this.length = chunks.reduce((size, chunk) => size + Buffer.byteLength(chunk), this.size)
  }

  readonly take = (chunk: Chunk): Coroutine<void> | undefined => {
    if (chunk.length > 0 && this.held === undefined && !this.response.headersSent) {
      this.check(chunk)
      this.held = chunk
      return undefined
    }
    if (this.send(chunk)) return undefined
    return waitFor(new Drain(this.response))
  }

  /** Sends what is held, because its end is not to be waited for. */
  readonly flush = (): void => {
    const { head, response } = this
    const held = this.release()
    if (held === undefined || response.headersSent || response.destroyed) return
    this.sendHead(head!)
    if (!this.bodiless) response.write(held)
  }

  end(): void {
    if (this.head === undefined) throw new GatewayError('the application ended without calling startResponse')
    const { head, response, size } = this
    if (response.destroyed) return
    const { contentLength } = head
    if (!hasNoBody(head)) this.checkWhole(contentLength, size)
    if (this.held !== undefined && (contentLength ?? this.length) !== undefined) {
      const held = this.release()
      this.sendHead(head)
      if (this.bodiless) response.end()
      else response.end(held)
      return
    }
    this.flush()
    if (!response.headersSent) {
      // What GET would get is unknown.
      if (this.method !== 'HEAD') this.length ??= 0
      this.sendHead(head)
    }
    response.end()
  }

  private readonly write: Write = (data) => {
    if (!isChunk(data))
      throw new GatewayError(`write(data): expected a string or bytes, got ${show(data)}; write ${asData(data)}`)
    this.send(data)
    return new Drain(this.response)
  }

  /** @returns whether there is room for more. */
  private send(chunk: Chunk): boolean {
    const { response } = this
    this.flush()
    if (chunk.length === 0) return true
    this.check(chunk)
    if (!response.headersSent) {
      this.held = chunk
      this.flush()
      return !response.writableNeedDrain
    }
    return this.bodiless || response.write(chunk)
  }

  private check(chunk: Chunk): void {
    const { head, response } = this
    if (head === undefined)
      throw new GatewayError('the application produced part of its body before it called startResponse')
    if (!response.headersSent && hasNoBody(head))
      throw new GatewayError(`a response with status ${head.status} has no body`)
    this.checkSize(head, typeof chunk === 'string' ? Buffer.byteLength(chunk) : chunk.length)
  }

  private release(): Chunk | undefined {
    const { head, held } = this
    this.held = undefined
    // Node would send a text in one piece with the head, as UTF-8.
    return head?.isASCII === false && typeof held === 'string' ? Buffer.from(held) : held
  }

  private checkSize({ contentLength }: Head, size: number): void {
    this.size += size
    if (contentLength === undefined || this.size <= contentLength || this.method === 'HEAD') return
    throw new GatewayError(
      `the application announced ${contentLength} bytes of body, and gave ${this.size}: the length of a text is ` +
        'Buffer.byteLength(text)',
    )
  }

  private checkWhole(contentLength: number | undefined, size: number): void {
    if (contentLength === undefined || contentLength === size || this.method === 'HEAD') return
    throw new GatewayError(`the application announced ${contentLength} bytes of body, and gave ${size}`)
  }

  private sendHead({ status, reason, fields, contentLength }: Head): void {
    const { response, length } = this
    if (length !== undefined) this.checkWhole(contentLength, length)
    this.bodiless = this.method === 'HEAD'
    const isOpen = contentLength === undefined && length !== undefined && status !== 204 && status !== 304
    const sent = isOpen ? [...fields, 'Content-Length', String(length)] : fields
    // What Express has set in front of a mounted application goes out, too, which Node sees to for lists of its own.
    if (response.getHeaderNames().length > 0) {
      for (let index = 0; index < sent.length; index += 2) response.appendHeader(sent[index]!, sent[index + 1]!)
      response.writeHead(status, reason)
    } else response.writeHead(status, reason, sent)
  }
}

function hasNoBody({ status }: Head): boolean {
  return status === 204 || status === 304
}

function* waitFor(operation: Operation<void>): Coroutine<void> {
  yield* operation
}
