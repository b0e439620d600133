import { STATUS_CODES, type IncomingMessage, type ServerResponse } from 'node:http'
import { outOfRange } from '../../scheduler/checks/bad-argument.js'
import { misuse } from '../../scheduler/checks/errors.js'
import { isCoroutine, isWaitable, type Coroutine } from '../../scheduler/kernel/frames.js'
import { Operation } from '../../scheduler/kernel/operation.js'
import { show } from '../../scheduler/checks/show.js'
import { promisedByHandler } from './request-greenlet.js'
import { writeTo } from '../node/process/standard-output.js'
import { InputStream } from './request/input-stream.js'
import { MessageBody } from './request/message-body.js'
import { printable } from './printable.js'
import { isContentLength, isHopByHop, parseLength } from './response/fields.js'
import { Drain } from './response/response-waits.js'

/**
 * Python's `BaseHTTPRequestHandler`: a class with a method for each method of HTTP, of which an `HTTPServer` makes an
 * object for each request.
 *
 * ```ts
 * class Hello extends HTTPRequestHandler {
 *   *doGET() {
 *     this.sendResponse(200)
 *     this.sendHeader('Content-Type', 'text/plain')
 *     this.endHeaders()
 *     yield* this.wfile.write('Hello world!\n')
 *   }
 * }
 * new HTTPServer({ host: '127.0.0.1', port: 8181 }, Hello)
 * ```
 *
 * A method that it lacks is answered with 501. Unlike Python's it keeps connections open: a body whose length it does
 * not tell goes out in chunks. (Python: `http.server`.)
 */
export class HTTPRequestHandler {
  /** The method: `'GET'`. */
  readonly command: string
  /** The path, with its query: `'/test.png?size=2'`. */
  readonly path: string
  /** `'HTTP/1.1'`. */
  readonly requestVersion: string
  /** The first line of the request. */
  readonly requestLine: string
  /** Host and port of the client; empty over a Unix socket. */
  readonly clientAddress: readonly [host: string, port: number] | readonly []
  /** The headers of the request. */
  readonly headers: Headers
  /** The body of the request. */
  readonly rfile: InputStream
  /** Takes the body of the response. */
  readonly wfile: OutputStream
  /** The header `Server`. */
  serverVersion = 'gvent'

  /** Made by the server for each request. */
  constructor(
    protected readonly request: IncomingMessage,
    protected readonly response: ServerResponse,
  ) {
    const { method, url, httpVersion, socket, rawHeaders } = request
    this.command = method!
    this.path = url!
    this.requestVersion = `HTTP/${httpVersion}`
    this.requestLine = `${this.command} ${this.path} ${this.requestVersion}`
    const { remoteAddress, remotePort } = socket
    this.clientAddress = remoteAddress === undefined ? [] : [remoteAddress, remotePort!]
    this.headers = new Headers()
    for (let index = 0; index < rawHeaders.length; index += 2) {
      this.headers.append(rawHeaders[index]!, rawHeaders[index + 1]!)
    }
    this.rfile = new InputStream(new MessageBody(request))
    this.wfile = new OutputStream(response)
  }

  /** Answers the request by calling the method for it. */
  *handle(): Coroutine<void> {
    const method = (this as unknown as Record<string, unknown>)[`do${this.command}`]
    if (typeof method === 'function') {
      const result: unknown = method.call(this)
      if (isCoroutine(result)) yield* result
      else if (isWaitable(result)) yield promisedByHandler(result as PromiseLike<unknown>)
    } else this.sendError(501, `Unsupported method (${JSON.stringify(this.command)})`)
    this.finish()
  }

  /**
   * Begins a response, and logs the request.
   *
   * @param status from 200 to 599.
   * @param message its name, in place of the usual one.
   */
  sendResponse(status: number, message?: string): void {
    const { response } = this
    if (!Number.isInteger(status) || status < 200 || status > 599) {
      throw outOfRange('sendResponse(status)', 'a status from 200 to 599', status)
    }
    this.logRequest(status)
    response.statusCode = status
    response.statusMessage = message ?? STATUS_CODES[status] ?? ''
    response.setHeader('Server', this.serverVersion)
    this.begun = true
  }

  /**
   * Adds a header to the response. The same name again adds another one. `Connection: close` closes the connection after the
   * response.
   *
   * @throws TypeError for a name or value that no header can have, such as one with a line break in it; for another header
   *   about the connection, which is the server's; for a second `Content-Length`, or one that is no number.
   */
  sendHeader(name: string, value: string | number): void {
    if (!this.begun) throw tooEarly('sendHeader', 'this.sendResponse(200)')
    const text = String(value)
    if (name.toLowerCase() === 'connection' && text.toLowerCase() === 'close') this.response.shouldKeepAlive = false
    else {
      const isOwn = !isHopByHop(name) && (!isContentLength(name) || this.isNewLength(name, text))
      if (!isOwn) throw misuse(new TypeError(`sendHeader: ${name}: ${show(value)} cannot be sent; leave it out`))
      this.response.appendHeader(name, text)
    }
  }

  /** Ends the headers and sends them: what follows is the body. */
  endHeaders(): void {
    if (!this.begun) throw tooEarly('endHeaders', 'this.sendResponse(200)')
    this.response.strictContentLength = true
    this.response.writeHead(this.response.statusCode)
    this.response.flushHeaders()
  }

  /**
   * Answers with a page that tells of an error, and closes the connection after that.
   *
   * @param status from 400 to 599.
   * @param message in place of its usual name.
   * @param explain more about it, for the page.
   */
  sendError(status: number, message?: string, explain?: string): void {
    const title = message ?? STATUS_CODES[status] ?? ''
    this.logError(`code ${status}, message ${title}`)
    this.sendResponse(status, STATUS_CODES[status])
    this.response.shouldKeepAlive = false
    const lines = [`<h1>${status} ${escape(title)}</h1>`]
    if (explain !== undefined) lines.push(`<p>${escape(explain)}</p>`)
    const page = `<!DOCTYPE html>\n<meta charset="utf-8">\n<title>${status}</title>\n${lines.join('\n')}\n`
    this.sendHeader('Content-Type', 'text/html; charset=utf-8')
    this.sendHeader('Content-Length', Buffer.byteLength(page))
    this.endHeaders()
    this.response.end(this.command === 'HEAD' ? undefined : page)
  }

  /** Logs a request that is being answered. */
  logRequest(status: number | string = '-', size: number | string = '-'): void {
    this.logMessage(`"${this.requestLine}" ${status} ${size}`)
  }

  /** Logs an error. */
  logError(message: string): void {
    this.logMessage(message)
  }

  /** Writes a line of the log, to stderr. Override it to log elsewhere, or nowhere. */
  logMessage(message: string): void {
    const client = this.clientAddress[0] ?? '-'
    writeTo('stderr', `${client} - - [${new Date().toISOString()}] ${printable(message)}\n`)
  }

  private begun = false

  private isNewLength(name: string, value: string): boolean {
    return parseLength(value) !== undefined && !this.response.hasHeader(name)
  }

  private finish(): void {
    const { response } = this
    if (response.writableEnded) return
    if (!this.begun) throw new Error(`do${this.command}() ended without an answer; write this.sendResponse(200)`)
    response.end()
  }
}

/** Takes the body of a response of {@link HTTPRequestHandler}. */
export class OutputStream {
  /** @internal */
  constructor(private readonly response: ServerResponse) {}

  /**
   * Sends `data`, at once.
   *
   * @param data text (UTF-8) or bytes.
   * @returns an operation that waits until the client has taken enough for more to be sent: wait for it, or the data
   *   of a slow client pile up.
   * @throws TypeError before `endHeaders()`. Cancel safety: it is still sent.
   */
  write(data: string | Uint8Array): Operation<void> {
    if (!this.response.headersSent) throw tooEarly('wfile.write', 'this.endHeaders()')
    this.response.write(data)
    return new Drain(this.response)
  }
}

function tooEarly(method: string, before: string): TypeError {
  return misuse(new TypeError(`${method}: nothing was answered yet; write ${before} before it`))
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
