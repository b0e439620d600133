import { Server as NodeServer, type IncomingMessage } from 'node:http'
import type { Socket as NodeSocket } from 'node:net'
import { Event } from '../../scheduler/sync/event.js'
import type { Coroutine } from '../../scheduler/kernel/frames.js'
import type { Greenlet } from '../../scheduler/greenlets/greenlet.js'
import { Operation } from '../../scheduler/kernel/operation.js'
import type { Wait } from '../../scheduler/kernel/wait.js'
import type { Address } from '../net/address.js'
import { Handler } from '../servers/base-server.js'
import { ConnectionServer } from '../servers/connection-server.js'
import { Socket } from '../net/socket.js'
import { record, type AccessLog } from './access-log.js'
import { announceKeepAlive, Connection, quietTime } from './connection.js'
import { Exchange, type Responder } from './request-greenlet.js'
import { guard } from './request/request-limits.js'
import { limitsOf, nodeOptions, type HTTPOptions, type Limits } from './options.js'
import { refusal } from './response/status-reply.js'
import { WholeRequest } from '../node/fast-request.js'
import { WholeResponse } from '../node/fast-response.js'

type Engine = NodeServer<typeof WholeRequest, typeof WholeResponse>

/** What takes a connection over after an `Upgrade`. */
export type UpgradeHandler = (request: IncomingMessage, socket: Socket) => unknown

/**
 * What all HTTP servers share: connections are accepted by `ConnectionServer` and handed to Node's HTTP server, which parses
 * requests; each request gets a greenlet. @internal
 */
export abstract class HTTPBaseServer extends ConnectionServer {
  protected readonly limits: Limits
  private readonly engine: Engine
  private readonly log: AccessLog | undefined
  private readonly connections = new Set<Connection>()
  private readonly quiet = new Event()
  private draining = false
  /** Whether Node looks after its time limits. */
  private watching = false
  private readonly responder: Responder = (exchange) => this.respond(exchange)

  constructor(options: HTTPOptions | Address, upgrade?: UpgradeHandler) {
    super(options)
    const given: HTTPOptions = typeof options === 'object' ? options : {}
    this.limits = limitsOf(given, `new ${this.constructor.name}(options)`)
    this.log = given.log
    this.engine = this.makeEngine()
    if (upgrade !== undefined) {
      this.engine.on('upgrade', (request: IncomingMessage, node: NodeSocket, head: Buffer) => {
        this.upgraded(upgrade, request, node, head)
      })
    }
    this.quiet.set()
  }

  /** Answers a request; what it returns is waited for. */
  protected abstract respond(exchange: Exchange): unknown

  protected connected(socket: Socket): Operation<unknown> {
    return new HandOver(() => {
      if (!this.watching) this.watch()
      // It may have broken while it waited to be accepted.
      if (socket.closed) return
      const node = socket.detach()
      const connection = new Connection(node, this.limits, this.forget)
      this.connections.add(connection)
      this.quiet.clear()
      this.engine.emit('connection', node)
      if (this.draining) connection.close()
    })
  }

  protected override drain(): void {
    this.draining = true
    for (const connection of this.connections) connection.close()
  }

  protected override *finish(): Coroutine<void> {
    yield* super.finish()
    yield* this.quiet.wait()
  }

  protected override *closeAll(): Coroutine<void> {
    for (const { node } of this.connections) node.destroy()
    yield* this.quiet.wait()
    this.draining = this.watching = false
    this.engine.close()
  }

  protected override handlerEnded(handler: Greenlet): void {
    if (handler instanceof Exchange) {
      handler.conclude()
      if (handler.abandoned) this.excuse(handler)
      if (this.log !== undefined) record(this.log, handler)
    } else {
      const { socket } = handler as Upgraded
      if (handler.error !== undefined && handler.error === socket.brokenBy) this.excuse(handler)
      socket.close()
    }
    super.handlerEnded(handler)
  }

  private makeEngine(): Engine {
    const { limits } = this
    const engine = new NodeServer({
      ...nodeOptions(limits),
      IncomingMessage: WholeRequest,
      ServerResponse: WholeResponse,
    })
    engine.maxHeadersCount = 0
    engine.timeout = quietTime(limits)
    engine.on('request', this.requested)
    engine.on('checkContinue', this.requested)
    engine.on('timeout', this.timedOut)
    engine.on('clientError', this.notUnderstood)
    return engine
  }

  // Node's server never listens itself, but that is when it begins to look after its time limits.
  private watch(): void {
    this.watching = true
    this.engine.emit('listening')
  }

  private readonly requested = (request: WholeRequest, response: WholeResponse): void => {
    const { limits } = this
    const connection = Connection.of(request.socket)
    // Node goes on to understand requests after one that was refused, or was the last.
    if (connection.broken || connection.full) return
    announceKeepAlive(response, limits)
    const isLogged = this.log !== undefined
    const exchange = new Exchange(connection, request, response, this.responder, limits.handlerTimeout, isLogged)
    const refusedWith = guard(exchange, limits)
    if (refusedWith === 0) this.admitHandler(exchange)
    else {
      connection.broken = true
      exchange.refuse(refusedWith)
      this.handlerEnded(exchange)
    }
  }

  private readonly timedOut = (node: NodeSocket): void => {
    Connection.of(node).checkQuiet()
  }

  // After what cannot be understood nobody knows where the next request would begin. What was understood before is
  // answered first, though.
  private readonly notUnderstood = (error: NodeJS.ErrnoException, node: NodeSocket): void => {
    const connection = Connection.of(node)
    if (connection.broken) return
    connection.broken = true
    const status = statusOf(error)
    const open = connection.exchanges
    const unfinished = open.find(({ request }) => !request.complete)
    if (error.code === 'ECONNRESET' || error.code === 'EPIPE' || !node.writable) node.destroy()
    else if (unfinished !== undefined) unfinished.refuse(status)
    // One that is too slow is not waited for once more.
    else if (open.length === 0 && status === 408) node.end(refusal(status), () => node.destroy())
    else if (open.length === 0) connection.dismiss(refusal(status))
    else connection.close()
  }

  private readonly forget = (connection: Connection): void => {
    this.connections.delete(connection)
    if (this.connections.size === 0) this.quiet.set()
  }

  private upgraded(upgrade: UpgradeHandler, request: IncomingMessage, node: NodeSocket, head: Buffer): void {
    // The limits are those of requests.
    node.setTimeout(0)
    // What the client sent along with its request comes first.
    if (head.length > 0) node.unshift(head)
    this.admitHandler(new Upgraded(upgrade, request, Socket.from(node)))
  }
}

/** The greenlet of a connection that was taken over. */
class Upgraded extends Handler {
  constructor(
    upgrade: UpgradeHandler,
    request: IncomingMessage,
    readonly socket: Socket,
  ) {
    super(upgrade, request, socket)
  }
}

const STATUSES: Record<string, number> = {
  HPE_HEADER_OVERFLOW: 431,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
}

function statusOf({ code = '' }: NodeJS.ErrnoException): number {
  return STATUSES[code] ?? 400
}

class HandOver extends Operation<void> {
  constructor(private readonly act: () => void) {
    super()
  }

  beginWait(wait: Wait<void>): void {
    this.act()
    wait.resolve()
  }

  cancelWait(): void {
    // It never waits.
  }
}
