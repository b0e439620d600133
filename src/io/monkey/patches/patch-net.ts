import net, { Server, Socket as NodeSocket } from 'node:net'
import type { Operation } from '../../../scheduler/kernel/operation.js'
import type { WaitOptions } from '../../../scheduler/kernel/wait-options.js'
import { Socket, type DelimiterOptions } from '../../net/socket.js'
import { connectedBy } from '../green/connected.js'
import { ServerAccept, expectArrivals } from '../green/server-accept.js'
import { EventWait, type EventOutcome } from '../green/event-wait.js'
import { applyPart, type Part } from '../patch-part.js'
import { WriteChunk } from '../green/write-chunk.js'

// The program that made the socket has decided whether it ends with the other side; a socket of gvent's own never does.
function takeOver(node: NodeSocket): Socket {
  const { allowHalfOpen } = node
  const socket = Socket.from(node)
  node.allowHalfOpen = allowHalfOpen
  return socket
}

/** The methods that Node's sockets gain: the calls of gvent's own. */
const socketMethods = {
  recv(this: NodeSocket, max?: number, options?: WaitOptions): Operation<Buffer | null> {
    return takeOver(this).recv(max, options)
  },
  recvExactly(this: NodeSocket, size: number, options?: WaitOptions): Operation<Buffer> {
    return takeOver(this).recvExactly(size, options)
  },
  recvUntil(this: NodeSocket, delimiter: string | Uint8Array, options?: DelimiterOptions): Operation<Buffer> {
    return takeOver(this).recvUntil(delimiter, options)
  },
  readLine(this: NodeSocket, options?: DelimiterOptions): Operation<string | null> {
    return takeOver(this).readLine(options)
  },
  // To send takes nothing away from those who read by Node's means, so it does not make the socket gvent's.
  sendAll(this: NodeSocket, data: string | Uint8Array, options?: WaitOptions): Operation<void> {
    const green = Socket.find(this)
    return green === undefined ? new WriteChunk(this, data, options) : green.sendAll(data, options)
  },
}

const serverMethods = {
  accept(this: Server, options?: WaitOptions): Operation<NodeSocket> {
    return new ServerAccept(this, options)
  },
}

/** A socket is connected. */
const connected = connectedBy<NodeSocket>('connect', ({ connecting, pending }) => connecting || pending)

/** A server listens. */
export const listening: EventOutcome<Server, Server> = {
  describe: (server) => `${server.constructor.name}.listen`,
  peek: (server) => (server.address() === null ? undefined : expectArrivals(server)),
  events: { listening: expectArrivals },
  ignoresLateErrors: false,
  giveUp: (server) => void server.close(),
}

/** The part that {@link patchNet} patches. */
export const netPart: Part = {
  name: 'net',
  by: 'patchNet',
  gevent: 'patch_socket',
  cooperative: [
    {
      what: 'net.connect(), net.createConnection(), socket.connect()',
      gives: 'the socket, when it is connected',
      givingUp: 'destroys the socket',
    },
    {
      what: 'socket.recv(), recvExactly(), recvUntil(), readLine()',
      gives: 'the bytes that have arrived',
      givingUp: 'takes nothing, the socket stays open',
    },
    { what: 'socket.sendAll()', gives: 'when all is sent', givingUp: 'the rest is still sent' },
    {
      what: 'net.createServer().listen()',
      gives: 'the server, when it listens',
      givingUp: 'closes the server',
    },
    { what: 'server.accept()', gives: 'the next connection', givingUp: 'leaves it to the next `accept`' },
  ],
  cannot: 'events and callbacks work as before; `node:dgram` is not patched: use `DatagramSocket`',
  tables: [
    {
      name: 'net.Socket.prototype',
      target: () => NodeSocket.prototype,
      adds: socketMethods,
      waits: (socket: NodeSocket) => new EventWait(socket, connected),
    },
    {
      name: 'net.Server.prototype',
      target: () => Server.prototype,
      adds: serverMethods,
      waits: (server: Server) => new EventWait(server, listening),
    },
  ],
  covers: [{ module: () => net, names: ['connect', 'createConnection', 'Socket', 'createServer', 'Server'] }],
}

/**
 * Lets the sockets and servers of `node:net` be waited for in a greenlet: `yield* net.connect(80)` until it is
 * connected, `yield* net.createServer().listen(80)` until it listens. Sockets gain `recv`, `recvExactly`, `recvUntil`,
 * `readLine` and `sendAll`, servers `accept`; they do what those of gvent's own `Socket` and `Listener` do.
 *
 * No function is replaced: what they make has gained these. A socket that is read by `recv` or its like is gvent's from
 * then on: its events `'data'` and `'readable'` are silent.
 *
 * @returns whether anything changed: `false` if it was patched before.
 */
export function patchNet(): boolean {
  return applyPart(netPart)
}
