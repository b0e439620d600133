import type { Socket as NodeSocket } from 'node:net'
import type { ConnectionOptions, TLSSocket, TlsOptions } from 'node:tls'
import { classifyHandshake, TLSError } from './socket-errors.js'
import { loadBuiltin } from '../node/load-builtin.js'

// It loads all of cryptography, which many a program never needs.
const tls = () => loadBuiltin('node:tls') as typeof import('node:tls')

/** Options for a TLS handshake as a client, those of `tls.connect`. */
export interface ClientTLSOptions extends ConnectionOptions {
  isServer?: false
}

/** Options for a TLS handshake as a server, those of `tls.createServer`. */
export interface ServerTLSOptions extends TlsOptions {
  isServer: true
}

/** How a handshake ended: with a secure socket, or with an error after which the connection is closed. */
export type Shaken = (error: unknown, node?: TLSSocket) => void

/**
 * Makes a connected socket secure.
 *
 * @param raw what TLS is spoken on. It belongs to the secure socket from now on.
 * @param done called once, never before this returns.
 * @returns what breaks the handshake off and closes the connection; `done` is not called after that.
 * @throws what Node raises for options that it does not take; the connection is closed then, too.
 * @internal
 */
export function shakeHands(raw: NodeSocket, options: ClientTLSOptions | ServerTLSOptions, done: Shaken): () => void {
  let over = false
  const end: Shaken = (error, node) => {
    if (over) return
    over = true
    if (node === undefined) raw.destroy()
    done(error, node)
  }
  // Half open, the other side could go away during the handshake without notice.
  raw.allowHalfOpen = false
  try {
    if (options.isServer === true) serve(raw, options, end)
    else approach(raw, options, end)
  } catch (error) {
    raw.destroy()
    throw error
  }
  return () => {
    over = true
    raw.destroy()
  }
}

function approach(raw: NodeSocket, options: ClientTLSOptions, end: Shaken): void {
  const node = tls().connect({ ...options, socket: raw })
  node.on('error', (error) => {
    end(classifyHandshake(error))
  })
  node.once('secureConnect', () => {
    end(undefined, node)
  })
  node.once('close', () => {
    end(new TLSError('TLS handshake: the connection was closed before it was complete'))
  })
}

// A server that does not listen does for one connection what Node does for those of a server that does.
function serve(raw: NodeSocket, options: ServerTLSOptions, end: Shaken): void {
  const server = tls().createServer(options)
  server.once('secureConnection', (node) => {
    end(undefined, node)
  })
  server.on('tlsClientError', (error) => {
    end(classifyHandshake(error))
  })
  server.emit('connection', raw)
}
