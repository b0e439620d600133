import { Socket as NodeSocket, type SocketConnectOpts, type SocketConstructorOpts } from 'node:net'
import { Timer } from '../../scheduler/timers.js'
import type { World } from '../world.js'
import { systemError } from './errors.js'
import type { Route } from './route.js'
import { Wire, type Receiver } from './wire.js'

/** Where an end of a connection is. */
export interface Endpoint {
  readonly host: string
  readonly address: string
  readonly port: number
}

/** Whoever makes connections. */
export interface Connector {
  readonly world: World
  connect(socket: SimulatedSocket, options: SocketConnectOpts): void
  closed(socket: SimulatedSocket): void
}

type Callback = (error?: Error | null) => void

/**
 * A socket of Node's that stands on a simulated network. What comes in comes through the stream's own `push`, what goes
 * out through its own `_write`, as over a socket of the system; so all that is built on Node's sockets works on it.
 */
export class SimulatedSocket extends NodeSocket implements Receiver {
  local: Endpoint | undefined
  remote: Endpoint | undefined
  private peer: SimulatedSocket | undefined
  private outgoing: Wire | undefined
  private incoming: Wire | undefined
  private route: Route | undefined
  private readonly arrived: Buffer[] = []
  private hasEnded = false
  private isWanted = false
  /** @internal */
  readCount = 0
  /** @internal */
  writtenCount = 0
  private idleTimer: Timer<SimulatedSocket> | undefined
  private idleLimit = 0

  constructor(
    private readonly connector: Connector,
    options: SocketConstructorOpts,
  ) {
    super(options)
  }

  /** Connects this end to another. */
  join(peer: SimulatedSocket, toPeer: Route, local: Endpoint, remote: Endpoint): void {
    this.peer = peer
    this.local = local
    this.remote = remote
    this.outgoing = new Wire(toPeer, peer)
    this.route = toPeer
    peer.incoming = this.outgoing
  }

  // The types of Node have many forms of it, all of which come down to this one.
  override connect(...args: unknown[]): this {
    const [options] = args as [SocketConnectOpts]
    this.setConnecting(true)
    this.connector.connect(this, options)
    return this
  }

  /** The connection stands. */
  established(): void {
    this.setConnecting(false)
    this.connector.world.disturb()
    this.emit('connect')
    this.emit('ready')
    if (this.isWanted) this.flush()
  }

  /** The connection failed. */
  failed(error: Error): void {
    this.setConnecting(false)
    this.destroy(error)
  }

  // Node's own flag, which only Node is meant to set.
  private setConnecting(connecting: boolean): void {
    ;(this as { connecting: boolean }).connecting = connecting
  }

  // ---- What Node's streams ask for

  override _read(): void {
    this.isWanted = true
    if (!this.connecting) this.flush()
  }

  override _write(chunk: Buffer | string, encoding: BufferEncoding, callback: Callback): void {
    if (this.connecting) {
      this.once('connect', () => {
        this._write(chunk, encoding, callback)
      })
      return
    }
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk, encoding) : chunk
    this.connector.world.disturb()
    this.touch()
    if (this.outgoing === undefined || this.destroyed) {
      callback(systemError('EPIPE', 'write'))
      return
    }
    this.outgoing.send(bytes, () => {
      this.writtenCount += bytes.length
      this.connector.world.disturb()
      callback()
    })
  }

  override _writev(chunks: { chunk: Buffer | string; encoding: BufferEncoding }[], callback: Callback): void {
    const parts = chunks.map(({ chunk, encoding }) =>
      typeof chunk === 'string' ? Buffer.from(chunk, encoding) : chunk,
    )
    this._write(Buffer.concat(parts), 'buffer' as BufferEncoding, callback)
  }

  override _final(callback: Callback): void {
    if (this.connecting) {
      this.once('connect', () => {
        this._final(callback)
      })
      return
    }
    this.connector.world.disturb()
    this.outgoing?.end()
    callback()
  }

  override _destroy(error: Error | null, callback: Callback): void {
    this.connector.world.disturb()
    this.stopTimer()
    // The other side is told that nobody reads any more what it has sent.
    if (this.arrived.length > 0) this.outgoing?.reset()
    else this.outgoing?.close()
    this.arrived.length = 0
    this.connector.closed(this)
    // Node's own part: without a handle it closes at once.
    super._destroy(error, callback)
  }

  override resetAndDestroy(): this {
    this.outgoing?.reset()
    this.outgoing = undefined
    return this.destroy()
  }

  // ---- What comes over the wire

  received(bytes: Buffer): void {
    const { world } = this.connector
    world.disturb()
    if (this.destroyed) {
      // As a kernel answers for a socket that is closed.
      this.answerWithReset()
      return
    }
    this.arrived.push(bytes)
    if (this.isWanted) this.flush()
  }

  receivedEnd(): void {
    this.connector.world.disturb()
    if (this.destroyed) return
    this.hasEnded = true
    if (this.isWanted) this.flush()
  }

  receivedReset(): void {
    this.connector.world.disturb()
    if (this.destroyed) return
    this.arrived.length = 0
    this.outgoing = undefined
    this.destroy(systemError('ECONNRESET', 'read'))
  }

  brokenOff(): void {
    this.peer!.receivedReset()
    this.receivedReset()
  }

  private answerWithReset(): void {
    const { peer } = this
    if (peer === undefined || peer.destroyed) return
    this.route!.deliver(() => {
      peer.receivedReset()
    })
  }

  private flush(): void {
    for (let next = this.arrived[0]; this.isWanted && next !== undefined; next = this.arrived[0]) {
      const size = this.route!.readable(next.length)
      const chunk = next.subarray(0, size)
      if (size === next.length) this.arrived.shift()
      else this.arrived[0] = next.subarray(size)
      this.readCount += size
      this.touch()
      this.isWanted = this.push(chunk)
      this.incoming!.free(size)
    }
    if (this.isWanted && this.hasEnded && this.arrived.length === 0) {
      this.isWanted = this.hasEnded = false
      this.push(null)
    }
  }

  // ---- The time limit for doing nothing, on the virtual clock

  override setTimeout(milliseconds: number, callback?: () => void): this {
    this.stopTimer()
    this.idleLimit = milliseconds
    Object.assign(this, { timeout: milliseconds })
    if (callback !== undefined) {
      if (milliseconds === 0) this.off('timeout', callback)
      else this.once('timeout', callback)
    }
    this.touch()
    return this
  }

  private touch(): void {
    const { world } = this.connector
    this.stopTimer()
    if (this.idleLimit === 0 || this.destroyed) return
    this.idleTimer = new Timer<SimulatedSocket>(ringIdle, this)
    world.startTimer(this.idleTimer, this.idleLimit)
  }

  private stopTimer(): void {
    if (this.idleTimer !== undefined) this.connector.world.timeline.stop(this.idleTimer)
    this.idleTimer = undefined
  }

  /** Node calls it whenever something happens on the socket. */
  _unrefTimer(): void {
    this.touch()
  }
}

// What a socket of the system asks its handle for. For the types these are fields, so they cannot be overridden.
const properties: Record<string, (this: SimulatedSocket) => unknown> = {
  remoteAddress() {
    return this.destroyed ? undefined : this.remote?.address
  },
  remotePort() {
    return this.destroyed ? undefined : this.remote?.port
  },
  remoteFamily() {
    return this.destroyed || this.remote === undefined ? undefined : 'IPv4'
  },
  localAddress() {
    return this.local?.address
  },
  localPort() {
    return this.local?.port
  },
  localFamily() {
    return this.local === undefined ? undefined : 'IPv4'
  },
  bytesRead() {
    return this.readCount
  },
  bytesWritten() {
    return this.writtenCount + this.writableLength
  },
  pending() {
    return this.connecting || this.remote === undefined
  },
}
for (const [name, get] of Object.entries(properties)) {
  Object.defineProperty(SimulatedSocket.prototype, name, { configurable: true, get })
}

function ringIdle(socket: SimulatedSocket): void {
  socket.emit('timeout')
}
