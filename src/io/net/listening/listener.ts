import { Server, type AddressInfo, type Socket as NodeSocket } from 'node:net'
import { Server as TLSServer } from 'node:tls'
import { checkDuration } from '../../../scheduler/checks/check-duration.js'
import { Deque } from '../../../scheduler/queues/deque.js'
import type { Coroutine } from '../../../scheduler/kernel/frames.js'
import { showAs } from '../../../scheduler/checks/node-inspect.js'
import type { Operation } from '../../../scheduler/kernel/operation.js'
import type { Wait } from '../../../scheduler/kernel/wait.js'
import type { WaitOptions } from '../../../scheduler/kernel/wait-options.js'
import { idle } from '../../../scheduler/waits/sleep.js'
import { Line } from '../../../scheduler/kernel/line.js'
import { checkPath, formatAddress } from '../address.js'
import { watchDescriptors } from './descriptor-exhaustion.js'
import { checkBacklog, kernelBacklog, nodeOptions, type ListenOptions } from './listen-options.js'
import { NetworkAttempt, limitedBy, network } from '../network.js'
import { ClosedError } from '../socket-errors.js'
import { nodeBelow } from '../../node/tls-socket.js'
import { Socket } from '../socket.js'
import type { WorkSource, WorkStats } from '../work-source.js'

/** How a {@link Listener} stands. */
export interface ListenerStats extends WorkStats {
  /** How many may wait. */
  backlog: number
  /** How many never got through the TLS handshake. */
  handshakesFailed: number
  /** For how many seconds the process had no file descriptor left, so that connections were lost. */
  secondsWithoutDescriptors: number
}

/**
 * A socket that listens at an address: {@link Listener.accept} gives the connections in the order in which they came.
 *
 * ```ts
 * using listener = yield* listen({ host: '127.0.0.1', port: 6000 })
 * for (;;) spawn(serve, yield* listener.accept())
 * ```
 *
 * Connections that nobody accepts wait, and their clients with them. In the kernel they do that by themselves, but Node
 * cannot leave them there: as long as it listens it accepts everything, and to stop that it has to close the listening
 * socket, by which all that wait in the kernel are lost. So they wait here: accepted, but not read from, which their
 * clients cannot tell from waiting in the kernel, at the cost of a descriptor and some 2 kB each. When more than
 * `backlog` are waiting, the next ones are reset, and counted in {@link Listener.stats}.
 *
 * With `tls`, connections come when their handshake is done; one that is slow holds up no other. One that takes longer
 * than `handshakeTimeout` (milliseconds; Node's default is 120,000) is dropped.
 */
export class Listener implements WorkSource<Socket> {
  private readonly server: Server
  private readonly waiting = new Deque<Socket>()
  /** The greenlets that wait for a connection. @internal */
  readonly acceptors: Line = new Line()
  /** Connections whose TLS handshake is not done. */
  private readonly handshaking = new Set<NodeSocket>()
  private readonly backlog: number
  private readonly options: ListenOptions
  private unwatch: (() => void) | undefined
  private limit: number | undefined
  private open = true
  /** Whether nobody will accept any more. */
  private forgotten = false
  private where: AddressInfo | string | null = null
  private arrivals = 0
  private accepted = 0
  private dropped = 0
  private handshakesFailed = 0
  private secondsWithoutDescriptors = 0

  /** Use {@link listen}. @internal */
  constructor(options: ListenOptions) {
    this.options = options
    this.backlog = checkBacklog(options.backlog)
    checkPath(options.path, 'listen')
    const { noDelay, keepAlive, keepAliveInitialDelay, tls } = options
    const common = { noDelay, keepAlive, keepAliveInitialDelay } as object
    if (tls === undefined) {
      this.server = new Server({ ...common, pauseOnConnect: true, allowHalfOpen: true })
      this.server.on('connection', this.arrived)
    } else {
      // Not half open yet: a client that goes away during the handshake would not be noticed.
      this.server = new TLSServer({ ...tls, ...common, allowHalfOpen: false })
      this.server.on('connection', (node) => this.handshaking.add(node))
      this.server.on('secureConnection', (node: NodeSocket) => {
        this.handshaking.delete(nodeBelow(node))
        this.arrived(node)
      })
      this.server.on('tlsClientError', (_error: Error, node: NodeSocket) => {
        this.handshaking.delete(nodeBelow(node))
        this.handshakesFailed++
        // Node leaves one open whose handshake took too long.
        node.destroy()
      })
    }
  }

  /**
   * Waits for a connection.
   *
   * @throws ClosedError when the listener is closed, before or meanwhile; Timeout.
   * Cancel safety: no connection is lost. One that was handed over already goes to the next one who accepts.
   */
  accept(options?: WaitOptions): Operation<Socket> {
    return new Accept(this, limitedBy(this.limit, options))
  }

  /** Where it listens, as Node's `server.address()` says it: the path of a Unix socket is a string. */
  address(): AddressInfo | string {
    return this.where!
  }

  /** The port; `undefined` for a Unix socket. */
  get port(): number | undefined {
    return typeof this.where === 'object' ? this.where?.port : undefined
  }

  /** Whether it was closed. */
  get closed(): boolean {
    return !this.open
  }

  /** The time limit in milliseconds of each `accept` that has none of its own; `undefined` for none. */
  get timeout(): number | undefined {
    return this.limit
  }

  set timeout(milliseconds: number | undefined) {
    if (milliseconds !== undefined) checkDuration(milliseconds, 'listener.timeout')
    this.limit = milliseconds
  }

  /** How it stands: for monitoring and tests. */
  stats(): ListenerStats {
    const { accepted, waiting, backlog, dropped, handshakesFailed, secondsWithoutDescriptors } = this
    return { accepted, waiting: waiting.size, backlog, dropped, handshakesFailed, secondsWithoutDescriptors }
  }

  /**
   * Stops listening. Those who wait in `accept` get a `ClosedError`, connections that nobody has accepted are reset.
   * Those that were accepted go on. Closing it again does nothing.
   */
  close(): void {
    this.refuse()
    this.forgotten = true
    while (this.waiting.size > 0) this.waiting.shift().reset()
    for (const node of this.handshaking) node.destroy()
    this.acceptors.serve()
  }

  /**
   * Stops listening, but lets those be accepted who are waiting already.
   * @internal
   */
  refuse(): void {
    if (!this.open) return
    this.open = false
    this.unwatch?.()
    this.server.close()
    this.acceptors.serve()
  }

  /**
   * Waits until those whom the kernel has connected were accepted by Node. Closing would reset them. Node takes one in
   * each turn of the loop, so a turn without any means that nobody is left; those who come meanwhile may be unlucky,
   * under a load that never pauses.
   * @internal
   */
  *settle(): Coroutine<void> {
    // What is polled in the turn that is under way may be from before they came.
    yield* idle()
    const most = kernelBacklog(this.backlog)
    for (let turn = 0, before = -1; turn < most && before !== this.arrivals; turn++) {
      before = this.arrivals
      yield* idle()
    }
  }

  /** Closes it, for `using`. */
  [Symbol.dispose](): void {
    this.close()
  }

  /** Describes it and its state in one line. */
  toString(): string {
    return `<Listener ${formatAddress(this.where)}>`
  }

  /** @internal */
  listen(wait: Wait<Listener>): void {
    const { server } = this
    server.on('error', (error) => {
      // Once it listens, Node says so when the kernel fails to accept, and listens on.
      if (!wait.reject(error) && this.open) wait.hub.platform.report(`${this.toString()}: ${error.message}`)
    })
    server.once('listening', () => {
      this.where = server.address()
      if (this.open) {
        if (!network.current.isSimulated) this.unwatch = watchDescriptors(this)
        wait.resolve(this)
      } else server.close()
    })
    network.current.listen(server, nodeOptions(this.options))
  }

  /** Whether a connection waits to be accepted, or none will come. @internal */
  get hasAnswer(): boolean {
    return this.waiting.size > 0 || !this.open
  }

  /** Takes the first connection that waits. @throws ClosedError when none will come. @internal */
  take(): Socket {
    if (this.waiting.size === 0) throw this.closedError()
    this.accepted++
    return this.waiting.shift()
  }

  /** Takes back a connection that was accepted, as the first of those who wait. @internal */
  putBack(socket: Socket): void {
    this.accepted--
    if (this.forgotten) {
      socket.reset()
      return
    }
    this.waiting.unshift(socket)
    this.acceptors.serve()
  }

  /** @internal */
  drop(socket: Socket): void {
    socket[Symbol.dispose]()
  }

  /** @internal */
  outOfDescriptors(): void {
    this.secondsWithoutDescriptors++
  }

  /** Node has accepted a connection. @internal */
  readonly arrived = (node: NodeSocket): void => {
    this.arrivals++
    const socket = Socket.from(node)
    if (this.waiting.size < this.backlog && this.open) {
      this.waiting.push(socket)
      this.acceptors.serve()
    } else {
      this.dropped++
      socket.reset()
    }
  }

  private closedError(): ClosedError {
    return new ClosedError(`${this.toString()}.accept: this program has closed the listener`)
  }
}
showAs(Listener, String)

class Accept extends NetworkAttempt<Socket> {
  constructor(
    private readonly listener: Listener,
    options: WaitOptions | undefined,
  ) {
    super(options)
  }

  get line(): Line {
    return this.listener.acceptors
  }

  isReady(): boolean {
    return this.listener.hasAnswer
  }

  perform(): Socket {
    return this.listener.take()
  }

  override undoWait(_wait: Wait<Socket>, socket: Socket): void {
    this.listener.putBack(socket)
  }

  override describe(): string {
    return `${this.listener.toString()}.accept`
  }
}
