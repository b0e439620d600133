import { badArgument } from '../../scheduler/checks/bad-argument.js'
import { IncomingMessage, ServerResponse } from 'node:http'
import { Duplex } from 'node:stream'
import type { Coroutine } from '../../scheduler/kernel/frames.js'
import { Queue } from '../../scheduler/queues/queue.js'
import { isWaitable } from '../../scheduler/kernel/frames.js'
import { spawn } from '../../scheduler/greenlets/spawn.js'
import type { WSGIApp } from './application.js'
import type { Environ } from './environ.js'

/** Answers a request in Node's terms: the `app` of Express, the `app.callback()` of Koa, any `(req, res)`. */
export type NodeApp = (request: IncomingMessage, response: ServerResponse) => unknown

/**
 * Makes what Node's server takes into a WSGI application: applications of Express and of Koa run unchanged under
 * {@link WSGIServer} and behind its middleware.
 *
 * ```ts
 * new WSGIServer({ port: 8000 }, gzip()(fromNode(express().get('/', (req, res) => res.send('hello')))))
 * ```
 *
 * It gets a request and a response of Node's own classes, on a connection that leads to the gateway. A response waits
 * for its client, as it would on a real one: `write` gives `false`, `'drain'` follows. When the client leaves,
 * the response and the connection emit `'close'`.
 */
export function fromNode(app: NodeApp): WSGIApp {
  if (typeof app !== 'function') throw badArgument('fromNode(app)', 'a function', app, 'write fromNode(express())')
  return function* fromNode(environ, startResponse): Coroutine<void> {
    const line = makeConnection(environ)
    const request = makeRequest(line, environ)
    const response = makeResponse(request, line)
    response.once('finish', () => {
      response.detachSocket(line as never)
      line.put(null)
      response.emit('close')
      // As Node does for a request that has not been read: it ends, and is closed.
      if (request.readableFlowing === null) request.resume()
    })
    try {
      const result = app(request, response)
      if (isWaitable(result)) {
        // It may wait for its response to go out, so it must not be waited for before that.
        spawn(() => result).catch((error: unknown) => {
          line.put(error instanceof Error ? error : new Error(String(error)))
        })
      }
      for (let begun = false; ; begun = true) {
        const piece = yield* line.pieces.get()
        if (piece === null) return
        if (piece instanceof Error) throw piece
        yield begun ? piece.chunk : startWith(response, piece.chunk, startResponse)
        piece.taken()
      }
    } finally {
      if (!response.writableFinished) request.destroy()
      line.destroy()
    }
  }
}

/** Node writes the head of a response in front of the first part of its body. @returns that part. */
function startWith(response: ServerResponse, chunk: Buffer, startResponse: Parameters<WSGIApp>[1]): Buffer {
  const end = chunk.indexOf('\r\n\r\n')
  const [, ...lines] = chunk.toString('latin1', 0, end).split('\r\n')
  const headers = lines
    .map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)] as const)
    .filter(([name]) => !/^(connection|keep-alive|transfer-encoding|trailer|upgrade)$/i.test(name))
  startResponse(`${response.statusCode} ${response.statusMessage}`, headers)
  return chunk.subarray(end + 4)
}

/** A part of the response on its way from the application to the gateway. */
interface Piece {
  readonly chunk: Buffer
  readonly taken: () => void
}

/** Stands for the connection to the client: what is written to it goes to the gateway. */
interface GatewayConnection extends Duplex {
  readonly pieces: Queue<Piece | Error | null>
  put(piece: Piece | Error | null): void
}

type GatewayConnectionClass = new (environ: Environ) => GatewayConnection

let made: GatewayConnectionClass | undefined

/** Makes one of a class that is made with the first: its base is in a module that takes long to load. */
function makeConnection(environ: Environ): GatewayConnection {
  made ??= makeClass()
  return new made(environ)
}

function makeClass(): GatewayConnectionClass {
  return class GatewayConnection extends Duplex {
    readonly pieces = new Queue<Piece | Error | null>()
    readonly remoteAddress: string | undefined
    readonly remotePort: number | undefined
    readonly localPort: number
    readonly encrypted: boolean

    constructor(environ: Environ) {
      // The other way, the body of the request has a stream of its own.
      super({ readableHighWaterMark: 0 })
      this.remoteAddress = environ.REMOTE_ADDR
      this.remotePort = environ.REMOTE_PORT === undefined ? undefined : Number(environ.REMOTE_PORT)
      this.localPort = Number(environ.SERVER_PORT)
      this.encrypted = environ['wsgi.url_scheme'] === 'https'
    }

    put(piece: Piece | Error | null): void {
      this.pieces.putNowait(piece)
    }

    // What asks for it means the real connection, which is the server's business.
    setTimeout(): this {
      return this
    }

    setNoDelay(): this {
      return this
    }

    setKeepAlive(): this {
      return this
    }

    override _read(): void {
      // Nothing comes this way.
    }

    override _write(chunk: Buffer, _encoding: BufferEncoding, taken: () => void): void {
      this.put({ chunk, taken })
    }

    override _writev(pieces: { chunk: Buffer }[], taken: () => void): void {
      this.put({ chunk: Buffer.concat(pieces.map(({ chunk }) => chunk)), taken })
    }
  }
}

/*
 * The following make objects of Node's own classes with methods of their own, and not subclasses: Express puts another
 * prototype under each request and response.
 */

/** A request whose body comes from `wsgi.input`. */
function makeRequest(line: GatewayConnection, environ: Environ): IncomingMessage {
  const request = new IncomingMessage(line as never)
  const query = environ.QUERY_STRING === '' ? '' : `?${environ.QUERY_STRING}`
  const [major, minor] = environ.SERVER_PROTOCOL.slice('HTTP/'.length).split('.').map(Number)
  request.method = environ.REQUEST_METHOD
  request.url = `${encode(environ.PATH_INFO) || '/'}${query}`
  request.httpVersion = `${major}.${minor}`
  request.httpVersionMajor = major!
  request.httpVersionMinor = minor!
  for (const [name, value] of headersOf(environ)) {
    request.headers[name] = value
    request.rawHeaders.push(name, value)
  }
  let reading = false
  // No greenlet runs here.
  const pull = async (): Promise<void> => {
    for (let wanted = true; wanted;) {
      const chunk = await environ['wsgi.input'].recv()
      if (chunk === null) request.complete = true
      wanted = request.push(chunk) && chunk !== null
    }
    reading = false
  }
  request._read = () => {
    if (reading) return
    reading = true
    pull().catch((error: unknown) => request.destroy(error as Error))
  }
  return request
}

function* headersOf(environ: Environ): Generator<[name: string, value: string]> {
  const { CONTENT_TYPE, CONTENT_LENGTH } = environ
  if (CONTENT_TYPE !== undefined) yield ['content-type', CONTENT_TYPE]
  if (CONTENT_LENGTH !== undefined) yield ['content-length', CONTENT_LENGTH]
  for (const [key, value] of Object.entries(environ)) {
    if (key.startsWith('HTTP_')) yield [key.slice('HTTP_'.length).toLowerCase().replaceAll('_', '-'), value as string]
  }
}

/** A response that goes out as it is written: how it is framed on the wire is for the server to say. */
function makeResponse(request: IncomingMessage, line: GatewayConnection): ServerResponse {
  const response = new ServerResponse(request)
  response.shouldKeepAlive = response.useChunkedEncodingByDefault = false
  // Also not for one who asks for it.
  Object.defineProperty(response, 'chunkedEncoding', { get: () => false, set: () => undefined })
  // Otherwise a server sees to these two.
  Object.defineProperty(response, 'writableNeedDrain', { get: () => line.writableNeedDrain })
  line.on('drain', () => {
    if (!response.writableEnded) response.emit('drain')
  })
  response.assignSocket(line as never)
  // The server tells its client to go on, when the body is read; and a gateway has one response for each request.
  response.writeContinue = response.writeProcessing = response.writeEarlyHints = () => undefined
  return response
}

// Each character stands for a byte.
function encode(path: string): string {
  return path.replace(/[^\w\-.~!$&'()*+,;=:@/]/g, (character) => {
    return `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`
  })
}
