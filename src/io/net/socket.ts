import type { Socket as NodeSocket } from 'node:net'
import { checkDuration } from '../../scheduler/checks/check-duration.js'
import { badArgument, outOfRange } from '../../scheduler/checks/bad-argument.js'
import { checkData } from './check-data.js'
import { Closed } from './closed.js'
import { misuse } from '../../scheduler/checks/errors.js'
import { showAs } from '../../scheduler/checks/node-inspect.js'
import { operationListener, type Operation } from '../../scheduler/kernel/operation.js'
import type { WaitOptions } from '../../scheduler/kernel/wait-options.js'
import { ReadLine, Recv, RecvAtMost, RecvExactly, RecvUntil } from './socket-reading.js'
import { asBuffer } from '../node/read-buffer.js'
import { isBrokenBy, Transport, transportOf } from './socket-transport.js'
import { SendAll, Shutdown } from './socket-writing.js'
import type { Call } from './socket-errors.js'
import { StartTLS, type StartTLSOptions } from './start-tls.js'
import { limitedBy } from './network.js'

/** How much may come before a delimiter, unless the call says otherwise. */
const LIMIT = 65536

/** Where one of Node's keeps its green socket. */
const greenSlot = Symbol('gvent.socket')

interface GreenNode extends NodeSocket {
  [greenSlot]?: Socket
}

/** Options of {@link Socket.recvUntil} and {@link Socket.readLine}. */
export interface DelimiterOptions extends WaitOptions {
  /** How many bytes may come at most, delimiter included: 65,536 unless given. */
  limit?: number | undefined
}

/**
 * A connection, used in straight lines: a greenlet that calls `recv` waits until something comes, one that calls
 * `sendAll` until the kernel has taken everything, and all others go on meanwhile. It runs over TCP, TLS and Unix
 * sockets. (gevent: `gevent.socket.socket`.)
 *
 * ```ts
 * using socket = yield* connect({ host: '127.0.0.1', port: 6000 })
 * yield* socket.sendAll('hello\n')
 * console.log(yield* socket.readLine())
 * ```
 *
 * Made by `connect`, by a listener's `accept`, by a `StreamServer`, or from one of Node's by {@link Socket.from}.
 *
 * Reading is pull: nothing is read from the kernel that nobody asked for, beyond the rest of one read of it. So a
 * program that does not read stops the one that sends. One greenlet may read at a time; others may write meanwhile,
 * and take turns. When the other side ends the stream `recv` gives `null`, and this side can still send.
 *
 * Over TLS, a stream that was cut off looks like one that was ended, since Node does not tell whether the other side
 * has said goodbye. Trust the lengths or the end marks of your protocol, and not the end of the stream.
 *
 * Errors: `ClosedError` when this program has closed the socket, before a call or during it, by whichever greenlet;
 * `ConnectionResetError` and other `ConnectionError`s when the other side or the network failed. Of those `recv` first
 * gives what came before. Every greenlet that waits on the socket gets the error.
 */
export class Socket {
  private readonly transport: Transport
  /** Sockets without a limit share the one of the prototype. */
  declare private limit: number | undefined

  private constructor(node: NodeSocket) {
    this.transport = new Transport(node)
    ;(node as GreenNode)[greenSlot] = this
  }

  /**
   * The green socket for one of Node's, always the same for the same one. What that has read and not given out yet
   * comes first; from now on its events `'data'` and `'readable'` are silent, until {@link Socket.detach}.
   */
  static from(node: NodeSocket): Socket {
    if (typeof (node as Partial<NodeSocket> | null)?._read !== 'function')
      throw badArgument('Socket.from(node)', 'a net.Socket', node, 'to connect write connect()')
    return Socket.find(node) ?? new Socket(node)
  }

  /** The green socket of one of Node's, if it has become one. @internal */
  static find(node: NodeSocket): Socket | undefined {
    return transportOf(node) === undefined ? undefined : (node as GreenNode)[greenSlot]
  }

  /**
   * Node's socket underneath, for its settings and certificates (`setNoDelay`, `setKeepAlive`, `getPeerCertificate`).
   * To read from it, write to it or close it directly gets in the way of those who use this one.
   */
  get node(): NodeSocket {
    return this.transport.node
  }

  /** Whether it cannot be used any more: it was closed here, or the connection broke. */
  get closed(): boolean {
    return this.transport.closed
  }

  /** Whether `error` is that the other side broke this connection off, also after `startTLS` or `detach`. @internal */
  isBrokenBy(error: unknown): boolean {
    return isBrokenBy(this.node, error)
  }

  /** The address of this end; the path for a Unix socket that was bound to one. */
  get localAddress(): string | undefined {
    return this.node.localAddress
  }

  /** The port on this side; `undefined` for a Unix socket, and before it is connected. */
  get localPort(): number | undefined {
    return this.node.localPort
  }

  /** The address of the other end; `undefined` for a Unix socket and after a close. */
  get remoteAddress(): string | undefined {
    return this.node.remoteAddress
  }

  /** The port on the other side; `undefined` for a Unix socket, and before it is connected. */
  get remotePort(): number | undefined {
    return this.node.remotePort
  }

  /**
   * The time limit in milliseconds of each call that has none of its own: `recv` and its like, `sendAll`. `undefined`
   * for none, as it is at first.
   */
  get timeout(): number | undefined {
    return this.limit
  }

  set timeout(milliseconds: number | undefined) {
    if (milliseconds !== undefined) checkDuration(milliseconds, 'socket.timeout')
    this.limit = milliseconds
  }

  /**
   * Waits until something comes in.
   *
   * @param max how many bytes it takes at most; without it, what came in together.
   * @returns at least one byte; `null` when the other side has ended the stream.
   * @throws ConcurrentUseError when another greenlet is reading, which goes on; ClosedError, ConnectionError, Timeout.
   * Cancel safety: no byte is lost. What was handed over already is what the next reader gets first.
   */
  recv(max?: number, options?: WaitOptions): Operation<Buffer | null> {
    if (max === undefined && options === undefined && this.limit === undefined && operationListener === null)
      return this.transport
    if (max === undefined) return new Recv(this.transport, limitedBy(this.limit, options))
    return new RecvAtMost(this.transport, checkLimit(max, 'recv(max, options)'), limitedBy(this.limit, options))
  }

  /**
   * Waits for so many bytes, and takes just these.
   *
   * @throws IncompleteReadError when the stream ends before; nothing is taken then. Else as {@link Socket.recv}.
   * Cancel safety: no byte is lost.
   */
  recvExactly(size: number, options?: WaitOptions): Operation<Buffer> {
    if (!Number.isInteger(size) || size < 0) throw notASize(size, 'recvExactly(size, options)', 0)
    return new RecvExactly(this.transport, size, limitedBy(this.limit, options))
  }

  /**
   * Waits for `delimiter`, and takes everything up to it and with it.
   *
   * @param delimiter text (UTF-8) or bytes.
   * @param options `limit`: how many bytes may come at most.
   * @throws LimitError when more come without it, IncompleteReadError when the stream ends before; nothing is taken
   *   then. Else as {@link Socket.recv}.
   * Cancel safety: no byte is lost.
   */
  recvUntil(delimiter: string | Uint8Array, options?: DelimiterOptions): Operation<Buffer> {
    const bytes = toBuffer(delimiter, 'recvUntil(delimiter)')
    if (bytes.length === 0) throw misuse(new RangeError('recvUntil(delimiter): the delimiter is empty'))
    return new RecvUntil(this.transport, bytes, limitOf(options, 'recvUntil'), limitedBy(this.limit, options))
  }

  /**
   * Waits for a line.
   *
   * @param options `limit`: how many bytes it may have at most.
   * @returns the line as text (UTF-8) without its end, which is `\n` or `\r\n`; the last one need not have an end.
   *   `null` when the other side has ended the stream.
   * @throws LimitError when it is longer; nothing is taken then. Else as {@link Socket.recv}.
   * Cancel safety: no byte is lost.
   */
  readLine(options?: DelimiterOptions): Operation<string | null> {
    return new ReadLine(this.transport, limitOf(options, 'readLine'), limitedBy(this.limit, options))
  }

  /**
   * Sends all of `data`, and waits until the kernel has taken it: while its buffer is full because the other side does
   * not read, and while other greenlets are sending on this socket, each in its turn.
   *
   * @param data text (UTF-8) or bytes. They must not be changed before it is done.
   * @throws ClosedError, also after `shutdown`; ConnectionError, Timeout. The limit is for all of it.
   * Cancel safety: a part may have been sent, since what the kernel has taken cannot be taken back, and up to a
   * megabyte more that it was offered may follow. It is unknown whether a kill came before the first byte. Data after
   * that is in the middle of something for the other side: close the socket, unless you know better. One that still
   * waited for its turn sends nothing.
   */
  sendAll(data: string | Uint8Array, options?: WaitOptions): Operation<void> {
    return new SendAll(this.transport.writing, toBytes(data, 'sendAll(data)'), limitedBy(this.limit, options))
  }

  /**
   * Ends this side of the stream, after what other greenlets are sending already; the other side can still send. It
   * acts at once.
   *
   * @returns an operation that waits until the end was sent.
   * @throws ConnectionError, when waited for and the connection breaks before; Timeout.
   * Cancel safety: the end is sent anyway.
   */
  shutdown(options?: WaitOptions): Operation<void> {
    const { writing } = this.transport
    writing.end()
    return new Shutdown(writing, options)
  }

  /**
   * Closes the connection at once. Waits on it raise a `ClosedError`. What `sendAll` has sent still arrives,
   * unless something that came in over TCP was never received: then the system resets the connection, and the other
   * side may lose it. Where that matters, receive up to the end first. Closing it again does nothing.
   *
   * @returns an operation that waits until the descriptor is free.
   * Cancel safety: it is closed anyway.
   */
  close(options?: WaitOptions): Operation<void> {
    this.transport.close()
    return new Closed(this.transport, options)
  }

  /**
   * Breaks the connection off: over TCP the other side gets `ECONNRESET`, and what was sent last may not arrive.
   * Otherwise as {@link Socket.close}. For a peer that misbehaves.
   */
  reset(options?: WaitOptions): Operation<void> {
    this.transport.reset()
    return new Closed(this.transport, options)
  }

  /**
   * Goes on with TLS on this connection, as after `STARTTLS`. This socket is detached by it.
   *
   * @param options those of `tls.connect`; or with `isServer: true` those of `tls.createServer`.
   * @returns a new socket, when the handshake is done.
   * @throws TLSError, ConnectionError, Timeout; the connection is closed then.
   * Cancel safety: a kill or timeout closes the connection.
   */
  startTLS(options: StartTLSOptions = {}): Operation<Socket> {
    return new StartTLS(this, options, limitedBy(this.limit, options), (node) => Socket.from(node))
  }

  /**
   * Lets go of Node's socket, for code that reads and writes it by Node's own means. Bytes that came in and were not
   * taken yet go back to it. From now on its errors are the caller's to listen for, and this socket is unusable.
   *
   * @throws ConcurrentUseError while a greenlet reads or writes; ClosedError, ConnectionError when there is nothing
   *   left to let go of.
   */
  detach(): NodeSocket {
    return this.detachFor({ describe: () => `${this.toString()}.detach` })
  }

  /** The same, on behalf of `call`. @internal */
  detachFor(call: Call): NodeSocket {
    return this.transport.detach(call)
  }

  /** Closes it, for `using`. */
  [Symbol.dispose](): void {
    this.transport.close()
  }

  /** Describes it and its state in one line. */
  toString(): string {
    return this.transport.toString()
  }
}
Reflect.defineProperty(Socket.prototype, 'limit', { configurable: true, writable: true, value: undefined })
showAs(Socket, String)

function limitOf(options: DelimiterOptions | undefined, where: string): number {
  return options?.limit === undefined ? LIMIT : checkLimit(options.limit, `${where}: { limit }`)
}

function checkLimit(limit: number, where: string): number {
  if (limit === Infinity || (Number.isInteger(limit) && limit > 0)) return limit
  throw notASize(limit, where, 1)
}

function notASize(size: unknown, where: string, least: number): RangeError {
  return outOfRange(where, `a whole number of bytes from ${least}`, size)
}

function toBuffer(data: string | Uint8Array, where: string): Buffer {
  return asBuffer(toBytes(data, where))
}

function toBytes(data: string | Uint8Array, where: string): Uint8Array {
  checkData(data, where)
  return typeof data === 'string' ? Buffer.from(data) : data
}
