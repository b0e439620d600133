import type { AddressInfo } from 'node:net'
import type { RemoteInfo } from 'node:dgram'
import { call } from '../../scheduler/greenlets/call.js'
import type { OptionNames } from '../../scheduler/checks/check-options.js'
import { badArgument } from '../../scheduler/checks/bad-argument.js'
import type { Coroutine } from '../../scheduler/kernel/frames.js'
import type { Operation } from '../../scheduler/kernel/operation.js'
import type { WaitOptions } from '../../scheduler/kernel/wait-options.js'
import { idle } from '../../scheduler/waits/sleep.js'
import type { Address } from '../net/address.js'
import { BaseServer } from './base-server.js'
import type { BaseServerOptions } from './base-server-options.js'
import { Handler } from './handler-list.js'
import {
  bindOptionNames,
  datagramOptionNames,
  type BindOptions,
  type DatagramOptions,
  type Destination,
} from '../net/datagrams/datagram-options.js'
import type { Datagram } from '../net/datagrams/datagram-operations.js'
import { DatagramSocket } from '../net/datagrams/datagram-socket.js'
import { ClosedError } from '../net/socket-errors.js'
import type { WorkSource, WorkStats } from '../net/work-source.js'

/** Options of {@link DatagramServer}: where to bind to, the socket's settings, and how many handlers run. */
export interface DatagramServerOptions extends BaseServerOptions, DatagramOptions, BindOptions {
  /** The socket to receive by, in place of an address: it is bound already. The server closes it when it stops. */
  socket?: DatagramSocket | undefined
}

const datagramServerOptionNames: OptionNames = {
  own: ['spawn', 'socket', ...datagramOptionNames.own, ...bindOptionNames.own],
  platform: datagramOptionNames.platform!,
  isStrict: true,
}

/** Handles a datagram of a {@link DatagramServer}. */
export type DatagramHandler = (data: Buffer, from: RemoteInfo, server: DatagramServer) => unknown

/**
 * A server that runs a greenlet for each datagram.
 *
 * ```ts
 * const server = new DatagramServer({ port: 6000 }, function* (data, from, server) {
 *   yield* server.sendTo(`you said ${data}`, from)
 * })
 * await run(() => server.serveForever())
 * ```
 *
 * With `spawn`, datagrams wait while as many handlers run; those that are too many are dropped, see `DatagramSocket`.
 * (gevent: `gevent.server.DatagramServer`.)
 */
export class DatagramServer extends BaseServer<Datagram, DatagramServerOptions> {
  private readonly handler: DatagramHandler
  private inbox: Inbox | null = null

  /**
   * @param options where to listen; in short a port or `'host:port'`.
   * @param handler what is done with each datagram.
   */
  constructor(options: DatagramServerOptions | DatagramSocket | Address, handler: DatagramHandler) {
    super(options)
    if (typeof handler !== 'function') {
      throw badArgument(
        'new DatagramServer(options, handler)',
        'a function',
        handler,
        'write new DatagramServer(options, function* (data, from, server) { … })',
      )
    }
    this.handler = handler
  }

  /**
   * Sends a datagram from the server's own address.
   *
   * @throws ClosedError when the server does not run, but not while it stops; otherwise as `DatagramSocket.sendTo`.
   * Cancel safety: it may be sent anyway.
   */
  sendTo(data: string | Uint8Array, to: Destination, options?: WaitOptions): Operation<void> {
    const { inbox } = this
    if (inbox === null) throw new ClosedError(`${this.toString()}.sendTo: the server is not running`)
    return inbox.socket.sendTo(data, to, options)
  }

  /** @internal */
  protected override get optionNames(): OptionNames {
    return datagramServerOptionNames
  }

  /** @internal */
  protected override readOptions(options: DatagramServerOptions | DatagramSocket): DatagramServerOptions {
    return options instanceof DatagramSocket ? { socket: options } : super.readOptions(options)
  }

  protected open(options: DatagramServerOptions): Operation<WorkSource<Datagram>> {
    return call(() => this.bind(options))
  }

  protected admit([data, from]: Datagram): Operation<unknown> {
    return this.startHandler(new Handler(this.handler, data, from, this))
  }

  private *bind(options: DatagramServerOptions): Coroutine<Inbox> {
    const { host, port, exclusive, timeout, signal, spawn: _spawn, socket: given, ...settings } = options
    if (given !== undefined) return (this.inbox = new Inbox(given))
    const socket = new DatagramSocket(settings)
    const where: BindOptions = { timeout, signal }
    if (host !== undefined) where.host = host
    if (port !== undefined) where.port = port
    if (exclusive !== undefined) where.exclusive = exclusive
    yield* socket.bind(where)
    return (this.inbox = new Inbox(socket))
  }
}

/** The datagrams of a server. */
class Inbox implements WorkSource<Datagram> {
  constructor(readonly socket: DatagramSocket) {}

  get closed(): boolean {
    return this.socket.closed
  }

  accept(): Operation<Datagram> {
    return this.socket.recvFrom()
  }

  putBack(datagram: Datagram): void {
    this.socket.putBack(datagram)
  }

  drop(): void {
    // Nothing of a datagram is left.
  }

  *settle(): Coroutine<void> {
    yield* idle()
  }

  refuse(): void {
    this.socket.refuse()
  }

  close(): void {
    this.socket.close()
  }

  address(): AddressInfo {
    return this.socket.address()
  }

  stats(): WorkStats {
    return this.socket.stats()
  }
}
