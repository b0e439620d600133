import type { RemoteInfo } from 'node:dgram'
import type { Claim, Line } from '../../../scheduler/kernel/line.js'
import type { Wait } from '../../../scheduler/kernel/wait.js'
import type { WaitOptions } from '../../../scheduler/kernel/wait-options.js'
import { ExternalAttempt, ExternalOperation } from '../network.js'

/** A datagram and who sent it, `{ address, port, family, size }`, as in an event `'message'` of Node's. */
export type Datagram = [data: Buffer, from: RemoteInfo]

/** Called when a datagram was sent, or could not be. @internal */
export type Sent = (error: Error | null) => void

/** A socket that begins to be bound or connected. */
interface Startable<S> {
  beginStart(wait: Wait<S>, begin: () => void): void
  close(): void
  toString(): string
}

/** A socket at which datagrams arrive. */
interface Receiver {
  readonly receivers: Line
  readonly hasAnswer: boolean
  take(): Datagram
  putBack(datagram: Datagram): void
  toString(): string
}

/** A socket that sends datagrams. */
interface Sender {
  beginSend(wait: Wait<void, unknown, Send>, send: (sent: Sent) => void): void
  cancelSend(wait: Wait<void, unknown, Send>): void
  toString(): string
}

/** `bind` and `connect`: both end with an event, and neither can be taken back. @internal */
export class StartSocket<S extends Startable<S>> extends ExternalOperation<S> {
  constructor(
    private readonly socket: S,
    private readonly name: string,
    private readonly begin: () => void,
    options: WaitOptions | undefined,
  ) {
    super(options)
  }

  beginWait(wait: Wait<S>): void {
    this.socket.beginStart(wait, this.begin)
  }

  cancelWait(): void {
    this.socket.close()
  }

  override undoWait(): void {
    this.socket.close()
  }

  override describe(): string {
    return `${this.socket.toString()}.${this.name}`
  }
}

/** `recv` and `recvFrom`: a datagram that was taken can be put back. @internal */
export class Receive<T> extends ExternalAttempt<T, Datagram | undefined> {
  constructor(
    private readonly socket: Receiver,
    private readonly name: string,
    private readonly pick: (datagram: Datagram) => T,
    options: WaitOptions | undefined,
  ) {
    super(options)
  }

  get line(): Line {
    return this.socket.receivers
  }

  isReady(): boolean {
    return this.socket.hasAnswer
  }

  perform(claim: Claim<Datagram | undefined>): T {
    claim.detail = this.socket.take()
    return this.pick(claim.detail)
  }

  override undoWait({ detail }: Wait<T, Datagram | undefined>): void {
    if (detail !== undefined) this.socket.putBack(detail)
  }

  override describe(): string {
    return `${this.socket.toString()}.${this.name}`
  }
}

/** `send` and `sendTo`: what was handed over is sent. @internal */
export class Send extends ExternalOperation<void> {
  constructor(
    private readonly socket: Sender,
    private readonly name: string,
    private readonly send: (sent: Sent) => void,
    options: WaitOptions | undefined,
  ) {
    super(options)
  }

  beginWait(wait: Wait<void, unknown, this>): void {
    this.socket.beginSend(wait, this.send)
  }

  // The kernel has it, or will have it in a moment.
  cancelWait(wait: Wait<void, unknown, this>): void {
    this.socket.cancelSend(wait)
  }

  override describe(): string {
    return `${this.socket.toString()}.${this.name}`
  }
}
