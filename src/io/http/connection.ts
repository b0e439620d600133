import type { IncomingMessage, ServerResponse } from 'node:http'
import { Socket as NodeSocket } from 'node:net'
import { Timer } from '../../scheduler/kernel/timers.js'
import { thread } from '../../scheduler/kernel/thread.js'
import type { Exchange } from './request-greenlet.js'
import { finite, type Limits } from './options.js'

/**
 * How long, in milliseconds, a connection stays open after a response when the server stops: the next request may be on
 * its way already, and would be lost. (nginx: `keepalive_min_timeout`.)
 */
const LINGER = 100

/**
 * How long, in milliseconds, a connection that is to be closed is read from when the client is still sending: without it
 * the client would be told that the connection was reset, and its answer would be lost with it. (RFC 9112, 9.6; the times are
 * nginx's `lingering_timeout` and `lingering_time`.)
 */
const LINGER_QUIET = 5000
const LINGER_TOTAL = 30_000

/**
 * So much longer, in milliseconds, than its client was told a connection stays open between two requests: one that is sent
 * at the last moment must not be lost. (Node's number.)
 */
const KEEP_ALIVE_MARGIN = 1000

const owner = Symbol('gvent.connection')

interface Owned extends NodeSocket {
  [owner]?: Connection
}

/** A connection of an HTTP server, and what goes on in it. @internal */
export class Connection {
  /** Kept, because a socket that is closed has forgotten it. */
  readonly remoteAddress: string | undefined
  /** Whether what came in makes no sense any more: nothing that comes after is a request. */
  broken = false
  /** Whether no more requests are taken. */
  full = false
  private requests = 0
  /** Whether Node listens for its end on behalf of the responses on it. */
  isListening = false
  /** How much had come when the last exchange was over; more than that is the beginning of another one. */
  private quietAt: number
  private quietSince = thread.hub.now()
  private closing = false
  /** A request that is being handled. */
  private exchange: Exchange | null = null
  /** Others, when the client sends them without waiting for responses. */
  private others: Set<Exchange> | null = null
  /** For how long nothing came or went, when that was last looked at, and how much had come and gone by then. */
  private quietFor = 0
  private moved = -1
  private receiving: IncomingMessage | undefined
  private lingering: Timer<NodeSocket> | undefined

  constructor(
    readonly node: NodeSocket,
    private readonly limits: Limits,
    private readonly closed: (connection: Connection) => void,
  ) {
    ;(node as Owned)[owner] = this
    this.remoteAddress = node.remoteAddress
    // What came before it was accepted is the beginning of the first one.
    this.quietAt = node.bytesRead - node.readableLength
    node.on('close', onClose)
  }

  static of(node: NodeSocket): Connection {
    return (node as Owned)[owner]!
  }

  /** The requests that are being handled. */
  get exchanges(): Exchange[] {
    const { exchange, others } = this
    return [...(exchange === null ? [] : [exchange]), ...(others ?? [])]
  }

  begin(exchange: Exchange): void {
    if (this.exchange === null) this.exchange = exchange
    else (this.others ??= new Set()).add(exchange)
    if (this.closing) exchange.response.shouldKeepAlive = false
    if (++this.requests === this.limits.maxRequestsPerConnection) this.endAfter(exchange)
  }

  /** Closes when that is over, whatever comes after it. */
  endAfter({ response }: Exchange): void {
    this.full = true
    response.shouldKeepAlive = false
  }

  end(exchange: Exchange): void {
    if (this.exchange === exchange) this.exchange = null
    else this.others?.delete(exchange)
    this.quietSince = thread.hub.now()
    this.quietAt = exchange.request.complete ? this.node.bytesRead : -1
    if ((this.node.timeout ?? 0) !== quietTime(this.limits) && !this.isLingering) {
      this.node.setTimeout(quietTime(this.limits))
    }
    if (this.closing) this.finish()
  }

  /**
   * Nothing came or went for as long as the timer of the socket says. It is set once for all requests, and whatever comes or
   * goes winds it up again; so it rings when a limit may be over, and is set for the rest if it is not.
   */
  checkQuiet(): void {
    const { node } = this
    const isSending = node.writableLength > 0
    const isIdle = !isSending && !this.isBusy && !this.isExpecting
    const moved = node.bytesRead + node.bytesWritten - node.writableLength
    this.quietFor = node.timeout! + (moved === this.moved ? this.quietFor : 0)
    this.moved = moved
    const limit = isIdle ? this.idleTime : this.limits.sendTimeout
    // A handler may take its time. How long a request may take to come Node looks after by other means.
    if (!isSending && !isIdle && !this.isLingering) this.quietFor = 0
    const isOver = this.isLingering || this.quietFor >= limit
    if (isOver && isIdle && this.closing) this.leave()
    else if (isOver) node.destroy()
    else node.setTimeout(finite(limit - this.quietFor))
  }

  /** A request with a body has come: its response may be over before it is. */
  expectBody(request: IncomingMessage): void {
    this.receiving = request
    // What Node calls to close the connection after the last response.
    this.node.destroySoon = closeGently
  }

  private get isBusy(): boolean {
    return this.exchange !== null || (this.others !== null && this.others.size > 0)
  }

  /** Whether a request is on its way, or the first one is still waited for. */
  get isExpecting(): boolean {
    return !this.isBusy && (this.node.bytesRead !== this.quietAt || (this.requests === 0 && !this.closing))
  }

  /** Whether the client is still sending the body of a request. */
  get isReceiving(): boolean {
    return this.receiving?.complete === false
  }

  /** Whether nothing that comes matters any more. */
  get isLingering(): boolean {
    return this.lingering !== undefined
  }

  /** Sends `text` as the last thing there is, and closes. */
  dismiss(text: string): void {
    this.node.write(text)
    this.linger()
  }

  /** Ends our side, and throws away what still comes, for a while. Node goes on reading what it does not understand. */
  linger(): void {
    const { node } = this
    if (node.destroyed || this.lingering !== undefined) return
    const { hub } = thread
    this.lingering = new Timer(destroy, node)
    hub.startTimer(this.lingering, LINGER_TOTAL)
    node.end()
    node.setTimeout(LINGER_QUIET)
    node.resume()
  }

  /** Closes as soon as what has begun is over. */
  close(): void {
    this.closing = true
    for (const { response } of this.exchanges) response.shouldKeepAlive = false
    this.finish()
  }

  /** The client has left. */
  left(): void {
    if (this.lingering !== undefined) thread.hub.stopTimer(this.lingering)
    for (const exchange of this.exchanges) exchange.clientLeft()
    this.closed(this)
  }

  /** How long it may stay open with nothing going on. */
  private get idleTime(): number {
    return this.closing ? LINGER : this.limits.keepAliveTimeout + KEEP_ALIVE_MARGIN
  }

  private finish(): void {
    const { node } = this
    if (this.isBusy || this.isExpecting) return
    if (node.writableLength > 0 || thread.hub.now() - this.quietSince >= LINGER) this.leave()
    else node.setTimeout(LINGER)
  }

  // Only when I/O has been polled: after a long turn a request may have come that nobody has read yet.
  private leave(): void {
    thread.hub.platform.later(() => {
      if (!this.isBusy && !this.isExpecting) this.node.destroySoon()
    })
  }
}

/** The least time after which a limit may be over with nothing going on; 0 when there is no limit. @internal */
export function quietTime({ keepAliveTimeout, sendTimeout }: Limits): number {
  return finite(Math.min(keepAliveTimeout + KEEP_ALIVE_MARGIN, sendTimeout))
}

/** Has a response tell for how long its connection is kept open, as Node does when it looks after that. @internal */
export function announceKeepAlive(response: ServerResponse, { keepAliveTimeout }: Limits): void {
  ;(response as unknown as { _keepAliveTimeout: number })._keepAliveTimeout = finite(keepAliveTimeout)
}

function closeGently(this: Owned): void {
  const connection = this[owner]!
  if (connection.isReceiving) connection.linger()
  else NodeSocket.prototype.destroySoon.call(this)
}

function destroy(node: NodeSocket): void {
  node.destroy()
}

// One function for all connections in place of a closure for each.
function onClose(this: Owned): void {
  this[owner]!.left()
}
