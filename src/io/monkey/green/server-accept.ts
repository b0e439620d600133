import type { Server, Socket as NodeSocket } from 'node:net'
import type { Server as TLSServer } from 'node:tls'
import { Deque } from '../../../scheduler/queues/deque.js'
import type { Wait } from '../../../scheduler/kernel/wait.js'
import type { WaitOptions } from '../../../scheduler/kernel/wait-options.js'
import { WaitList } from '../../../scheduler/kernel/line.js'
import { NetworkOperation } from '../../net/network.js'
import { ClosedError } from '../../net/socket-errors.js'

/** How many connections may wait here, as for a `Listener`. */
const BACKLOG = 511

/** The connections of a server of Node's that greenlets accept. */
class Arrivals {
  readonly acceptors: WaitList<NodeSocket> = new WaitList<NodeSocket>()
  private readonly waiting = new Deque<NodeSocket>()
  private isClosed = false

  constructor(server: Server) {
    const event = eventOf(server)
    server.on(event, (socket: NodeSocket) => {
      this.arrived(socket, server.listenerCount(event) > 1)
    })
    server.on('close', () => {
      this.isClosed = true
      if (this.waiting.size === 0) this.acceptors.drain((wait) => wait.reject(closedError()))
    })
  }

  begin(wait: Wait<NodeSocket>): void {
    if (this.waiting.size > 0) wait.resolve(this.waiting.shift())
    else if (this.isClosed) throw closedError()
    else this.acceptors.add(wait)
  }

  putBack(socket: NodeSocket): void {
    const wait = this.acceptors.shift()
    if (wait === null) this.waiting.unshift(socket)
    else wait.resolve(socket)
  }

  // What somebody else listens for is theirs, unless a greenlet waits for it at the time.
  private arrived(socket: NodeSocket, isHandled: boolean): void {
    const wait = this.acceptors.shift()
    if (wait !== null) wait.resolve(socket)
    else if (isHandled) return
    else if (this.waiting.size < BACKLOG) this.waiting.push(socket)
    else socket.destroy()
  }
}

const arrivals = new WeakMap<Server, Arrivals>()

function isSecure(server: Server | TLSServer): server is TLSServer {
  return 'setSecureContext' in server
}

function eventOf(server: Server): string {
  return isSecure(server) ? 'secureConnection' : 'connection'
}

/** From now on connections wait for {@link Accept}, if there is nobody else who takes them. */
export function expectArrivals(server: Server): Server {
  if (!arrivals.has(server) && server.listenerCount(eventOf(server)) === 0) arrivals.set(server, new Arrivals(server))
  return server
}

/** A wait for the next connection of a server of Node's. */
export class Accept extends NetworkOperation<NodeSocket> {
  constructor(
    private readonly server: Server,
    options?: WaitOptions,
  ) {
    super(options)
  }

  beginWait(wait: Wait<NodeSocket>): void {
    const { server } = this
    let arriving = arrivals.get(server)
    if (arriving === undefined) {
      if (server.address() === null)
        throw new ClosedError('server.accept: it does not listen; write yield* server.listen(80)')
      arriving = new Arrivals(server)
      arrivals.set(server, arriving)
    }
    arriving.begin(wait)
  }

  cancelWait(wait: Wait<NodeSocket>): void {
    arrivals.get(this.server)!.acceptors.remove(wait)
  }

  override undoWait(_wait: Wait<NodeSocket>, socket: NodeSocket): void {
    arrivals.get(this.server)!.putBack(socket)
  }

  override describe(): string {
    return 'server.accept'
  }
}

function closedError(): ClosedError {
  return new ClosedError('server.accept: this program has closed the server')
}
