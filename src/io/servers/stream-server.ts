import { badArgument } from '../../scheduler/checks/bad-argument.js'
import type { Greenlet } from '../../scheduler/greenlets/greenlet.js'
import type { Operation } from '../../scheduler/kernel/operation.js'
import type { Address } from '../net/address.js'
import { Handler } from './handler-list.js'
import { ConnectionServer, type ServerOptions } from './connection-server.js'
import type { Listener } from '../net/listening/listener.js'
import type { Socket } from '../net/socket.js'

/** Handles a connection of a {@link StreamServer}: a generator function, a green function or a plain function. */
export type ConnectionHandler = (socket: Socket) => unknown

/**
 * A server that runs a greenlet for each connection, over TCP, TLS or a Unix socket.
 *
 * ```ts
 * const server = new StreamServer({ port: 6000 }, function* echo(socket) {
 *   for (let chunk = yield* socket.recv(); chunk !== null; chunk = yield* socket.recv()) yield* socket.sendAll(chunk)
 * })
 * await run(() => server.serveForever())
 * ```
 *
 * The connection is closed when its handler has ended, in whatever way. A handler that ends with an error is reported,
 * and the server goes on; but not if the error is that the other side broke this very connection off: such ends are
 * counted in `stats().disconnected`. (gevent: `gevent.server.StreamServer`.)
 */
export class StreamServer extends ConnectionServer {
  private readonly handler: ConnectionHandler

  /**
   * @param options where to listen, with TLS or without, and how many handlers run; in short a port, `'host:port'`,
   *   the path of a Unix socket, or a listener.
   * @param handler what is done with each connection.
   */
  constructor(options: ServerOptions | Listener | Address, handler: ConnectionHandler) {
    super(options)
    if (typeof handler !== 'function') {
      throw badArgument(
        'new StreamServer(options, handler)',
        'a function',
        handler,
        'write new StreamServer(options, function* (socket) { … })',
      )
    }
    this.handler = handler
  }

  protected connected(socket: Socket): Operation<unknown> {
    return this.startHandler(new Connection(this.handler, socket))
  }

  protected override handlerEnded(handler: Greenlet): void {
    const { socket } = handler as Connection
    if (socket.isBrokenBy(handler.error)) this.excuse(handler)
    super.handlerEnded(handler)
    socket[Symbol.dispose]()
  }
}

/** The greenlet of a connection. */
class Connection extends Handler {
  constructor(
    handler: ConnectionHandler,
    readonly socket: Socket,
  ) {
    super(handler, socket)
  }
}
