import { checkOptions, type OptionNames } from '../../scheduler/checks/check-options.js'
import type { Listener } from '../net/listening/listener.js'
import type { IncomingMessage } from 'node:http'
import type { Address } from '../net/address.js'
import type { RequestGreenlet } from '../http/request-greenlet.js'
import { HTTPBaseServer } from '../http/http-base-server.js'
import { InputStream } from '../http/request/input-stream.js'
import { MessageBody } from '../http/request/message-body.js'
import { httpOptionNames, type HTTPOptions } from '../http/options.js'
import type { Socket } from '../net/socket.js'
import { checkApp, type WSGIApp } from './application.js'
import { makeEnviron, type Environ, type EnvironBase } from './environ.js'
import { ErrorStream } from './error-stream.js'
import { respond } from './gateway.js'

/** Options of {@link WSGIServer}. */
export interface WSGIServerOptions extends HTTPOptions {
  /** Variables that every application finds in its environ, in addition or in place of others. */
  environ?: Record<string, unknown> | undefined
  /** Takes the errors that applications write: stderr unless given. */
  errors?: ErrorStream | undefined
  /** Whether what may be secret is hidden where an environ is shown, in error reports, say: it is unless given. */
  secureEnviron?: boolean | undefined
  /**
   * Takes over the connection of a request with `Upgrade`: for WebSockets, say. It gets the environ of the request, which
   * was not answered and has no body, and the raw green socket, which is closed when it has ended. Without it such requests
   * go to the application.
   */
  upgrade?: ((environ: Environ, socket: Socket) => unknown) | undefined
}

const wsgiServerOptionNames: OptionNames = {
  ...httpOptionNames,
  own: [...httpOptionNames.own, 'environ', 'errors', 'secureEnviron', 'upgrade'],
}

/**
 * A server for WSGI applications, PEP 3333 in TypeScript: between it and its clients there is HTTP, between it and the
 * application a function call.
 *
 * ```ts
 * const server = new WSGIServer({ port: 8000 }, function* (environ, startResponse) {
 *   startResponse('200 OK', [['Content-Type', 'text/plain']])
 *   yield 'Hello world!\n'
 * })
 * await run(() => server.serveForever())
 * ```
 *
 * Each request has a greenlet of its own, in which the body of the application is run: `yield chunk` sends, and goes on
 * when the client has taken enough; `yield* operation` waits. An application may also return an iterable, or an async
 * iterable. A client that leaves kills its greenlet. An application that fails is reported, and its client gets 500, or
 * a connection that breaks off when the response has begun. (gevent: `gevent.pywsgi.WSGIServer`.)
 */
export class WSGIServer extends HTTPBaseServer {
  /** The application. */
  readonly app: WSGIApp
  private readonly base: EnvironBase

  /**
   * @param options where to listen, and the limits; in short a port, `'host:port'`, or the path of a Unix socket.
   * @param app the application.
   */
  constructor(options: WSGIServerOptions | Listener | Address, app: WSGIApp) {
    const { upgrade }: WSGIServerOptions = typeof options === 'object' ? (options as WSGIServerOptions) : {}
    super(options, upgrade && ((request, socket) => upgrade(this.environOf(request), socket)))
    checkApp(app, 'new WSGIServer(options, app)')
    const {
      environ = {},
      errors = new ErrorStream(),
      secureEnviron = true,
    }: WSGIServerOptions = typeof options === 'object' ? (options as WSGIServerOptions) : {}
    this.app = app
    this.base = { more: environ, errors, secure: secureEnviron }
  }

  /** @internal */
  protected override get optionNames(): OptionNames {
    return wsgiServerOptionNames
  }

  protected respond({ request, response }: RequestGreenlet): unknown {
    return respond(this.app, this.environOf(request), response)
  }

  private environOf(request: IncomingMessage): Environ {
    return makeEnviron(request, new InputStream(new MessageBody(request)), this.base)
  }
}

/**
 * A {@link WSGIServer}, as Python's `wsgiref.simple_server.make_server` makes one.
 *
 * ```ts
 * const server = makeServer('', 8000, app)
 * await run(() => server.serveForever())
 * ```
 *
 * @param host the address to listen at; empty for all.
 * @param port 0 for one that is free.
 */
export function makeServer(host: string, port: number, app: WSGIApp, options: WSGIServerOptions = {}): WSGIServer {
  checkOptions(options, wsgiServerOptionNames)
  return new WSGIServer({ ...options, ...(host === '' ? {} : { host }), port }, app)
}
