import type { IncomingMessage, ServerResponse } from 'node:http'
import { Socket as NodeSocket } from 'node:net'
import { thread } from '../../scheduler/kernel/thread.js'
import { RequestFlow } from '../node/request-flow.js'
import { LingeringClose } from './lingering-close.js'
import { finite, type Limits } from './options.js'

/**
 * The time, in milliseconds, for which a connection stays open after a response when the server stops: the next request
 * may be on its way already, and would be lost. (nginx: `keepalive_min_timeout`.)
 */
const LINGER = 100

/**
 * The time, in milliseconds, for which a connection stays open between two requests beyond the time that its client
 * knows: a request that is sent at the last moment must not be lost. (Node's number.)
 */
const KEEP_ALIVE_MARGIN = 1000

/**
 * The number of requests of a connection that are handled at a time. A client may send any number without waiting for
 * responses; the others wait for their turn, and the client is not read from until then.
 */
const CONCURRENT = 16

/** A request that is being handled, and its response. @internal */
export interface Exchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  /** Answers with a status in place of the handler. */
  refuse(status: number): void
  /** Called when nobody is left to answer. */
  clientLeft(): void
}

/** Starts to handle a request. */
type Start = () => void

const owner = Symbol('gvent.connection')

interface Owned extends NodeSocket {
  [owner]?: Connection
}

/** A connection of an HTTP server: which requests on it are handled, and when it is closed. @internal */
export class Connection {
  /** Kept, because a socket that is closed has forgotten it. */
  readonly remoteAddress: string | undefined
  /** Whether the parser has lost its place: nothing that still comes is a request. */
  broken = false
  /** Whether no more requests are taken. */
  private full = false
  /** The time, on the hub's clock, at which it began to close; `Infinity` while it is open. */
  private closingSince = Infinity
  /** Whether another protocol has taken it over. */
  private upgraded = false
  private requests = 0
  /** The response to the request that came last. */
  private latest: ServerResponse | null = null
  /** The response that announces the end of the connection because it closes, and not for a reason of its own. */
  private announcing: ServerResponse | null = null
  /** The bytes that had come when the last exchange was over; more than that is the beginning of another one. */
  private quietAt: number
  private quietSince = thread.hub.now()
  private readonly exchanges: Exchange[] = []
  /** Requests beyond {@link CONCURRENT}, in order. */
  private readonly held: Start[] = []
  private isStarting = false
  private made: RequestFlow | null = null
  /** The time for which nothing came or went by the last check, and the bytes that had come and gone by then. */
  private quietFor = 0
  private moved = -1
  private receiving: IncomingMessage | undefined
  private lingering: LingeringClose | undefined
  /** The number of bytes sent by the last check, and the time since which it has not grown. */
  private sending: { readonly sent: number; readonly since: number } | undefined
  /** The number of requests before the one that is late, and the time of the check that first saw it wait. */
  private slow: { readonly requests: number; readonly since: number } | undefined

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

  /**
   * Notes that a request has come, and has `start` handle it now or in its turn. One that comes when no more are taken
   * is ignored: its client has been informed, and knows that it was not handled.
   */
  arrived(response: ServerResponse, start: Start): void {
    if (!this.takesMore) return
    this.latest = response
    if (++this.requests === this.limits.maxRequestsPerConnection) {
      this.full = true
      response.shouldKeepAlive = false
    }
    if (this.closing) {
      if (thread.hub.now() - this.closingSince >= LINGER) this.takeNoMore()
      this.announceEnd()
    }
    if (this.exchanges.length < CONCURRENT && this.held.length === 0) start()
    else {
      this.flow.stop(response)
      this.held.push(start)
    }
  }

  begin(exchange: Exchange): void {
    this.exchanges.push(exchange)
  }

  // What came in one piece is taken as a whole.
  private takeNoMore(): void {
    thread.hub.platform.later(() => {
      this.full = true
    })
  }

  /** Closes after the response to a request that begins now; what came after it is ignored. */
  endAfter(response: ServerResponse): void {
    this.full = true
    this.drop()
    response.shouldKeepAlive = false
  }

  end(exchange: Exchange): void {
    const { exchanges } = this
    const index = exchanges.indexOf(exchange)
    if (index !== -1) exchanges.splice(index, 1)
    this.quietSince = thread.hub.now()
    this.quietAt = exchange.request.complete ? this.node.bytesRead : -1
    if ((this.node.timeout ?? 0) !== quietTime(this.limits) && !this.isLingering && !this.upgraded) {
      this.node.setTimeout(quietTime(this.limits))
    }
    this.startHeld()
    if (this.closing) this.finish()
  }

  // Not within itself: a request that is refused, or killed as it starts, is over at once, and so may the next
  // thousand be.
  private startHeld(): void {
    const { held } = this
    if (this.isStarting) return
    this.isStarting = true
    while (held.length > 0 && this.exchanges.length < CONCURRENT) held.shift()!()
    this.isStarting = false
    if (held.length === 0) this.made?.goOn()
  }

  /** Ignores the requests that wait for their turn. */
  private drop(): void {
    this.held.length = 0
    this.made?.goOn()
  }

  /**
   * Runs `start` when all responses have gone out: another protocol takes the connection over. Node has let go of it
   * already.
   */
  takeOver(start: Start): void {
    const { node, latest } = this
    this.upgraded = true
    // The limits are those of requests, and its errors are of no concern to any of them.
    node.setTimeout(0)
    node.on('error', ignore)
    const isOver = latest === null || latest.writableFinished || latest.destroyed
    const begin = (): void => {
      node.off('error', ignore)
      if (node.writable && this.takesMore) start()
    }
    if (isOver) begin()
    else latest.once('close', begin)
  }

  /** Takes it back from the other protocol. */
  takeBack(): void {
    this.upgraded = false
    this.quietSince = thread.hub.now()
    this.node.setTimeout(quietTime(this.limits))
  }

  /**
   * Looks whether a limit is over, when nothing came or went for as long as the timer of the socket says. It is set
   * once for all requests, and traffic resets it; when it fires and no limit has passed, it is set for the remainder.
   */
  checkQuiet(): void {
    const { node } = this
    const isSending = node.writableLength > 0
    const isIdle = !isSending && !this.isBusy && !this.isExpecting
    const moved = node.bytesRead + node.bytesWritten - node.writableLength
    this.quietFor = node.timeout! + (moved === this.moved ? this.quietFor : 0)
    this.moved = moved
    const limit = isIdle ? this.idleTime : this.limits.sendTimeout
    // A handler may take its time, and a request is limited as a whole.
    if (!isSending && !isIdle && !this.isLingering) this.quietFor = 0
    const isOver = this.isLingering || this.quietFor >= limit
    if (isOver && isIdle && this.closing) this.leave()
    else if (isOver) node.destroy()
    else node.setTimeout(finite(limit - this.quietFor))
  }

  /**
   * Closes it when no request has come in all the time that one may take. Node limits that from the first line on; of
   * empty lines before it, or what it throws away, any number may come at any pace.
   */
  checkExpected(): void {
    const { limits, node } = this
    if (this.isBusy || this.isReceiving || this.isLingering || this.upgraded || this.requests === 0) return
    // The rest of a body that nobody wanted.
    if (this.quietAt === -1) this.quietAt = node.bytesRead
    const limit = this.idleTime + limits.headersTimeout
    if (this.isExpecting && thread.hub.now() - this.quietSince >= limit) node.destroy()
  }

  /**
   * Looks whether its client takes longer than it may for the head of its first request or for a body, as far as the checks have
   * seen it begin. For servers that do not look after that themselves.
   */
  isSlow(): boolean {
    const { limits, requests, slow, isReceiving } = this
    const now = thread.hub.now()
    const isWaiting = isReceiving || (requests === 0 && this.isExpecting)
    if (!isWaiting || this.broken || this.isLingering || this.upgraded) this.slow = undefined
    else if (slow?.requests !== requests) this.slow = { requests, since: now }
    else return now - slow.since >= (isReceiving ? limits.requestTimeout : limits.headersTimeout)
    return false
  }

  /** Closes it when its client has taken nothing for longer than it may. A socket of Bun that has something to send has no timer. */
  checkSending(): void {
    const { node, limits, sending } = this
    const now = thread.hub.now()
    const sent = node.bytesWritten - node.writableLength
    if (node.writableLength === 0 || sending?.sent !== sent) this.sending = { sent, since: now }
    else if (now - sending.since >= limits.sendTimeout) node.destroy()
  }

  /** Notes that a request with a body has come: its response may be over before it is. */
  expectBody(request: IncomingMessage): void {
    this.receiving = request
    // What Node calls to close the connection after the last response.
    this.node.destroySoon = closeGently
  }

  /** Keeps bytes that came while the client is not read from. @returns whether it is not. */
  keeps(bytes: Buffer): boolean {
    return this.flow.keep(bytes)
  }

  /** The request of which Node has not understood the rest. */
  get unfinished(): Exchange | undefined {
    return this.exchanges.find(({ request }) => !request.complete)
  }

  get isBusy(): boolean {
    return this.exchanges.length > 0 || this.held.length > 0
  }

  // Few clients ever send more than one request at a time.
  private get flow(): RequestFlow {
    return (this.made ??= new RequestFlow(this.node))
  }

  private get closing(): boolean {
    return this.closingSince !== Infinity
  }

  private get takesMore(): boolean {
    return !this.broken && !this.full && this.announcing?.headersSent !== true
  }

  /** Whether a request is on its way, or the first one is still waited for. */
  private get isExpecting(): boolean {
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

  /** Ends our side, and throws away what still comes. */
  linger(): void {
    if (!this.node.destroyed) this.lingering ??= new LingeringClose(this.node)
  }

  /** Closes as soon as all requests are answered that have come, or are about to. */
  close(): void {
    if (this.upgraded) return
    if (!this.closing) this.closingSince = thread.hub.now()
    this.announceEnd()
    this.finish()
  }

  /** Closes as soon as all requests are answered that have come; takes no more. */
  closeAfterThese(): void {
    this.full = true
    this.close()
  }

  /** Ends everything, since the client has left. */
  left(): void {
    this.lingering?.closed()
    this.held.length = 0
    for (const exchange of [...this.exchanges]) exchange.clientLeft()
    this.closed(this)
  }

  /** Has the last response say that it is the last one; until it goes out another one may take its place. */
  private announceEnd(): void {
    const { announcing, latest } = this
    if (latest === announcing || latest === null || latest.headersSent) return
    if (announcing !== null) announcing.shouldKeepAlive = true
    this.announcing = latest.shouldKeepAlive ? latest : null
    latest.shouldKeepAlive = false
  }

  /** The time for which it may stay open with nothing going on. */
  private get idleTime(): number {
    return this.closing ? LINGER : this.limits.keepAliveTimeout + KEEP_ALIVE_MARGIN
  }

  private finish(): void {
    const { node } = this
    if (this.isBusy || this.isExpecting) return
    if (node.writableLength > 0 || thread.hub.now() - this.quietSince >= LINGER) this.leave()
    else node.setTimeout(LINGER)
  }

  // Only when I/O has been polled: after a long turn a request may have come that has not been read yet.
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

function closeGently(this: Owned): void {
  const connection = this[owner]!
  if (connection.isReceiving) connection.linger()
  else NodeSocket.prototype.destroySoon.call(this)
}

function ignore(): void {
  // A 'close' follows.
}

// One function for all connections in place of a closure for each.
function onClose(this: Owned): void {
  this[owner]!.left()
}
