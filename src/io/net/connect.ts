import type { OptionNames } from '../../scheduler/checks/check-options.js'
import {
  isIP,
  type AddressInfo,
  type Socket as NodeSocket,
  type LookupFunction,
  type SocketConnectOpts,
  type SocketConstructorOpts,
} from 'node:net'
import { misuse } from '../../scheduler/checks/errors.js'
import type { Operation } from '../../scheduler/kernel/operation.js'
import type { Wait } from '../../scheduler/kernel/wait.js'
import { waitOptionNames, type WaitOptions } from '../../scheduler/kernel/wait-options.js'
import { show } from '../../scheduler/checks/show.js'
import { checkPath, parseAddress, type Address } from './address.js'
import { sharedLookup } from './dns.js'
import { shakeHands, type ClientTLSOptions } from './handshake.js'
import { NetworkOperation, network } from './network.js'
import { classify } from './socket-errors.js'
import { Socket } from './socket.js'

/** Where and how to connect. What is not explained here is as for Node's `net.connect`. */
export interface ConnectOptions extends WaitOptions {
  /** A name or an address; `localhost` unless given. */
  host?: string | undefined
  /** The port, from 0 to 65,535. */
  port?: number | undefined
  /** The path of a Unix socket, in place of `host` and `port`. */
  path?: string | undefined
  /**
   * Speak TLS: `true`, or options of `tls.connect` (`ca`, `servername`, `rejectUnauthorized`, `ALPNProtocols`, …). The
   * certificate has to be valid for `servername`, which is `host` unless given.
   */
  tls?: boolean | Omit<ClientTLSOptions, 'isServer'> | undefined
  /** The address of this machine to connect from. */
  localAddress?: string | undefined
  /** The port of this machine to connect from. */
  localPort?: number | undefined
  /** The version of IP, 4 or 6; both unless given. */
  family?: 0 | 4 | 6 | undefined
  /** Hints for looking up the name, as `dns.lookup` takes them. */
  hints?: number | undefined
  /** A function in place of `dns.lookup`. */
  lookup?: LookupFunction | undefined
  /** Send small pieces at once: `TCP_NODELAY`. */
  noDelay?: boolean | undefined
  /** Have the system ask, while nothing is sent, whether the other side is still there. */
  keepAlive?: boolean | undefined
  /** When it asks first, in milliseconds of silence. */
  keepAliveInitialDelay?: number | undefined
  /**
   * Try the addresses of a name one after another, of both versions of IP. `true` unless Node is configured otherwise.
   */
  autoSelectFamily?: boolean | undefined
  /** How long one address may take before the next one is tried too, in milliseconds. */
  autoSelectFamilyAttemptTimeout?: number | undefined
}

/**
 * Connects.
 *
 * ```ts
 * using socket = yield* connect({ host: 'example.org', port: 443, tls: true, timeout: 5000 })
 * ```
 *
 * A name with several addresses is tried address by address, the next one when the one before takes too long, as Node
 * does (`autoSelectFamily`; RFC 8305).
 *
 * @param options where to; in short a port, `'host:port'` or a path; or what a server's `address()` says:
 *   `connect(server.address()!)`. `timeout` is for all of it: looking up the name, connecting, and the TLS handshake.
 * @returns the socket.
 * @throws ConnectionRefusedError, ConnectionError, LookupError, TLSError, Timeout; each says what was tried.
 * Cancel safety: a kill or timeout leaves nothing behind, whatever it was busy with.
 */
export function connect(options: ConnectOptions | Address | AddressInfo): Operation<Socket> {
  if (typeof options === 'number' || typeof options === 'string') {
    return new Connect(parseAddress(options, 'connect(address)'))
  }
  if (typeof options === 'object' && options !== null && 'address' in options) return connect(reachable(options))
  if (typeof options !== 'object' || options === null || (options.port ?? options.path) === undefined) {
    throw noTarget(options)
  }
  return new Connect(options)
}

function noTarget(given: unknown): TypeError {
  const why =
    given === null ? '; the address of a server is null before `yield* server.start()`' : ' without a port or path'
  return misuse(
    new TypeError(
      `connect(options): expected { host, port }, { path }, a port or 'host:port', got ${show(given)}${why}`,
    ),
  )
}

// A server that listens everywhere has no address that can be reached on every system: localhost is one of its own.
function reachable({ address, family: _family, ...others }: AddressInfo): ConnectOptions {
  return address === '0.0.0.0' || address === '::' ? others : { host: address, ...others }
}

const connectOptionNames: OptionNames = {
  own: [
    ...[
      'host',
      'port',
      'path',
      'tls',
      'localAddress',
      'localPort',
      'family',
      'hints',
      'lookup',
      'noDelay',
      'keepAlive',
    ],
    ...['keepAliveInitialDelay', 'autoSelectFamily', 'autoSelectFamilyAttemptTimeout', ...waitOptionNames.own],
  ],
  platform: ['fd', 'onread', 'blockList', 'allowHalfOpen', 'readable', 'writable', 'highWaterMark'],
}

/**
 * Picks the options that Node takes. The limits are the wait's own: its `timeout` and `signal` mean something else to
 * Node.
 */
function nodeOptions({ timeout: _timeout, signal: _signal, tls: _tls, ...options }: ConnectOptions): SocketConnectOpts {
  return { lookup: sharedLookup, ...options } as SocketConnectOpts
}

function tlsOptions({ tls, host }: ConnectOptions): ClientTLSOptions | undefined {
  if (tls === undefined || tls === false) return undefined
  const name = host ?? 'localhost'
  // An address is not a server name (RFC 6066), but the certificate has to be for it anyway.
  return { host: name, ...(isIP(name) === 0 ? { servername: name } : {}), ...(tls === true ? {} : tls) }
}

class Connect extends NetworkOperation<Socket, Attempt> {
  private readonly target: ConnectOptions

  /** @internal */
  protected override get optionNames(): OptionNames {
    return connectOptionNames
  }

  constructor(options: ConnectOptions) {
    super(options)
    this.target = options
  }

  beginWait(wait: Wait<Socket, Attempt>): void {
    wait.detail = new Attempt(this.target, wait)
  }

  cancelWait(wait: Wait<Socket, Attempt>): void {
    wait.detail.giveUp()
  }

  override undoWait(_wait: Wait<Socket, Attempt>, socket: Socket): void {
    socket.close()
  }

  override describe(): string {
    const { host = 'localhost', port, path } = this.target
    return `connect(${path ?? `${host}:${port}`})`
  }
}

/** One attempt to connect, which is of no interest any more when its wait is over. */
class Attempt {
  private breakOff: () => void

  constructor(
    private readonly options: ConnectOptions,
    private readonly wait: Wait<Socket>,
  ) {
    const { path, noDelay, keepAlive, keepAliveInitialDelay } = options
    checkPath(path, 'connect')
    const node = network.current.makeSocket({
      allowHalfOpen: true,
      noDelay,
      keepAlive,
      keepAliveInitialDelay,
    } as SocketConstructorOpts)
    this.breakOff = () => {
      node.destroy()
    }
    const fail = (error: Error): void => void wait.reject(classify(error))
    // One that was given up may still have something to complain about, so this stays unless a Socket listens.
    node.on('error', fail)
    node.once('connect', () => {
      this.connected(node)
      node.off('error', fail)
    })
    try {
      node.connect(nodeOptions(options))
    } catch (error) {
      node.destroy()
      throw error
    }
  }

  giveUp(): void {
    this.breakOff()
  }

  private connected(node: NodeSocket): void {
    const options = tlsOptions(this.options)
    if (options === undefined) this.wait.resolve(Socket.from(node))
    else this.secure(node, options)
  }

  private secure(node: NodeSocket, options: ClientTLSOptions): void {
    try {
      this.breakOff = shakeHands(node, options, (error, secure) => {
        if (secure === undefined) this.wait.reject(error)
        else this.wait.resolve(Socket.from(secure))
      })
    } catch (error) {
      this.wait.reject(error)
    }
  }
}
