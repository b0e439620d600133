import { badArgument } from '../../../scheduler/checks/bad-argument.js'
import type { OptionNames } from '../../../scheduler/checks/check-options.js'
import type { Operation } from '../../../scheduler/kernel/operation.js'
import type { Wait } from '../../../scheduler/kernel/wait.js'
import { parseAddress, type Address } from '../address.js'
import { NetworkOperation } from '../network.js'
import { listenOptionNames, type ListenOptions } from './listen-options.js'
import { Listener } from './listener.js'

/**
 * Listens.
 *
 * @param options where; in short a port, `'host:port'`, or the path of a Unix socket.
 * @returns a listener, when it listens.
 * @throws Node's error when it cannot: `EADDRINUSE`, `EACCES`, …; LookupError, Timeout.
 * Cancel safety: a kill or timeout stops listening.
 */
export function listen(options: ListenOptions | Address = {}): Operation<Listener> {
  if (typeof options === 'number' || typeof options === 'string')
    return new Listen(parseAddress(options, 'listen(address)'))
  if (typeof options === 'object' && options !== null && !Array.isArray(options)) return new Listen(options)
  throw badArgument('listen(options)', "{ host, port }, { path }, a port or 'host:port'", options)
}

class Listen extends NetworkOperation<Listener, Listener> {
  private readonly target: ListenOptions

  /** @internal */
  protected override get optionNames(): OptionNames {
    return listenOptionNames
  }

  constructor(options: ListenOptions) {
    super(options)
    this.target = options
  }

  beginWait(wait: Wait<Listener, Listener>): void {
    const listener = new Listener(this.target)
    wait.detail = listener
    listener.listen(wait)
  }

  cancelWait(wait: Wait<Listener, Listener>): void {
    wait.detail.close()
  }

  override undoWait(_wait: Wait<Listener, Listener>, listener: Listener): void {
    listener.close()
  }

  override describe(): string {
    const { host, port = 0, path } = this.target
    return `listen(${path ?? `${host ?? '*'}:${port}`})`
  }
}
