import type { Socket as NodeSocket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { misuse } from '../../scheduler/checks/errors.js'
import { ConcurrentUseError } from '../../scheduler/checks/state-errors.js'
import { thread } from '../../scheduler/kernel/thread.js'
import { Timer } from '../../scheduler/kernel/timers.js'
import { Line } from '../../scheduler/kernel/line.js'
import { ClosedError, classify, type Call, type Failure } from './socket-errors.js'
import { startReading, writeDirectly } from '../node/direct-stream.js'
import { endAsNode, replaceEndListener, restoreEndListener } from '../node/end-listener.js'
import { receiverOf, redirectReads, restoreReads, type ChunkReceiver } from '../node/read-buffer.js'
import { nodeBelow } from '../node/tls-socket.js'
import { ReadSide } from './socket-reading.js'
import { WriteSide, type ByteSink } from './socket-writing.js'

/** How long, in milliseconds, TLS may take to send its goodbye to a peer that does not read. */
const GOODBYE = 1000

/** Node's side of a green socket: it takes the place of the stream machinery around Node's socket. @internal */
export class Transport extends ReadSide implements ChunkReceiver, ByteSink {
  private writeSide: WriteSide | null = null
  /** The greenlets that wait until the descriptor is closed: nearly always nobody. */
  private closers: Line | 'gone' | null = null

  constructor(readonly node: NodeSocket) {
    super()
    // Otherwise Node would end our side as soon as the other side has ended.
    node.allowHalfOpen = true
    if (node.readableFlowing) node.pause()
    redirectReads(node, this)
    if (node.readableLength > 0) this.drain()
    node.on('error', onError).on('close', onClose)
    replaceEndListener(node, onEnd)
    if (node.readableEnded) this.end()
    if (node.destroyed) {
      this.closers = 'gone'
      if (node.errored === null) this.fail(closed)
      else this.broke(node.errored)
    }
  }

  /** Made when the first byte is sent: many a connection waits for ever. */
  get writing(): WriteSide {
    if (this.writeSide === null) {
      this.writeSide = new WriteSide(this)
      if (this.failure !== null) this.writeSide.fail(this.failure)
    }
    return this.writeSide
  }

  /** Whether this side was closed, or the connection broke. */
  get closed(): boolean {
    return this.failure !== null
  }

  protected startReading(): void {
    startReading(this.node)
  }

  write(piece: Uint8Array, written: (error?: Error | null) => void): void {
    writeDirectly(this.node, piece, written)
  }

  finish(sent: (error?: Error | null) => void): void {
    this.node.end(sent)
  }

  abort(error: Error): void {
    this.node.destroy(error)
  }

  /** Closes it at once; waits on it raise a `ClosedError`. */
  close(): void {
    if (this.failure === closed || this.failure === detached) return
    const { node, writeSide } = this
    const polite = (node as Partial<TLSSocket>).encrypted === true && node.writable && writeSide?.busy !== true
    this.giveUp()
    if (polite) this.sayGoodbye(node)
    else node.destroy()
  }

  /** Breaks the connection off: over TCP the other side gets `ECONNRESET`. */
  reset(): void {
    if (this.failure === detached) return
    this.giveUp()
    resetNode(this.node)
  }

  // What this program closed is closed, also if it broke or ended before.
  private giveUp(): void {
    this.discard(closed)
    this.writeSide?.fail(closed)
  }

  /** Lets go of Node's socket, to which what was not taken yet goes back. */
  detach(call: Call): NodeSocket {
    const { node, failure } = this
    if (failure !== null) throw failure(call)
    if (this.isAwaited || this.writeSide?.busy) {
      throw misuse(new ConcurrentUseError(`${call.describe()}: a greenlet is reading from it or writing to it`))
    }
    node.off('error', onError).off('close', onClose)
    restoreEndListener(node, onEnd)
    restoreReads(node)
    if (this.length > 0) node.unshift(this.take(this.length))
    // As in a new one: it flows as soon as somebody listens. One that is paused would wait for resume().
    ;(node as { readableFlowing: boolean | null }).readableFlowing = null
    this.fail(detached)
    return node
  }

  /** Whether the descriptor is closed, or somebody else's. */
  get isGone(): boolean {
    return this.closers === 'gone' || this.failure === detached
  }

  /** Where greenlets wait until it is. */
  get closing(): Line {
    return this.closers === null || this.closers === 'gone' ? (this.closers = new Line()) : this.closers
  }

  override toString(): string {
    const name = nameOf(this.node)
    return name === '' ? '<Socket>' : `<Socket ${name}>`
  }

  /** @internal */
  broke(error: Error): void {
    const broken = classify(error)
    noteBroken(this.node, broken)
    this.fail(raising(broken))
  }

  /** @internal */
  closedNow(): void {
    const { closers } = this
    this.closers = 'gone'
    this.fail(closed)
    if (closers instanceof Line) closers.serve()
  }

  // What comes first is what happened; a 'close' event follows on everything.
  override fail(failure: Failure): void {
    if (this.failure !== null) return
    super.fail(failure)
    this.writeSide?.fail(failure)
  }

  // TLS tells the other side that the stream ends here and was not cut off.
  private sayGoodbye(node: NodeSocket): void {
    const { hub } = thread
    const timer = new Timer<NodeSocket>(destroy, node)
    hub.startTimer(timer, GOODBYE)
    node.end(() => {
      hub.stopTimer(timer)
      node.destroy()
    })
  }

  private drain(): void {
    for (let chunk = this.read(); chunk !== null; chunk = this.read()) this.arrived(chunk)
  }

  private read(): Buffer | null {
    return this.node.read() as Buffer | null
  }
}

/** The transport that was made for `node`, until it is detached. @internal */
export function transportOf(node: NodeSocket): Transport | undefined {
  return receiverOf(node) as Transport | undefined
}

/** The connection that each error has broken. */
const brokenBy = new WeakMap<object, NodeSocket>()

/** Notes that `error` ended the connection of `node`. @internal */
export function noteBroken(node: NodeSocket, error: unknown): void {
  if (typeof error === 'object' && error !== null) brokenBy.set(error, nodeBelow(node))
}

/**
 * Whether `error` is that the other side broke off the connection of `node`, whether a green socket used it, one with
 * TLS on top, or a program that reads Node's own.
 * @internal
 */
export function isBrokenBy(node: NodeSocket, error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return false
  const below = nodeBelow(node)
  return brokenBy.get(error) === below || error === below.errored || error === node.errored
}

const closed: Failure = (call) => new ClosedError(`${call.describe()}: this program has closed the socket`)

const detached: Failure = (call) =>
  new ClosedError(`${call.describe()}: the socket was detached; use what detach() returned`)

function raising(error: unknown): Failure {
  return () => error
}

function destroy(node: NodeSocket): void {
  node.destroy()
}

// One function for all sockets in place of a closure for each.
function onError(this: NodeSocket, error: Error): void {
  transportOf(this)?.broke(error)
}

function onEnd(this: NodeSocket): void {
  endAsNode.call(this)
  // Bun has one that this program destroys end as well.
  if (!this.destroyed) transportOf(this)?.end()
}

function onClose(this: NodeSocket): void {
  transportOf(this)?.closedNow()
}

// Of a socket that is closed Node remembers only what was asked for before.
function nameOf({ localAddress, localPort, remoteAddress, remotePort }: NodeSocket): string {
  const local = localPort === undefined ? (localAddress ?? '') : `${localAddress}:${localPort} `
  return remotePort === undefined ? local.trim() : `${local}to ${remoteAddress}:${remotePort}`
}

// TLS has no reset of its own: it is the socket below that is reset, and takes the one above along.
function resetNode(node: NodeSocket): void {
  const below = nodeBelow(node)
  if (below.remotePort === undefined) node.destroy()
  else below.resetAndDestroy()
}
