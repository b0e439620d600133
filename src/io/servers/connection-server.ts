import type { Greenlet } from '../../scheduler/greenlets/greenlet.js'
import type { Operation } from '../../scheduler/kernel/operation.js'
import { BaseServer, type BaseServerOptions, type BaseServerStats } from './base-server.js'
import { listen, type Listener, type ListenerStats, type ListenOptions } from '../net/listener.js'
import type { Socket } from '../net/socket.js'

/** Options of a server for connections: where to listen, and how many handlers run. */
export interface ServerOptions extends BaseServerOptions, ListenOptions {}

/** A snapshot of a server for connections, for monitoring and tests. */
export interface ServerStats extends BaseServerStats, ListenerStats {
  /** Handlers that have ended because the other side broke the connection off. */
  disconnected: number
}

/** The part that servers for connections share: over TCP, TLS or Unix sockets, by whatever protocol. */
export abstract class ConnectionServer extends BaseServer<Socket, ServerOptions> {
  private disconnected = 0

  /** Hands a connection to whoever handles it; otherwise as {@link BaseServer.admit}. */
  protected abstract connected(socket: Socket): Operation<unknown>

  protected open(options: ServerOptions): Operation<Listener> {
    return listen(options)
  }

  protected admit(socket: Socket): Operation<unknown> {
    return this.connected(socket)
  }

  override stats(): ServerStats {
    return { ...NEVER_LISTENED, ...super.stats(), disconnected: this.disconnected }
  }

  /** Takes an error for the other side's fault, and so not for one to be reported. */
  protected excuse(handler: Greenlet): void {
    handler.observe()
    this.disconnected++
  }
}

const NEVER_LISTENED = { backlog: 0, handshakesFailed: 0, secondsWithoutDescriptors: 0 }
