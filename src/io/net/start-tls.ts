import type { OptionNames } from '../../scheduler/checks/check-options.js'
import type { Socket as NodeSocket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import type { Wait } from '../../scheduler/kernel/wait.js'
import { waitOptionNames, type WaitOptions } from '../../scheduler/kernel/wait-options.js'
import { shakeHands, type ClientTLSOptions, type ServerTLSOptions } from './handshake.js'
import { NetworkOperation } from './network.js'
import type { Call } from './socket-errors.js'
import { noteBroken } from './socket-transport.js'

/** Options of {@link Socket.startTLS}. */
export type StartTLSOptions = (Unlimited<ClientTLSOptions> | Unlimited<ServerTLSOptions>) & WaitOptions

/** The limits are those of the wait: a `timeout` means something else to Node. */
type Unlimited<T> = Omit<T, keyof WaitOptions>

/** The socket whose connection goes on with TLS. */
interface Plain {
  detachFor(call: Call): NodeSocket
  toString(): string
}

const startTLSOptionNames: OptionNames = { ...waitOptionNames, platform: [] }

/** @internal */
export class StartTLS<S extends { close(): unknown }> extends NetworkOperation<S, () => void> {
  private readonly tls: ClientTLSOptions | ServerTLSOptions

  constructor(
    private readonly socket: Plain,
    { timeout: _timeout, signal: _signal, ...tls }: StartTLSOptions,
    options: WaitOptions | undefined,
    private readonly make: (node: TLSSocket) => S,
  ) {
    super(options)
    this.tls = tls
  }

  /** @internal */
  protected override get optionNames(): OptionNames {
    return startTLSOptionNames
  }

  beginWait(wait: Wait<S, () => void>): void {
    const raw = this.socket.detachFor(this)
    wait.detail = shakeHands(raw, this.tls, (error, node) => {
      if (node === undefined) {
        noteBroken(raw, error)
        wait.reject(error)
      } else wait.resolve(this.make(node))
    })
  }

  cancelWait(wait: Wait<S, () => void>): void {
    wait.detail()
  }

  override undoWait(_wait: Wait<S, () => void>, secure: S): void {
    secure.close()
  }

  override describe(): string {
    return `${this.socket.toString()}.startTLS`
  }
}
