import { Server, Socket as NodeSocket, type ListenOptions, type SocketConstructorOpts } from 'node:net'
import { Operation } from '../scheduler/operation.js'

/** A wait for the world outside, from which no simulation takes it. @internal */
export abstract class OutsideOperation<T> extends Operation<T> {
  override isExternal(): boolean {
    return true
  }
}

/** A wait for what happens on the network: the world outside, unless that is simulated. @internal */
export abstract class NetworkOperation<T> extends Operation<T> {
  override isExternal(): boolean {
    return !network.current.isSimulated
  }
}

/** What connections are made of. A simulation puts another one in place of Node's. @internal */
export interface Network {
  /** Whether what happens on it is up to the simulation, and not to the world outside. */
  readonly isSimulated: boolean
  /** What `fetch` takes in place of its own way to connect, or a promise of it. */
  readonly dispatcher: unknown
  /** A socket that is not connected yet. */
  makeSocket(options: SocketConstructorOpts): NodeSocket
  /** Has a server of Node's listen: its events tell how it goes. */
  listen(server: Server, options: ListenOptions): void
}

const nodeNetwork: Network = {
  isSimulated: false,
  dispatcher: undefined,
  makeSocket: (options) => new NodeSocket(options),
  listen: (server, options) => {
    server.listen(options)
  },
}

/** The network that is used at the moment. @internal */
export const network: { current: Network } = { current: nodeNetwork }
