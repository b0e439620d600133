import type { LookupAddress, LookupOptions } from 'node:dns'
import { Server, Socket as NodeSocket, type ListenOptions, type SocketConstructorOpts } from 'node:net'
import { Attempt } from '../../scheduler/kernel/line.js'
import { Operation } from '../../scheduler/kernel/operation.js'
import type { WaitOptions } from '../../scheduler/kernel/wait-options.js'
import { loadBuiltin } from '../node/load-builtin.js'

const dns = () => loadBuiltin('node:dns') as typeof import('node:dns')

/** Waits for the world outside, also in a simulation. @internal */
export abstract class ExternalOperation<T, D = unknown> extends Operation<T, D> {
  override isExternal(): boolean {
    return true
  }
}

/** Waits for the network: the world outside, unless that is simulated. @internal */
export abstract class NetworkOperation<T, D = unknown> extends Operation<T, D> {
  override isExternal(): boolean {
    return !network.current.isSimulated
  }
}

/** An attempt at something of the world outside. @internal */
export abstract class ExternalAttempt<T, D = unknown> extends Attempt<T, D> {
  override isExternal(): boolean {
    return true
  }
}

/** An attempt at something of the network. @internal */
export abstract class NetworkAttempt<T, D = unknown> extends Attempt<T, D> {
  override isExternal(): boolean {
    return !network.current.isSimulated
  }
}

/** The options of a wait for something that has a time limit of its own, for the waits without any. @internal */
export function limitedBy(limit: number | undefined, options: WaitOptions | undefined): WaitOptions | undefined {
  return limit === undefined || options?.timeout !== undefined ? options : { ...options, timeout: limit }
}

/** Receives what the operating system knows of a name: addresses if all are asked for, otherwise one and its family. */
export type LookupCallback = (error: Error | null, address: string | LookupAddress[], family?: number) => void

/** The network that connections are made on. A simulation puts another one in place of Node's. @internal */
export interface Network {
  /** Whether what happens on it is up to the simulation, and not to the world outside. */
  readonly isSimulated: boolean
  /** The dispatcher for `fetch`, in place of its own way to connect, or a promise of it. */
  readonly dispatcher: unknown
  /** The questions that are being asked of it, by what makes two of them the same. */
  readonly questions: Map<string, unknown>
  /** Looks a name up, as `dns.lookup` does. */
  lookup(hostname: string, options: LookupOptions, callback: LookupCallback): void
  /** A socket that is not connected yet. */
  makeSocket(options: SocketConstructorOpts): NodeSocket
  /** Has a server of Node's listen: its events tell how it goes. */
  listen(server: Server, options: ListenOptions): void
}

const nodeNetwork: Network = {
  isSimulated: false,
  dispatcher: undefined,
  questions: new Map(),
  lookup: (hostname, options, callback) => {
    dns().lookup(hostname, options, callback)
  },
  makeSocket: (options) => new NodeSocket(options),
  listen: (server, options) => {
    server.listen(options)
  },
}

/** The network that is used at the moment. @internal */
export const network: { current: Network } = { current: nodeNetwork }
