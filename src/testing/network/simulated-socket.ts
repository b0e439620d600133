import type { Socket as NodeSocket, SocketConnectOpts } from 'node:net'
import { NamedTimer } from '../world/time/named-timer.js'
import type { World } from '../world/world.js'
import { systemError } from './errors.js'
import type { Route } from './route.js'
import { Wire, type Receiver } from './wire.js'

/** Where an end of a connection is. */
export interface Endpoint {
  readonly host: string
  readonly address: string
  readonly port: number
}

/** The side that makes connections. */
export interface Connector {
  readonly world: World
  connect(socket: SimulatedSocket, options: SocketConnectOpts): void
  closed(socket: SimulatedSocket): void
}

type Callback = (error?: Error | null) => void

/**
 * The part of a socket that the operating system would have: one end of a connection over a simulated network. What
 * comes in goes through the `push` of Node's stream that stands on it, as over a socket of the system.
 */
export class SimulatedSocket implements Receiver {
  local: Endpoint | undefined
  remote: Endpoint | undefined
  private peer: SimulatedSocket | undefined
  private outgoing: Wire | undefined
  private incoming: Wire | undefined
  private route: Route | undefined
  private readonly arrived: Buffer[] = []
  private hasEnded = false
  private isWanted = false
  readCount = 0
  writtenCount = 0
  private idleTimer: NamedTimer | undefined
  private idleLimit = 0

  constructor(
    readonly connector: Connector,
    /** Node's side of it. */
    readonly node: NodeSocket,
  ) {}

  /** Connects this end to another. */
  join(peer: SimulatedSocket, toPeer: Route, local: Endpoint, remote: Endpoint): void {
    this.peer = peer
    this.local = local
    this.remote = remote
    this.outgoing = new Wire(toPeer, peer)
    this.route = toPeer
    peer.incoming = this.outgoing
  }

  connect(options: SocketConnectOpts): void {
    this.setConnecting(true)
    this.connector.connect(this, options)
  }

  /** The connection stands. */
  established(): void {
    this.setConnecting(false)
    this.connector.world.foreign.disturb()
    this.node.emit('connect')
    this.node.emit('ready')
    if (this.isWanted) this.flush()
  }

  /** The connection failed. */
  failed(error: Error): void {
    this.setConnecting(false)
    this.node.destroy(error)
  }

  // Node's own flag, which only Node is meant to set.
  private setConnecting(connecting: boolean): void {
    ;(this.node as { connecting: boolean }).connecting = connecting
  }

  // ---- What Node's side asks for

  read(): void {
    this.isWanted = true
    if (!this.node.connecting) this.flush()
  }

  write(bytes: Buffer, callback: Callback): void {
    const { node, connector } = this
    connector.world.foreign.disturb()
    this.touch()
    if (this.outgoing === undefined || node.destroyed) {
      callback(systemError('EPIPE', 'write'))
      return
    }
    this.outgoing.send(bytes, () => {
      this.writtenCount += bytes.length
      connector.world.foreign.disturb()
      callback()
    })
  }

  /** Sends the end of the stream. */
  end(): void {
    this.connector.world.foreign.disturb()
    this.outgoing?.end()
  }

  close(): void {
    this.connector.world.foreign.disturb()
    this.stopTimer()
    // The other side learns that its data is no longer read.
    if (this.arrived.length > 0) this.outgoing?.reset()
    else this.outgoing?.close()
    this.arrived.length = 0
    this.connector.closed(this)
  }

  /** Breaks the connection off for the other side. */
  reset(): void {
    this.outgoing?.reset()
    this.outgoing = undefined
  }

  // ---- What comes over the wire

  received(bytes: Buffer): void {
    const { world } = this.connector
    world.foreign.disturb()
    if (this.node.destroyed) {
      // As a kernel answers for a socket that is closed.
      this.answerWithReset()
      return
    }
    this.arrived.push(bytes)
    if (this.isWanted) this.flush()
  }

  receivedEnd(): void {
    this.connector.world.foreign.disturb()
    if (this.node.destroyed) return
    this.hasEnded = true
    if (this.isWanted) this.flush()
  }

  receivedReset(): void {
    this.connector.world.foreign.disturb()
    if (this.node.destroyed) return
    this.arrived.length = 0
    this.outgoing = undefined
    this.node.destroy(systemError('ECONNRESET', 'read'))
  }

  brokenOff(): void {
    this.peer!.receivedReset()
    this.receivedReset()
  }

  private answerWithReset(): void {
    const { peer } = this
    if (peer === undefined || peer.node.destroyed) return
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
      this.isWanted = this.node.push(chunk)
      this.incoming!.free(size)
    }
    if (this.isWanted && this.hasEnded && this.arrived.length === 0) {
      this.isWanted = this.hasEnded = false
      this.node.push(null)
    }
  }

  // ---- The time limit for doing nothing, on the virtual clock

  /** From now on; 0 for no limit. */
  limitIdling(milliseconds: number): void {
    this.idleLimit = milliseconds
    this.touch()
  }

  /** Something happens on it: the time begins again. */
  touch(): void {
    const { world } = this.connector
    this.stopTimer()
    if (this.idleLimit === 0 || this.node.destroyed) return
    this.idleTimer = new NamedTimer(`a socket was idle for ${this.idleLimit} ms`, () => this.node.emit('timeout'))
    world.timeline.start(this.idleTimer, this.idleLimit)
  }

  private stopTimer(): void {
    if (this.idleTimer !== undefined) this.connector.world.timeline.stop(this.idleTimer)
    this.idleTimer = undefined
  }
}
