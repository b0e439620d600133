import type { AddressInfo } from 'node:net'
import { constants } from 'node:os'
import { misuse } from '../../scheduler/checks/errors.js'
import { show } from '../../scheduler/checks/show.js'
import { checkPipeName } from '../node/pipe-name.js'
import type { SystemError } from './socket-errors.js'

/** How long the path of a Unix socket may be in bytes, by the system. On Windows it names a pipe. */
const LONGEST_PATH = { linux: 107, win32: Infinity }[process.platform as 'linux' | 'win32'] ?? 103

/**
 * Where to connect to or to listen, in short: a port, `'host:port'`, `'[::1]:port'`, `':port'`, or the path of a Unix
 * socket, which has a slash in it.
 */
export type Address = number | string

/** The place that an {@link Address} names. */
export interface Place {
  host?: string | undefined
  port?: number | undefined
  path?: string | undefined
}

/**
 * @param address as the user wrote it.
 * @param where the call, for the message.
 * @throws TypeError for what is no address.
 * @internal
 */
export function parseAddress(address: Address, where: string): Place {
  if (typeof address === 'number') return { port: address }
  if (typeof address !== 'string') throw noAddress(address, where)
  if (address.includes('/') || address.startsWith('\0') || address.startsWith('\\\\')) return { path: address }
  const [, bracketed, host, port] = /^(?:\[([^\]]+)\]|([^:[\]]*)):(\d+)$/.exec(address) ?? []
  if (port === undefined) throw noAddress(address, where)
  const name = bracketed ?? host
  return { port: Number(port), ...(name && name !== '*' ? { host: name } : {}) }
}

function noAddress(given: unknown, where: string): TypeError {
  return misuse(
    new TypeError(
      `${where}: ${show(given)} is not an address; write 'host:port', '[::1]:port', a port number, a path with a slash ` +
        'in it, or { host, port }',
    ),
  )
}

/**
 * @param syscall what is tried.
 * @throws Error for a path that is too long: Node 20 cuts it short, and another file is meant then; TypeError on Windows for
 *   what is no name of a pipe.
 * @internal
 */
export function checkPath(path: string | undefined, syscall: 'connect' | 'listen'): void {
  if (path === undefined) return
  checkPipeName(path, `${syscall}({ path })`)
  const size = Buffer.byteLength(path)
  if (size <= LONGEST_PATH) return
  const code = 'ENAMETOOLONG'
  const error: SystemError = new Error(
    `${syscall} ${code} ${path}: the path of a Unix socket has at most ${LONGEST_PATH} bytes, and this one ${size}`,
  )
  throw Object.assign(error, { code, errno: -constants.errno[code], syscall, address: path })
}

/** An address of Node's as text: `127.0.0.1:6000`, or the path. @internal */
export function formatAddress(address: AddressInfo | string | null): string {
  if (address === null) return 'nowhere'
  if (typeof address === 'string') return address
  return `${address.family === 'IPv6' ? `[${address.address}]` : address.address}:${address.port}`
}
