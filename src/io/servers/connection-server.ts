import type { Greenlet } from '../../scheduler/greenlets/greenlet.js'
import { call } from '../../scheduler/greenlets/call.js'
import { ClosedError } from '../net/socket-errors.js'
import type { OptionNames } from '../../scheduler/checks/check-options.js'
import type { Operation } from '../../scheduler/kernel/operation.js'
import { BaseServer } from './base-server.js'
import type { BaseServerOptions, BaseServerStats } from './base-server-options.js'
import type { Address } from '../net/address.js'
import { listenOptionNames, type ListenOptions } from '../net/listening/listen-options.js'
import { listen } from '../net/listening/listen.js'
import { Listener, type ListenerStats } from '../net/listening/listener.js'
import type { Socket } from '../net/socket.js'

/** Options of a server for connections: where to listen, and how many handlers run. */
export interface ServerOptions extends BaseServerOptions, ListenOptions {
  /**
   * A listener to take connections from, in place of an address: what `listen()` gave. The server closes it when it
   * stops.
   */
  listener?: Listener | undefined
}

/** @internal */
export const serverOptionNames: OptionNames = {
  ...listenOptionNames,
  own: ['spawn', 'listener', ...listenOptionNames.own],
}

/** A snapshot of a server for connections, for monitoring and tests. */
export interface ServerStats extends BaseServerStats, ListenerStats {
  /** Handlers that have ended because the other side aborted the connection. */
  disconnected: number
}

/** The part that servers for connections share: over TCP, TLS or Unix sockets, by whatever protocol. */
export abstract class ConnectionServer extends BaseServer<Socket, ServerOptions> {
  /** @internal */
  protected disconnected = 0

  /** @param options where to listen; in short a port, `'host:port'`, a path, or a listener. */
  constructor(options: ServerOptions | Listener | Address) {
    super(options as ServerOptions | Address)
  }

  /** Passes a connection to its handler; otherwise as {@link BaseServer.admit}. */
  protected abstract connected(socket: Socket): Operation<unknown>

  /** @internal */
  protected override get optionNames(): OptionNames {
    return serverOptionNames
  }

  /** @internal */
  protected override readOptions(options: ServerOptions | Listener): ServerOptions {
    return options instanceof Listener ? { listener: options } : super.readOptions(options)
  }

  protected open(options: ServerOptions): Operation<Listener> {
    const { listener } = options
    if (listener === undefined) return listen(pick(options, listenOptionNames))
    if (listener.closed) throw new ClosedError(`${this.toString()}.start: its listener is closed`)
    return call(() => listener)
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

function pick(options: ServerOptions, { own, platform = [] }: OptionNames): ListenOptions {
  const given = options as Record<string, unknown>
  const names = [...own, ...platform].filter((name) => given[name] !== undefined)
  return Object.fromEntries(names.map((name) => [name, given[name]]))
}

const NEVER_LISTENED = { backlog: 0, handshakesFailed: 0, secondsWithoutDescriptors: 0 }
