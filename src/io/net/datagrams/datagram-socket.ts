import { checkOptions } from '../../../scheduler/checks/check-options.js'
import { createSocket, type Socket as NodeSocket, type SocketOptions } from 'node:dgram'
import type { AddressInfo } from 'node:net'
import { checkDuration } from '../../../scheduler/checks/check-duration.js'
import { outOfRange } from '../../../scheduler/checks/bad-argument.js'
import { showAs } from '../../../scheduler/checks/node-inspect.js'
import type { Operation } from '../../../scheduler/kernel/operation.js'
import type { Wait } from '../../../scheduler/kernel/wait.js'
import { checkWaitOptions, limitsOf, type WaitOptions } from '../../../scheduler/kernel/wait-options.js'
import { Line } from '../../../scheduler/kernel/line.js'
import { formatAddress, type Address } from '../address.js'
import { sharedLookup } from '../dns.js'
import { limitedBy } from '../network.js'
import { classify, ClosedError } from '../socket-errors.js'
import type { WorkStats } from '../work-source.js'
import {
  bindOptionNames,
  datagramOptionNames,
  destination,
  placeOf,
  type BindOptions,
  type DatagramOptions,
  type Destination,
} from './datagram-options.js'
import { Receive, Send, StartSocket, type Datagram, type Sent } from './datagram-operations.js'
import { Inbox } from './inbox.js'

/** How many bytes may wait to be received, unless given: five times what the kernel keeps for a socket. */
const MEMORY = 2 ** 20

/**
 * A UDP socket. (gevent: `gevent.socket.socket(AF_INET, SOCK_DGRAM)`.)
 *
 * ```ts
 * using socket = new DatagramSocket()
 * yield* socket.sendTo('ping', { host: '127.0.0.1', port: 6000 })
 * const [data, from] = yield* socket.recvFrom({ timeout: 1000 })
 * ```
 *
 * Datagrams get lost: on the way, and here if nobody receives them. As the kernel does, this drops what comes when too
 * much is waiting; how often is in {@link DatagramSocket.stats}. Several greenlets may receive, each in its turn.
 */
export class DatagramSocket {
  /** Node's socket underneath, for its settings: `setBroadcast`, `addMembership`, `setTTL`, … */
  readonly node: NodeSocket
  private readonly inbox: Inbox
  /** The greenlets that wait for a datagram. @internal */
  readonly receivers: Line = new Line()
  private readonly senders = new Line<void, unknown, Send>()
  private limit: number | undefined
  private accepted = 0
  private dropped = 0
  private state: 'open' | 'refusing' | 'closed' = 'open'
  private starting: Wait<this> | null = null
  private failure: unknown = undefined

  /**
   * @param options `type`: `'udp4'` or `'udp6'`; `memory`: how many bytes may wait to be received. {@link
   *   DatagramSocket.bind} or the first message that is sent opens it.
   */
  constructor(settings: DatagramOptions = {}) {
    checkOptions(settings, datagramOptionNames, this)
    const { memory = MEMORY, type = 'udp4', ...options } = settings
    if (!(memory > 0)) throw outOfRange('new DatagramSocket({ memory })', 'bytes', memory)
    this.inbox = new Inbox(memory)
    this.node = createSocket({ lookup: sharedLookup, ...options, type } as SocketOptions)
    this.node.on('message', (data, from) => {
      this.arrived([data, from])
    })
    this.node.on('error', (error) => {
      this.failed(error)
    })
  }

  /**
   * Binds it to an address, so that others know where to send to. Without it the first `sendTo` binds it to a free
   * port.
   *
   * @param options where; in short a port, or `'host:port'`.
   * @returns the socket.
   * @throws Node's error when it cannot: `EADDRINUSE`, …; LookupError, Timeout. Then it is closed.
   * Cancel safety: a kill or timeout closes it.
   */
  bind(options: BindOptions | Address = {}): Operation<this> {
    const where: BindOptions = typeof options === 'object' ? options : placeOf(options, 'bind(address)')
    checkWaitOptions(where, bindOptionNames)
    const begin = (): void => {
      const { host: address, port = 0, exclusive = false } = where
      this.node.once('listening', this.started)
      this.node.bind({ port, exclusive, ...(address === undefined ? {} : { address }) })
    }
    return new StartSocket(this, 'bind', begin, limitsOf(where))
  }

  /**
   * Fixes the other side: `send` sends there, and only what comes from there is received.
   *
   * @throws LookupError, Timeout.
   * Cancel safety: a kill or timeout closes it.
   */
  connect(to: Destination, options?: WaitOptions): Operation<this> {
    const { host, port } = destination(to, 'connect(to)')
    const begin = (): void => {
      this.node.connect(port, host, this.started)
    }
    return new StartSocket(this, 'connect', begin, options)
  }

  /**
   * The time limit in milliseconds of each `recv`, `recvFrom`, `send` and `sendTo` that has none of its own;
   * `undefined` for none.
   */
  get timeout(): number | undefined {
    return this.limit
  }

  set timeout(milliseconds: number | undefined) {
    if (milliseconds !== undefined) checkDuration(milliseconds, 'socket.timeout')
    this.limit = milliseconds
  }

  /**
   * Waits for a datagram.
   *
   * @returns it and who sent it.
   * @throws ClosedError; ConnectionRefusedError when it is connected and nobody is there; Timeout.
   * Cancel safety: no datagram is lost. One that was handed over already goes to the next who receives.
   */
  recvFrom(options?: WaitOptions): Operation<Datagram> {
    return new Receive(this, 'recvFrom', (datagram) => datagram, limitedBy(this.limit, options))
  }

  /** Waits for a datagram from any sender. Otherwise as {@link DatagramSocket.recvFrom}. */
  recv(options?: WaitOptions): Operation<Buffer> {
    return new Receive(this, 'recv', ([data]) => data, limitedBy(this.limit, options))
  }

  /**
   * Sends a datagram, and waits until the kernel has taken it. That it arrives nobody can know.
   *
   * @param data text (UTF-8) or bytes, which must not be changed before it is done.
   * @throws LookupError; `EMSGSIZE` when it is too long; ClosedError, Timeout.
   * Cancel safety: it may be sent anyway.
   */
  sendTo(data: string | Uint8Array, to: Destination, options?: WaitOptions): Operation<void> {
    const { host, port } = destination(to, 'sendTo(data, to)')
    const send = (sent: Sent): void => {
      this.node.send(data, port, host, sent)
    }
    return new Send(this, 'sendTo', send, limitedBy(this.limit, options))
  }

  /** Sends a datagram to the other side of a socket that is connected. Otherwise as {@link DatagramSocket.sendTo}. */
  send(data: string | Uint8Array, options?: WaitOptions): Operation<void> {
    const send = (sent: Sent): void => {
      this.node.send(data, sent)
    }
    return new Send(this, 'send', send, limitedBy(this.limit, options))
  }

  /** Where it is bound to. @throws Node's error when it is not bound. */
  address(): AddressInfo {
    return this.node.address()
  }

  /** Whether it was closed. */
  get closed(): boolean {
    return this.state !== 'open'
  }

  /** How it stands: for monitoring and tests. */
  stats(): WorkStats {
    const { accepted, inbox, dropped } = this
    return { accepted, waiting: inbox.size, dropped }
  }

  /** Closes it. Those who wait on it get a `ClosedError`. Closing it again does nothing. */
  close(): void {
    if (this.state === 'closed') return
    this.refuse()
    this.state = 'closed'
    this.inbox.clear()
    this.starting?.reject(this.closedError('bind'))
    // Node never says what became of one whose name is still being looked up.
    this.senders.endAll((wait) => wait.reject(this.closedError('send')))
    this.node.close()
  }

  /** Closes it, for `using`. */
  [Symbol.dispose](): void {
    this.close()
  }

  /** Describes it and its state in one line. */
  toString(): string {
    return `<DatagramSocket ${this.state === 'closed' ? 'closed' : formatAddress(boundTo(this.node))}>`
  }

  /** Receives no more; what is waiting can be received still. @internal */
  refuse(): void {
    if (this.state !== 'open') return
    this.state = 'refusing'
    this.receivers.serve()
  }

  /** Whether a datagram waits to be received, or an error, or none will come. @internal */
  get hasAnswer(): boolean {
    return this.inbox.size > 0 || this.state !== 'open' || this.failure !== undefined
  }

  /** Takes the first datagram that waits. @throws what is there in its place. @internal */
  take(): Datagram {
    if (this.inbox.size > 0) {
      this.accepted++
      return this.inbox.shift()
    }
    if (this.state !== 'open') throw this.closedError('recv')
    const { failure } = this
    this.failure = undefined
    throw failure
  }

  /** Takes back a datagram that was received, as the first of those that wait. @internal */
  putBack(datagram: Datagram): void {
    if (this.state === 'closed') return
    this.accepted--
    this.inbox.unshift(datagram)
    this.receivers.serve()
  }

  /** @internal */
  beginStart(wait: Wait<this>, begin: () => void): void {
    if (this.state !== 'open') throw this.closedError('bind')
    // What Node refuses at once must not get in the way of one that is under way.
    begin()
    this.starting = wait
  }

  /** @internal */
  beginSend(wait: Wait<void, unknown, Send>, send: (sent: Sent) => void): void {
    if (this.state === 'closed') throw this.closedError('send')
    const { senders } = this
    // Node calls back in a later turn, and raises an error now if it is misused.
    send((error) => {
      if (!wait.pending) return
      senders.remove(wait)
      if (error === null) wait.resolve()
      else wait.reject(classify(error))
    })
    senders.add(wait)
  }

  /** @internal */
  cancelSend(wait: Wait<void, unknown, Send>): void {
    this.senders.remove(wait)
  }

  private readonly started = (error?: Error): void => {
    const { starting } = this
    this.starting = null
    if (error) starting?.reject(classify(error))
    else starting?.resolve(this)
  }

  private arrived(datagram: Datagram): void {
    if (this.receivers.first !== null || (this.state === 'open' && this.inbox.hasRoomFor(datagram))) {
      this.inbox.push(datagram)
      this.receivers.serve()
    } else this.dropped++
  }

  // Node says so when it could not start; and later when the network said that nobody is there.
  private failed(error: Error): void {
    const raised = classify(error)
    if (this.starting !== null) {
      const { starting } = this
      this.starting = null
      starting.reject(raised)
      this.close()
      return
    }
    this.failure = raised
    this.receivers.serve()
  }

  private closedError(what: string): ClosedError {
    return new ClosedError(`${this.toString()}.${what}: this program has closed the socket`)
  }
}
showAs(DatagramSocket, String)

function boundTo(node: NodeSocket): AddressInfo | null {
  try {
    return node.address()
  } catch {
    return null
  }
}
