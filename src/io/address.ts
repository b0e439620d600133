import type { AddressInfo } from 'node:net'
import { misuse } from '../scheduler/errors.js'
import { show } from '../scheduler/show.js'

/**
 * Where to connect to or to listen, in short: a port, `'host:port'`, `'[::1]:port'`, `':port'`, or the path of a Unix
 * socket, which has a slash in it.
 */
export type Address = number | string

/** What an {@link Address} stands for. */
export interface Place {
  host?: string
  port?: number
  path?: string
}

/**
 * @param address as the user wrote it.
 * @param where the call, for the message.
 * @throws TypeError for what is no address.
 * @internal
 */
export function parseAddress(address: Address, where: string): Place {
  if (typeof address === 'number') return { port: address }
  if (address.includes('/') || address.startsWith('\0') || address.startsWith('\\\\')) return { path: address }
  const [, bracketed, host, port] = /^(?:\[([^\]]+)\]|([^:[\]]*)):(\d+)$/.exec(address) ?? []
  if (port === undefined) {
    throw misuse(
      new TypeError(
        `${where}: ${show(address)} is no address; write 'host:port', '[::1]:port', a port number, a path with a slash ` +
          'in it, or { host, port }',
      ),
    )
  }
  const name = bracketed ?? host
  return { port: Number(port), ...(name && name !== '*' ? { host: name } : {}) }
}

/** An address of Node's as text: `127.0.0.1:6000`, or the path. @internal */
export function formatAddress(address: AddressInfo | string | null): string {
  if (address === null) return 'nowhere'
  if (typeof address === 'string') return address
  return `${address.family === 'IPv6' ? `[${address.address}]` : address.address}:${address.port}`
}
