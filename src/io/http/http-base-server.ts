import type { Listener } from '../net/listening/listener.js'
import { Server as NodeServer, type IncomingMessage } from 'node:http'
import type { Socket as NodeSocket } from 'node:net'
import { call } from '../../scheduler/greenlets/call.js'
import { Event } from '../../scheduler/sync/event.js'
import { Roster } from '../../scheduler/groups/roster.js'
import { spawn } from '../../scheduler/greenlets/spawn.js'
import { thread } from '../../scheduler/kernel/thread.js'
import type { Coroutine } from '../../scheduler/kernel/frames.js'
import type { Greenlet } from '../../scheduler/greenlets/greenlet.js'
import type { Operation } from '../../scheduler/kernel/operation.js'
import type { Address } from '../net/address.js'
import { requestChannels } from '../observing/events/exchange.js'
import { Handler } from '../servers/handler-list.js'
import { ConnectionServer, type ServerStats } from '../servers/connection-server.js'
import { Socket } from '../net/socket.js'
import type { AccessLog } from './access-log.js'
import { Connection, quietTime } from './connection.js'
import { RequestGreenlet, type Responder } from './request-greenlet.js'
import { requestTimedOut, statusOf, type ParseError } from './request/parse-error.js'
import { checkHead, closeUnlessContinued, hasBody, watchBody } from './request/request-limits.js'
import { headWithoutUpgrade } from './request/request-head.js'
import { checkingInterval, finite, limitsOf, nodeOptions, type HTTPOptions, type Limits } from './options.js'
import { refusal } from './response/status-reply.js'
import { isHTTPOfNode } from '../node/http-of-node.js'
import { fastRequestClass, type FastRequest } from '../node/fast-request.js'
import { fastResponseClass, type FastResponse } from '../node/fast-response.js'

type Engine = NodeServer

/**
 * Takes a connection over after an `Upgrade`. One that returns `false`, and has neither read nor written, leaves the request
 * to the ordinary handler.
 */
export type UpgradeHandler = (request: IncomingMessage, socket: Socket) => unknown

/** A snapshot of an HTTP server, for monitoring and tests. */
export interface HTTPServerStats extends ServerStats {
  /** Requests that were refused, or failed, because the client had sent nonsense or gone beyond a limit. */
  refused: number
}

/**
 * The part that all HTTP servers share: connections are accepted by `ConnectionServer` and handed to Node's HTTP server, which parses
 * requests; each request gets a greenlet. @internal
 */
export abstract class HTTPBaseServer extends ConnectionServer {
  protected readonly limits: Limits
  private readonly engine: Engine
  private readonly log: AccessLog | undefined
  private readonly connections = new Roster<Connection>()
  private readonly quiet = new Event()
  /** Looks for connections that take too long, while it listens. */
  private checking: NodeJS.Timeout | undefined
  private refused = 0
  private readonly channels = requestChannels()
  /** True if the platform's server enforces the time limits of a connection that is handed to it, as Node's does. */
  private readonly isOfNode = isHTTPOfNode()
  private readonly responder: Responder = (greenlet) => this.respond(greenlet)

  constructor(
    options: HTTPOptions | Listener | Address,
    private readonly upgrade: UpgradeHandler | undefined,
  ) {
    super(options)
    const given: HTTPOptions = typeof options === 'object' ? (options as HTTPOptions) : {}
    this.limits = limitsOf(given, `new ${this.constructor.name}(options)`)
    this.log = given.log
    this.engine = this.makeEngine()
    this.quiet.set()
  }

  /** Answers a request; what it returns is waited for. */
  protected abstract respond(greenlet: RequestGreenlet): unknown

  override stats(): HTTPServerStats {
    return { ...super.stats(), refused: this.refused }
  }

  protected connected(socket: Socket): Operation<unknown> {
    return call(() => {
      if (this.checking === undefined) this.watch()
      // It may have broken while it waited to be accepted.
      if (socket.closed) return
      const node = socket.detach()
      const connection = new Connection(node, this.limits, this.forget)
      this.connections.add(connection)
      this.quiet.clear()
      this.attach(connection)
    })
  }

  protected override drain(): void {
    for (const connection of this.connections) connection.close()
  }

  protected override *finish(): Coroutine<void> {
    yield* super.finish()
    yield* this.quiet.wait()
  }

  protected override *closeAll(): Coroutine<void> {
    for (const { node } of this.connections) node.destroy()
    yield* this.quiet.wait()
    clearInterval(this.checking)
    this.checking = undefined
    NodeServer.prototype.close.call(this.engine)
  }

  protected override handlerEnded(handler: Greenlet): void {
    if (handler instanceof RequestGreenlet) this.requestEnded(handler)
    else if (handler instanceof UpgradeGreenlet) this.upgradeEnded(handler)
    super.handlerEnded(handler)
  }

  private requestEnded(greenlet: RequestGreenlet): void {
    greenlet.conclude()
    if (greenlet.isClientsFault) greenlet.observe()
    if (greenlet.abandoned) this.disconnected++
    else if (greenlet.isClientsFault) this.refused++
    greenlet.publishEnd(this.channels)
    if (this.log === undefined) return
    try {
      this.log(greenlet.entry())
    } catch (error) {
      // The request is over, and the next ones are not to suffer.
      greenlet.hub.reportFailure('the access log failed', error)
    }
  }

  private upgradeEnded(greenlet: UpgradeGreenlet): void {
    const { socket, connection, request } = greenlet
    if (greenlet.hasDeclined) this.putBack(connection, request, socket.detach())
    else {
      if (socket.isBrokenBy(greenlet.error)) this.excuse(greenlet)
      socket.close()
    }
  }

  private makeEngine(): Engine {
    const { limits } = this
    const engine = new NodeServer({
      ...nodeOptions(limits),
      // Those with a body are left to the ordinary handler. Node 20 has no such question, and hands over what is not a body yet.
      ...{ shouldUpgradeCallback: (request: IncomingMessage) => this.upgrade !== undefined && !hasBody(request) },
      IncomingMessage: fastRequestClass(),
      ServerResponse: fastResponseClass(),
    })
    // A framework, or `killOnDisconnect`, finds it behind a connection, and means the server.
    engine.close = () => {
      spawn(() => this.stop({ timeout: Infinity }))
      return engine
    }
    // Deno closes each connection of a server that does not listen after its first response.
    Object.defineProperty(engine, 'listening', { value: true })
    engine.maxHeadersCount = 0
    engine.timeout = quietTime(limits)
    engine.on('checkContinue', closeUnlessContinued)
    for (const event of ['request', 'checkContinue', 'checkExpectation']) engine.on(event, this.requested)
    engine.on('timeout', this.timedOut)
    engine.on('clientError', this.notUnderstood)
    engine.on('connect', this.switched)
    if (this.upgrade !== undefined) engine.on('upgrade', this.switched)
    return engine
  }

  // Node's server never listens itself, but that is when it begins to look after its time limits.
  private watch(): void {
    this.engine.emit('listening')
    this.checking = setInterval(() => {
      for (const connection of this.connections) {
        connection.checkExpected()
        if (this.isOfNode) continue
        connection.checkSending()
        if (connection.isSlow()) this.engine.emit('clientError', requestTimedOut(), connection.node)
      }
    }, checkingInterval(this.limits))
    this.checking.unref()
  }

  private attach(connection: Connection): void {
    const { node } = connection
    this.engine.emit('connection', node)
    if (!this.isOfNode && node.listenerCount('timeout') === 0) {
      node.setTimeout(quietTime(this.limits))
      node.on('timeout', () => {
        this.timedOut(node)
      })
    }
    if (this.isStopping) connection.close()
  }

  private readonly requested = (request: FastRequest, response: FastResponse): void => {
    const connection = Connection.of(request.socket)
    // To parse all requests that have come, and then to answer them, keeps either's code and data near: a tenth of the time of short ones.
    thread.hub.queue.gather()
    connection.arrived(response, () => {
      this.handle(connection, request, response)
    })
  }

  private handle(connection: Connection, request: FastRequest, response: FastResponse): void {
    const { limits } = this
    response.announceKeepAlive(finite(limits.keepAliveTimeout))
    const isLogged = this.log !== undefined
    const { responder } = this
    const greenlet = new RequestGreenlet(connection, request, response, responder, limits.handlerTimeout, isLogged)
    if (this.channels.hasSubscribers) greenlet.publishStart(this.channels)
    const refusedWith = checkHead(request, limits, greenlet)
    if (refusedWith === 0) {
      if (!greenlet.isPlain) watchBody(greenlet, limits)
      this.admitHandler(greenlet)
    } else {
      this.refused++
      greenlet.refuse(refusedWith)
      this.handlerEnded(greenlet)
    }
  }

  private readonly timedOut = (node: NodeSocket): void => {
    Connection.of(node).checkQuiet()
  }

  // After what cannot be understood nobody knows where the next request would begin. What was understood before is
  // answered first, though.
  private readonly notUnderstood = (error: ParseError, node: NodeSocket): void => {
    const connection = Connection.of(node)
    if (connection.broken) return
    const { code, rawPacket, bytesParsed } = error
    if (code === 'HPE_PAUSED' && connection.keeps(rawPacket!.subarray(bytesParsed))) return
    connection.broken = true
    const status = statusOf(error)
    const { unfinished, isBusy } = connection
    if (code === 'ECONNRESET' || code === 'EPIPE' || !node.writable) {
      node.destroy()
      return
    }
    this.refused++
    if (unfinished !== undefined) unfinished.refuse(status)
    // One that is too slow is not waited for once more.
    else if (!isBusy && status === 408) node.end(refusal(status), () => node.destroy())
    else if (!isBusy) connection.dismiss(refusal(status))
    else connection.closeAfterThese()
  }

  private readonly forget = (connection: Connection): void => {
    this.connections.delete(connection)
    if (this.connections.size === 0) this.quiet.set()
  }

  /** Has a request for another protocol taken over, now that Node has let go of its connection. */
  private readonly switched = (request: IncomingMessage, _stream: unknown, head: Buffer): void => {
    const connection = Connection.of(request.socket)
    connection.takeOver(() => {
      const { node } = connection
      const status = checkHead(request, this.limits, { host: '', isPlain: true })
      if (status !== 0 || request.method === 'CONNECT') {
        this.refused++
        connection.dismiss(refusal(status || 405))
        return
      }
      // What the client sent along with its request comes first.
      if (head.length > 0) node.unshift(head)
      if (hasBody(request)) this.putBack(connection, request, node)
      else this.admitHandler(new UpgradeGreenlet(this.upgrade!, request, connection))
    })
  }

  /** Has a request that asked for another protocol handled as one that did not. */
  private putBack(connection: Connection, request: IncomingMessage, node: NodeSocket): void {
    node.unshift(headWithoutUpgrade(request))
    connection.takeBack()
    this.attach(connection)
  }
}

/** The greenlet of a connection that was taken over. */
class UpgradeGreenlet extends Handler {
  readonly socket: Socket

  constructor(
    upgrade: UpgradeHandler,
    readonly request: IncomingMessage,
    readonly connection: Connection,
  ) {
    const socket = Socket.from(connection.node)
    super(upgrade, request, socket)
    this.socket = socket
  }

  get hasDeclined(): boolean {
    return this.value === false && !this.socket.closed
  }
}
