import type { TLSSocket } from 'node:tls'
import type { Wait, WaitOptions } from '../scheduler/operation.js'
import { shakeHands, type ClientTLSOptions, type ServerTLSOptions } from './handshake.js'
import type { Socket } from './socket.js'
import { NetworkOperation } from './network.js'

/** What {@link Socket.startTLS} takes. */
export type StartTLSOptions = (ClientTLSOptions | ServerTLSOptions) & WaitOptions

/** @internal */
export class StartTLS extends NetworkOperation<Socket> {
  constructor(
    private readonly socket: Socket,
    private readonly tls: StartTLSOptions,
    options: WaitOptions | undefined,
    private readonly make: (node: TLSSocket) => Socket,
  ) {
    super(options)
  }

  beginWait(wait: Wait<Socket>): void {
    wait.detail = shakeHands(this.socket.detach(), this.tls, (error, node) => {
      if (node === undefined) wait.reject(error)
      else wait.resolve(this.make(node))
    })
  }

  cancelWait(wait: Wait<Socket>): void {
    ;(wait.detail as () => void)()
  }

  override undoWait(_wait: Wait<Socket>, secure: Socket): void {
    secure.close()
  }

  override describe(): string {
    return `${this.socket.toString()}.startTLS`
  }
}
