import type { Wait } from '../../scheduler/kernel/wait.js'
import type { WaitOptions } from '../../scheduler/kernel/wait-options.js'
import type { Datagram, DatagramSocket } from './datagram-socket.js'
import { OutsideOperation } from './network.js'

/** `bind` and `connect`: both end with an event, and neither can be taken back. @internal */
export class Start<S extends DatagramSocket> extends OutsideOperation<S> {
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

/** @internal */
export class Receive<T> extends OutsideOperation<T> {
  constructor(
    private readonly socket: DatagramSocket,
    private readonly name: string,
    readonly pick: (datagram: Datagram) => T,
    options: WaitOptions | undefined,
  ) {
    super(options)
  }

  beginWait(wait: Wait<T>): void {
    this.socket.beginReceive(wait)
  }

  cancelWait(wait: Wait<T>): void {
    this.socket.cancelReceive(wait)
  }

  override undoWait(wait: Wait<T>): void {
    this.socket.putBack(wait.detail as Datagram)
  }

  override describe(): string {
    return `${this.socket.toString()}.${this.name}`
  }
}

/** @internal */
export class Send extends OutsideOperation<void> {
  constructor(
    private readonly socket: DatagramSocket,
    private readonly name: string,
    private readonly send: (sent: (error: Error | null) => void) => void,
    options: WaitOptions | undefined,
  ) {
    super(options)
  }

  beginWait(wait: Wait<void>): void {
    this.socket.beginSend(wait, this.send)
  }

  // The kernel has it, or will have it in a moment.
  cancelWait(wait: Wait<void>): void {
    this.socket.cancelSend(wait)
  }

  override describe(): string {
    return `${this.socket.toString()}.${this.name}`
  }
}
