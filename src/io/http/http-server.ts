import type { OptionNames } from '../../scheduler/checks/check-options.js'
import type { Listener } from '../net/listening/listener.js'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { badArgument } from '../../scheduler/checks/bad-argument.js'
import { misuse } from '../../scheduler/checks/errors.js'
import { isCoroutine, isWaitable, type Coroutine } from '../../scheduler/kernel/frames.js'
import type { Address } from '../net/address.js'
import { promisedByHandler, type RequestGreenlet } from './request-greenlet.js'
import { greenRequest, type GreenRequest } from './request/green-request.js'
import { hasURL } from './request/request-url.js'
import { pointAtCode } from '../../scheduler/stacks/advice/code-line.js'
import { HTTPBaseServer, type UpgradeHandler } from './http-base-server.js'
import { httpOptionNames, type HTTPOptions } from './options.js'
import { refuse } from './response/status-reply.js'
import { HTTPRequestHandler } from './request-handler.js'
import { isResponse } from './response/lazy-response.js'
import { respondWith } from './response/respond.js'
import { Ended } from './response/response-waits.js'

/** Answers a request in the platform's terms: gets a `Request`, and gives a `Response`. */
export type WebHandler = (request: GreenRequest) => Coroutine<Response> | PromiseLike<Response> | Response

/** Answers a request in Node's terms; Express and Koa applications do. */
export type NodeHandler = (request: IncomingMessage, response: ServerResponse) => unknown

/**
 * Gives the parameters of a handler their types: the compiler does that once, by the first overload. A function with
 * two parameters finds one signature here that has as many; for one with a single parameter the two signatures
 * contradict each other, and `WebHandler` beside it is left. No function is of this type.
 */
export interface NodeContext {
  (request: IncomingMessage, response: ServerResponse): unknown
  // eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- being generic is the contradiction
  <T>(request: T): unknown
}

/** Options of {@link HTTPServer}. */
export interface HTTPServerOptions extends HTTPOptions {
  /**
   * In which terms the handler speaks. Unless given, a function with two parameters or more speaks Node's, one with
   * fewer the platform's.
   */
  api?: 'web' | 'node' | undefined
  /**
   * Takes over the connection of a request with `Upgrade`: for WebSockets, say. It gets Node's request, which was not
   * answered, and the raw green socket, which is closed when it has ended; for a package that reads from Node's
   * sockets, as `ws` does, `socket.detach()` gives that. Without it such requests are handled as others are.
   */
  upgrade?: UpgradeHandler | undefined
}

const httpServerOptionNames: OptionNames = { ...httpOptionNames, own: [...httpOptionNames.own, 'api', 'upgrade'] }

/**
 * An HTTP server that runs a greenlet for each request, over TCP, TLS or a Unix socket. The handler comes in three
 * kinds: in the platform's terms, in Node's, and as Python's `BaseHTTPRequestHandler`.
 *
 * ```ts
 * const server = new HTTPServer({ port: 8080 }, function* (request) {
 *   const name = yield* request.text()
 *   return new Response(`Hello ${name}!\n`)
 * })
 * await run(() => server.serveForever())
 * ```
 *
 * ```ts
 * new HTTPServer({ port: 8080 }, function* (request, response) {
 *   yield* sleep(100)
 *   response.end('Hello world!\n')
 * })
 * ```
 *
 * A response whose body is a stream is sent as fast as the client takes it. A handler that fails is reported, and its
 * client gets 500, or a connection that breaks off when the response has begun. A handler whose client leaves is
 * killed, so that its cleanup runs; but for an async function, which goes on: `killOnDisconnect` of
 * `gvent/async/runtime` kills those that are compiled. A request of Node's is over when its handler has returned and
 * its response has ended.
 *
 * What clients may do is limited, see {@link HTTPOptions}. `stop()` closes connections on which nothing goes on, sends
 * `Connection: close` on the others, waits for `timeout`, and then kills the handlers and closes what is left.
 *
 * Requests are parsed by Node's own HTTP server. After what cannot be parsed the connection is closed.
 */
export class HTTPServer extends HTTPBaseServer {
  private readonly answer: (greenlet: RequestGreenlet) => unknown

  /**
   * @param options where to listen, with TLS or without, and the limits; in short a port, `'host:port'`, or the path of
   *   a Unix socket.
   * @param handler what answers a request.
   */
  /* eslint-disable @typescript-eslint/unified-signatures -- united they would give a handler's parameters no types */
  constructor(options: HTTPServerOptions | Listener | Address, handler: WebHandler | NodeContext)
  constructor(options: HTTPServerOptions | Listener | Address, handler: (request: Request) => ReturnType<WebHandler>)
  constructor(options: HTTPServerOptions | Listener | Address, handler: NodeHandler)
  constructor(options: HTTPServerOptions | Listener | Address, handler: typeof HTTPRequestHandler)
  /* eslint-enable @typescript-eslint/unified-signatures */
  constructor(options: HTTPServerOptions | Listener | Address, handler: unknown) {
    const { api, upgrade }: HTTPServerOptions = typeof options === 'object' ? (options as HTTPServerOptions) : {}
    super(options, upgrade)
    if (typeof handler !== 'function')
      throw badArgument(
        'new HTTPServer(options, handler)',
        'a function',
        handler,
        'write new HTTPServer(options, function* (request) { return new Response(…) })',
      )
    if (api !== undefined && api !== 'web' && api !== 'node')
      throw badArgument('new HTTPServer({ api })', "'web' or 'node'", api)
    if (isHandlerClass(handler)) this.answer = (greenlet) => new handler(greenlet.request, greenlet.response).handle()
    else if (api === 'node' || (api === undefined && handler.length >= 2))
      this.answer = nodeHandler(handler as NodeHandler)
    else this.answer = fetchHandler(handler as WebHandler)
  }

  /** @internal */
  protected override get optionNames(): OptionNames {
    return httpServerOptionNames
  }

  protected respond(greenlet: RequestGreenlet): unknown {
    return this.answer(greenlet)
  }
}

function fetchHandler(handler: WebHandler): (greenlet: RequestGreenlet) => unknown {
  return (greenlet) => {
    if (hasURL(greenlet)) return respondWith(greenlet, handler(greenRequest(greenlet)), handler)
    refuse(greenlet.response, 400)
    return undefined
  }
}

function nodeHandler(handler: NodeHandler): (greenlet: RequestGreenlet) => unknown {
  return ({ request, response }) => {
    const result = handler(request, response)
    if (isCoroutine(result) || isWaitable(result)) return untilEnded(result, request, response, handler)
    checkResult(result, handler)
    return response.writableEnded ? undefined : new Ended(response)
  }
}

function* untilEnded(
  result: unknown,
  request: IncomingMessage,
  response: ServerResponse,
  handler: object,
): Coroutine<void> {
  checkResult(isCoroutine(result) ? yield* result : yield promisedByHandler(result as PromiseLike<unknown>), handler)
  if (response.writableEnded) return
  if (isCoroutine(result) && isUntouched(request, response)) throw pointAtCode(unanswered(), handler)
  yield* new Ended(response)
}

// A handler that has set a header, listens or pipes may answer later. Node's server itself listens for the end of the
// response.
function isUntouched(request: IncomingMessage, response: ServerResponse): boolean {
  if (response.destroyed || response.headersSent || response.getHeaderNames().length > 0) return false
  const isListenedTo = response.listenerCount('finish') > 1 || response.eventNames().some((name) => name !== 'finish')
  return !isListenedTo && request.eventNames().length === 0
}

function checkResult(result: unknown, handler: object): void {
  if (isResponse(result)) throw pointAtCode(answeredByResponse(), handler)
}

function answeredByResponse(): TypeError {
  return misuse(
    new TypeError(
      'a handler of HTTPServer with two parameters must answer with the second, response.end(…); to return a Response, ' +
        "take one parameter, or write new HTTPServer({ …, api: 'web' }, handler)",
    ),
  )
}

function unanswered(): TypeError {
  return misuse(
    new TypeError(
      'a handler of HTTPServer ended without an answer; write response.end(…), or return a Response from a function of ' +
        'one parameter. One that answers later, from a callback, has to be a plain function',
    ),
  )
}

function isHandlerClass(handler: unknown): handler is typeof HTTPRequestHandler {
  const { prototype } = handler as { prototype?: unknown }
  return prototype === HTTPRequestHandler.prototype || prototype instanceof HTTPRequestHandler
}
