import type { Server, Socket as NodeSocket } from 'node:net'
import type { Server as TLSServer } from 'node:tls'
import { Deque } from '../../../scheduler/queues/deque.js'
import type { Wait } from '../../../scheduler/kernel/wait.js'
import type { WaitOptions } from '../../../scheduler/kernel/wait-options.js'
import { Line } from '../../../scheduler/kernel/line.js'
import { NetworkAttempt } from '../../net/network.js'
import { ClosedError } from '../../net/socket-errors.js'

/** How many connections may wait here, as for a `Listener`. */
const BACKLOG = 511

/** The connections of a server of Node's that greenlets accept. */
class IncomingConnections {
  readonly acceptors: Line = new Line()
  private readonly waiting = new Deque<NodeSocket>()
  private isClosed = false

  constructor(server: Server) {
    const event = eventOf(server)
    server.on(event, (socket: NodeSocket) => {
      this.arrived(socket, server.listenerCount(event) > 1)
    })
    server.on('close', () => {
      this.isClosed = true
      this.acceptors.serve()
    })
  }

  /** Whether a connection waits to be accepted, or none will come. */
  get hasAnswer(): boolean {
    return this.waiting.size > 0 || this.isClosed
  }

  /** Takes the first connection that waits. @throws ClosedError when none will come. */
  take(): NodeSocket {
    if (this.waiting.size === 0) throw closedError()
    return this.waiting.shift()
  }

  putBack(socket: NodeSocket): void {
    this.waiting.unshift(socket)
    this.acceptors.serve()
  }

  // What somebody else listens for is theirs, unless a greenlet waits for it at the time.
  private arrived(socket: NodeSocket, isHandled: boolean): void {
    if (isHandled && this.acceptors.first === null) return
    if (this.waiting.size < BACKLOG) {
      this.waiting.push(socket)
      this.acceptors.serve()
    } else socket.destroy()
  }
}

const incoming = new WeakMap<Server, IncomingConnections>()

function isSecure(server: Server | TLSServer): server is TLSServer {
  return 'setSecureContext' in server
}

function eventOf(server: Server): string {
  return isSecure(server) ? 'secureConnection' : 'connection'
}

/** From now on connections wait for {@link ServerAccept}, if there is nobody else who takes them. */
export function expectArrivals(server: Server): Server {
  if (!incoming.has(server) && server.listenerCount(eventOf(server)) === 0)
    incoming.set(server, new IncomingConnections(server))
  return server
}

/** A wait for the next connection of a server of Node's. */
export class ServerAccept extends NetworkAttempt<NodeSocket> {
  constructor(
    private readonly server: Server,
    options?: WaitOptions,
  ) {
    super(options)
  }

  private get incoming(): IncomingConnections {
    const { server } = this
    let arriving = incoming.get(server)
    if (arriving === undefined) {
      if (server.address() === null)
        throw new ClosedError('server.accept: the server is not listening; write yield* server.listen(80)')
      arriving = new IncomingConnections(server)
      incoming.set(server, arriving)
    }
    return arriving
  }

  get line(): Line {
    return this.incoming.acceptors
  }

  isReady(): boolean {
    return this.incoming.hasAnswer
  }

  perform(): NodeSocket {
    return this.incoming.take()
  }

  override undoWait(_wait: Wait<NodeSocket>, socket: NodeSocket): void {
    incoming.get(this.server)!.putBack(socket)
  }

  override describe(): string {
    return 'server.accept'
  }
}

function closedError(): ClosedError {
  return new ClosedError('server.accept: this program has closed the server')
}
