import { Server, Socket as NodeSocket, type ListenOptions } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { isReplaced } from '../../io/monkey/patch-module.js'
import { allOf, replaceProperty } from '../world/replacement.js'
import { readArguments, readPort } from './call-arguments.js'
import { putOnNetwork } from './node-side.js'
import type { SimulatedNetwork } from './simulated-network.js'

const NO_TLS =
  'a simulation has no TLS: connect without it, or to the real network with simulate({ network: false }, fn)'

type Method<T> = (this: T, ...args: unknown[]) => T

/**
 * Has the sockets and servers of `node:net` connect and listen on a simulated network, if `patchNet` has patched them,
 * and with them all that stands on them, `node:http` first of all. Every connection calls these two methods in the end.
 *
 * @param findNetwork gives the network, which is made when it is needed.
 * @returns a function that puts back what was there.
 */
export function simulateNet(findNetwork: () => SimulatedNetwork): () => void {
  if (!isReplaced(NodeSocket.prototype, 'recv')) return () => undefined
  return allOf([
    replaceProperty(NodeSocket.prototype, 'connect', makeConnect(findNetwork)),
    replaceProperty(Server.prototype, 'listen', makeListen(findNetwork)),
  ])
}

// What the platform refuses is left to it, here and below, so that the errors are its own.
function makeConnect(findNetwork: () => SimulatedNetwork): Method<NodeSocket> {
  // eslint-disable-next-line @typescript-eslint/unbound-method -- it is called with the socket
  const original = NodeSocket.prototype.connect as Method<NodeSocket>
  return function connect(...args) {
    if (isSecure(this)) {
      // Node has still something to do to it before it may be gone.
      process.nextTick(() => this.destroy(new TypeError(NO_TLS)))
      return this
    }
    const { port, path } = readArguments(args).options
    if (typeof path !== 'string' && readPort(port) === undefined) return Reflect.apply(original, this, args)
    putOnNetwork(this, findNetwork())
    return (this.connect as Method<NodeSocket>)(...args)
  }
}

function makeListen(findNetwork: () => SimulatedNetwork): Method<Server> {
  // eslint-disable-next-line @typescript-eslint/unbound-method -- it is called with the server
  const original = Server.prototype.listen as Method<Server>
  return function listen(...args) {
    const { options, callback } = readArguments(args)
    const place = placeOf(options)
    if (this.listening || place === undefined) return Reflect.apply(original, this, args)
    if (callback !== undefined) this.once('listening', callback)
    findNetwork().listen(this, { ...options, ...place })
    closeOnAbort(this, options['signal'])
    return this
  }
}

/** Where a server is to listen, if that can be simulated. */
export function placeOf(options: Readonly<Record<string, unknown>>): ListenOptions | undefined {
  const { path, fd, handle, _handle } = options
  if (fd !== undefined || handle !== undefined || _handle !== undefined) return undefined
  if (!('port' in options)) return typeof path === 'string' ? { path } : undefined
  const port = readPort(options['port'] ?? 0)
  return port === undefined ? undefined : { port, path: undefined }
}

function closeOnAbort(server: Server, signal: unknown): void {
  if (!(signal instanceof AbortSignal)) return
  const close = (): void => {
    server.close()
  }
  if (signal.aborted) close()
  else signal.addEventListener('abort', close, { once: true })
}

function isSecure(socket: NodeSocket): boolean {
  return (socket as Partial<TLSSocket>).encrypted === true
}
