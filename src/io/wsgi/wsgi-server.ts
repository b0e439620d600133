import { misuse } from '../../scheduler/errors.js'
import { show } from '../../scheduler/show.js'
import type { Address } from '../address.js'
import type { Exchange } from '../http/exchange.js'
import { HTTPBaseServer } from '../http/http-base-server.js'
import { InputStream } from '../http/input-stream.js'
import { MessageBody } from '../http/message-body.js'
import type { HTTPOptions } from '../http/options.js'
import type { WSGIApp } from './application.js'
import { makeEnviron, type EnvironBase } from './environ.js'
import { ErrorStream } from './error-stream.js'
import { respond } from './gateway.js'

/** What {@link WSGIServer} takes. */
export interface WSGIServerOptions extends HTTPOptions {
  /** Variables that every application finds in its environ, in addition or in place of others. */
  environ?: Record<string, unknown>
  /** Where applications write errors: stderr unless given. */
  errors?: ErrorStream
  /** Whether what may be secret is hidden where an environ is shown, in error reports, say: it is unless given. */
  secureEnviron?: boolean
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
  constructor(options: WSGIServerOptions | Address, app: WSGIApp) {
    super(options)
    if (typeof app !== 'function') throw notAnApp(app)
    const {
      environ = {},
      errors = new ErrorStream(),
      secureEnviron = true,
    }: WSGIServerOptions = typeof options === 'object' ? options : {}
    this.app = app
    this.base = { more: environ, errors, secure: secureEnviron }
  }

  protected respond({ request, response }: Exchange): unknown {
    const input = new InputStream(new MessageBody(request))
    return respond(this.app, makeEnviron(request, input, this.base), response)
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
  return new WSGIServer({ ...options, ...(host === '' ? {} : { host }), port }, app)
}

function notAnApp(value: unknown): TypeError {
  return misuse(
    new TypeError(
      `new WSGIServer(options, app): expected a function, got ${show(value)}; ` +
        'write new WSGIServer(options, function* (environ, startResponse) { … })',
    ),
  )
}
