import type { Endpoint } from './simulated-socket.js'

/** One line of `network().netstat()`. */
export interface NetstatEntry {
  /** The name of the host. */
  readonly host: string
  /** The state of the socket. */
  readonly state: 'listening' | 'connecting' | 'connected'
  /** Address and port: `10.0.0.2:80`. */
  readonly local: string
  /** The other end of a connection. */
  readonly remote: string | undefined
}

/** An address and a port, as one text. */
export function keyOf({ address, port }: { address: string; port: number }): string {
  return `${address}:${port}`
}

/** Makes the line of a socket. */
export function entry(local: Endpoint, state: NetstatEntry['state'], remote?: Endpoint): NetstatEntry {
  return { host: local.host, state, local: keyOf(local), remote: remote === undefined ? undefined : keyOf(remote) }
}
