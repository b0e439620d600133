import type { SocketOptions } from 'node:dgram'
import type { LookupFunction } from 'node:net'
import type { OptionNames } from '../../../scheduler/checks/check-options.js'
import { misuse } from '../../../scheduler/checks/errors.js'
import { show } from '../../../scheduler/checks/show.js'
import { waitOptionsAnd, type WaitOptions } from '../../../scheduler/kernel/wait-options.js'
import { parseAddress, type Address } from '../address.js'

/** Options of {@link DatagramSocket}. What is not explained here is as for Node's `dgram.createSocket`. */
export interface DatagramOptions extends Omit<Partial<SocketOptions>, 'signal' | 'lookup' | 'type'> {
  /** `'udp4'` unless given. */
  type?: 'udp4' | 'udp6' | undefined
  /** A function in place of `dns.lookup`. */
  lookup?: LookupFunction | undefined
  /** How many bytes may wait to be received, 1,048,576 unless given. Datagrams beyond that are dropped. */
  memory?: number | undefined
}

/** Where {@link DatagramSocket.bind} binds to. */
export interface BindOptions extends WaitOptions {
  /** The address of one interface; all of them unless given. */
  host?: string | undefined
  /** 0, or none, for one that is free. */
  port?: number | undefined
  /** Do not share the port with the other workers of a cluster. */
  exclusive?: boolean | undefined
}

/** @internal */
export const datagramOptionNames: OptionNames = {
  own: ['type', 'memory', 'lookup'],
  platform: [
    'reuseAddr',
    'reusePort',
    'ipv6Only',
    'recvBufferSize',
    'sendBufferSize',
    'receiveBlockList',
    'sendBlockList',
  ],
}
/** @internal */
export const bindOptionNames: OptionNames = waitOptionsAnd('host', 'port', 'exclusive')

/** Where a datagram goes: a host and a port, what {@link DatagramSocket.recvFrom} said, or in short `'host:port'`. */
export type Destination = { host?: string | undefined; address?: string | undefined; port: number } | Address

/** Reads an address of UDP. @internal */
export function placeOf(address: Address, where: string): { host?: string; port: number } {
  const { host, port, path } = parseAddress(address, where)
  if (path !== undefined) throw misuse(new TypeError(`${where}: UDP has no paths, got ${show(path)}`))
  return { port: port!, ...(host === undefined ? {} : { host }) }
}

/** Reads where a datagram goes. @throws TypeError @internal */
export function destination(to: Destination, where: string): { host: string | undefined; port: number } {
  if (typeof to !== 'object') return { host: undefined, ...placeOf(to, where) }
  if (to !== null && typeof to.port === 'number') return { host: to.host ?? to.address, port: to.port }
  throw misuse(new TypeError(`${where}: expected { host, port } or 'host:port', got ${show(to)} without a port`))
}
