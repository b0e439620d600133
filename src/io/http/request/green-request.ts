import type { IncomingMessage } from 'node:http'
import { call } from '../../../scheduler/greenlets/call.js'
import { misuse } from '../../../scheduler/checks/errors.js'
import type { Coroutine } from '../../../scheduler/kernel/frames.js'
import { Operation } from '../../../scheduler/kernel/operation.js'
import type { WaitOptions } from '../../../scheduler/kernel/wait-options.js'
import { until } from '../../../scheduler/kernel/until.js'
import type { RequestGreenlet } from '../request-greenlet.js'
import { noteBroken } from '../../net/socket-transport.js'
import { MessageBody } from './message-body.js'
import { urlOf } from './request-url.js'

/** Reads a body: `yield*` it in a greenlet, or use it as the platform's promise. */
export type BodyOperation<T> = Operation<T> & Promise<T>

// By way of a method: before version 5.7 of TypeScript `Uint8Array` takes no parameter.
type Bytes = ReturnType<Uint8ArrayConstructor['of']>

/**
 * The request that a handler of `HTTPServer` gets: the platform's `Request`, whose body can be read in
 * greenlets too. It passes for a `Request` wherever one is asked for, and `instanceof Request` holds.
 *
 * The body is read from the client when the handler reads it, and not faster. Cancel safety: a kill or timeout while it
 * is being read loses nothing that came; the next one who reads gets it.
 */
export interface GreenRequest extends Omit<
  Request,
  'arrayBuffer' | 'blob' | 'bytes' | 'clone' | 'formData' | 'json' | 'text'
> {
  /** The address of the client; `undefined` over a Unix socket. */
  readonly remoteAddress: string | undefined
  /** Node's object for the request, for what the platform's does not have: `httpVersion`, `trailers`, `socket`. */
  readonly node: IncomingMessage
  /** Waits for the next piece of the body; `null` at its end. */
  recv(max?: number, options?: WaitOptions): Operation<Buffer | null>
  /** Reads the body as bytes. */
  arrayBuffer(options?: WaitOptions): BodyOperation<ArrayBuffer>
  /** Reads the body into a `Blob` of the request's content type. */
  blob(options?: WaitOptions): BodyOperation<Blob>
  /** Reads the body as bytes. */
  bytes(options?: WaitOptions): BodyOperation<Bytes>
  /** Reads the body of a form. @throws TypeError when it is none; one that is not caught is answered with 400. */
  formData(options?: WaitOptions): BodyOperation<FormData>
  /** Reads the body as JSON. @throws SyntaxError when it is none; one that is not caught is answered with 400. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- as the platform types it
  json<T = any>(options?: WaitOptions): BodyOperation<T>
  /** Reads the body as UTF-8. */
  text(options?: WaitOptions): BodyOperation<string>
  /** A request of the platform's own with the same body. @throws TypeError when the body was read already. */
  clone(): Request
}

/** The state behind the getters below. */
class Internals {
  readonly body: MessageBody
  url: string | undefined
  headers: Headers | undefined
  stream: ReadableStream<Uint8Array> | undefined
  controller: AbortController | undefined
  /** The platform's own, for all that is asked for rarely. */
  full: Request | undefined

  constructor(readonly greenlet: RequestGreenlet) {
    this.body = new MessageBody(greenlet.request)
  }
}

const greenletOf = Symbol('gvent.greenlet')
const internals = Symbol('gvent.request')

type Self = GreenRequest & { readonly [greenletOf]: RequestGreenlet; [internals]: Internals | undefined }

// Made when the handler looks at its request: those that are quick often do not.
function ownOf(self: Self): Internals {
  return (self[internals] ??= new Internals(self[greenletOf]))
}

/**
 * The request of `greenlet`. Making one of the platform's takes some 10 µs, a quarter of what a whole exchange takes:
 * so nothing is made before somebody asks for it. @internal
 */
export function greenRequest(greenlet: RequestGreenlet): GreenRequest {
  return new (getConstructor())(greenlet)
}

// Made when the first request comes: looking at the global Request loads the platform's whole fetch, some 50 ms.
let constructor: (new (greenlet: RequestGreenlet) => GreenRequest) | undefined

function getConstructor(): new (greenlet: RequestGreenlet) => GreenRequest {
  if (constructor === undefined) {
    const made = function (this: Record<symbol, unknown>, greenlet: RequestGreenlet): void {
      this[greenletOf] = greenlet
      this[internals] = undefined
    }
    made.prototype = Object.create(Request.prototype, {
      ...forwarded(),
      ...Object.getOwnPropertyDescriptors(members),
    }) as object
    constructor = made as unknown as new (greenlet: RequestGreenlet) => GreenRequest
  }
  return constructor
}

// The rest of what a Request has (cache, mode, redirect, …) is asked of one of the platform's.
function forwarded(): PropertyDescriptorMap {
  const descriptors: PropertyDescriptorMap = {}
  // eslint-disable-next-line @typescript-eslint/unbound-method -- it is called on the full request
  for (const [name, { get }] of Object.entries(Object.getOwnPropertyDescriptors(Request.prototype))) {
    if (get === undefined) continue
    descriptors[name] = {
      configurable: true,
      get(this: Self): unknown {
        return get.call(fullRequest(this))
      },
    }
  }
  return descriptors
}

const members: Partial<GreenRequest> & ThisType<Self> = {
  get method() {
    return this[greenletOf].request.method!
  },
  get url() {
    const own = ownOf(this)
    return (own.url ??= new URL(urlOf(own.greenlet)).href)
  },
  get headers() {
    const own = ownOf(this)
    return (own.headers ??= makeHeaders(own.greenlet.request))
  },
  get node() {
    return this[greenletOf].request
  },
  get remoteAddress() {
    return this[greenletOf].remoteAddress
  },
  get signal() {
    const own = ownOf(this)
    return (own.controller ??= makeController(own.greenlet)).signal
  },
  get body() {
    const own = ownOf(this)
    if (!mayHaveBody(own.greenlet.request)) return null
    return (own.stream ??= makeStream(own.body)) as Request['body']
  },
  get bodyUsed() {
    return ownOf(this).body.used
  },
  recv(max, options) {
    return ownOf(this).body.recv(max, options)
  },
  arrayBuffer(options) {
    return read(this, 'arrayBuffer', (bytes) => toBytes(bytes).buffer, options)
  },
  bytes(options) {
    return read(this, 'bytes', toBytes, options)
  },
  text(options) {
    return read(this, 'text', decode, options)
  },
  json<T>(options?: WaitOptions) {
    const parse = (bytes: Buffer): T => {
      try {
        return JSON.parse(decode(bytes)) as T
      } catch (error) {
        throw malformed(this, error)
      }
    }
    return read(this, 'json', parse, options)
  },
  blob(options) {
    return read(this, 'blob', (bytes) => new Blob([toBytes(bytes)], { type: contentType(this) }), options)
  },
  formData(options) {
    const parse = (bytes: Buffer): Operation<FormData> => {
      const response = new Response(toBytes(bytes), { headers: { 'content-type': contentType(this) } })
      // eslint-disable-next-line @typescript-eslint/no-deprecated -- its memory is bounded by the limit of bodies
      const form = response.formData().catch((error: unknown) => {
        throw malformed(this, error)
      })
      return until(form)
    }
    return read(this, 'formData', parse, options)
  },
  clone() {
    return fullRequest(this).clone()
  },
}

function fullRequest(request: Self): Request {
  const own = ownOf(request)
  const { method, url, headers, body, signal } = request
  return (own.full ??= new Request(url, { method, headers, body, signal, duplex: 'half' }))
}

/** Reads the whole body, once, and makes something of it. */
function read<T>(
  request: GreenRequest,
  name: string,
  convert: (bytes: Buffer) => T | Operation<T>,
  options: WaitOptions | undefined,
): BodyOperation<T> {
  const { body } = ownOf(request as Self)
  const reading = body.readAll(options)
  const readBody = function* (): Coroutine<T> {
    if (body.consumed) throw consumedTwice(body, name)
    const bytes = yield* reading
    body.consumed = true
    const converted = convert(bytes)
    return converted instanceof Operation ? yield* converted : converted
  }
  Object.defineProperty(readBody, 'name', { value: `${name}() of ${body.toString()}` })
  return call(readBody)
}

/** Notes that the client has sent what makes no sense: a handler that does not catch the error is answered with 400. */
function malformed(request: Self, error: unknown): unknown {
  request[greenletOf].malformed = error
  return error
}

function consumedTwice(body: MessageBody, name: string): TypeError {
  return misuse(
    new TypeError(`${name}(): ${body.toString()} was already read, and can be read only once; keep the result`),
  )
}

function makeHeaders({ rawHeaders }: IncomingMessage): Headers {
  const headers = new Headers()
  for (let index = 0; index < rawHeaders.length; index += 2) headers.append(rawHeaders[index]!, rawHeaders[index + 1]!)
  return headers
}

function makeController({ response, connection }: RequestGreenlet): AbortController {
  const controller = new AbortController()
  const closed = (): void => {
    if (response.writableEnded) return
    const reason = new DOMException('the client has left', 'AbortError')
    noteBroken(connection.node, reason)
    controller.abort(reason)
  }
  if (response.destroyed) closed()
  else response.once('close', closed)
  return controller
}

function mayHaveBody({ headers, method }: IncomingMessage): boolean {
  if (method === 'GET' || method === 'HEAD') return false
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
}

function makeStream(body: MessageBody): ReadableStream<Uint8Array> {
  return new ReadableStream(
    {
      type: 'bytes',
      async pull(controller) {
        const chunk = await body.recv()
        if (chunk !== null) controller.enqueue(new Uint8Array(chunk))
        else {
          controller.close()
          controller.byobRequest?.respond(0)
        }
      },
    },
    { highWaterMark: 0 },
  )
}

const decoder = new TextDecoder()

function decode(bytes: Buffer): string {
  return decoder.decode(bytes)
}

// Small buffers share their memory with others.
function toBytes(bytes: Buffer): Bytes {
  return new Uint8Array(bytes)
}

function contentType({ headers }: GreenRequest): string {
  return headers.get('content-type') ?? ''
}
