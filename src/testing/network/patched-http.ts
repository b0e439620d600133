import type { Server as HTTPServer } from 'node:http'
import { Server, type AddressInfo } from 'node:net'
import { loadBuiltin } from '../../io/node/load-builtin.js'
import { isReplaced } from '../../io/monkey/patch-module.js'
import { replaceProperty } from '../world/replacement.js'
import { readArguments } from './call-arguments.js'
import { placeOf } from './patched-net.js'

/** The servers that listen in the place of those that a program has made. */
const standIns = new WeakMap<HTTPServer, Server>()

/**
 * Has the servers of `node:http` listen on a simulated network where they are no servers of `node:net`, as in Bun: one of those listens
 * in their place, and hands its connections over.
 *
 * @returns a function that puts back what was there.
 */
export function simulateHTTP(): () => void {
  if (!isReplaced(Server.prototype, 'accept')) return () => undefined
  const prototype: object = (loadBuiltin('node:http') as typeof import('node:http')).Server.prototype
  if (prototype instanceof Server) return () => undefined
  const original = Reflect.get(prototype, 'listen') as (this: HTTPServer, ...args: unknown[]) => HTTPServer
  return replaceProperty(prototype, 'listen', function listen(this: HTTPServer, ...args: unknown[]): HTTPServer {
    const { options, callback } = readArguments(args)
    if (this.listening || placeOf(options) === undefined) return Reflect.apply(original, this, args)
    if (callback !== undefined) this.once('listening', callback)
    const standIn = new Server((socket) => this.emit('connection', socket))
    for (const event of ['listening', 'error', 'close'])
      standIn.on(event, (...values: unknown[]) => this.emit(event, ...values))
    if (!standIns.has(this)) Object.defineProperties(this, Object.getOwnPropertyDescriptors(methods))
    standIns.set(this, standIn)
    standIn.listen(options)
    return this
  })
}

const methods = {
  get listening(): boolean {
    return standInOf(this).listening
  },

  address(): AddressInfo | string | null {
    return standInOf(this).address()
  },

  close(callback?: (error?: Error) => void): object {
    standInOf(this).close(callback)
    ;(this as unknown as HTTPServer).closeIdleConnections()
    return this
  },
}

function standInOf(server: object): Server {
  return standIns.get(server as HTTPServer)!
}
