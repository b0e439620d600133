import type { TLSSocket } from 'node:tls'
import { loadBuiltin } from '../../node/load-builtin.js'
import { isShakingHands } from '../../node/tls-socket.js'
import { connectedBy } from '../green/connected.js'
import { EventWait } from '../green/event-wait.js'
import { applyPart, type Part } from '../patch-part.js'

const tls = () => loadBuiltin('node:tls') as typeof import('node:tls')

/** A TLS socket has shaken hands. */
const secured = connectedBy<TLSSocket>('secureConnect', (socket) => socket.connecting || isShakingHands(socket))

/** The part that {@link patchTls} patches. */
export const tlsPart: Part = {
  name: 'tls',
  by: 'patchTls',
  gevent: 'patch_ssl',
  cooperative: [
    {
      what: 'tls.connect()',
      gives: 'the socket, when the handshake is done and the certificate was accepted',
      givingUp: 'destroys the socket',
    },
    {
      what: 'tls.createServer().listen(), server.accept()',
      gives: 'as for `net`; connections come when their handshake is done',
      givingUp: 'as for `net`',
    },
  ],
  cannot: 'a simulation has no TLS of the patched modules',
  isLate: true,
  tables: [
    {
      name: 'tls.TLSSocket.prototype',
      target: () => tls().TLSSocket.prototype,
      waits: (socket: TLSSocket) => new EventWait(socket, secured),
    },
  ],
  covers: [{ module: tls, names: ['connect', 'TLSSocket', 'createServer', 'Server'] }],
}

/**
 * Lets the sockets of `node:tls` be waited for in a greenlet: `yield* tls.connect(443, 'example.org')` until the handshake
 * is done. All else of sockets and servers comes with `patchNet`.
 *
 * @returns whether anything changed: `false` if it was patched before.
 */
export function patchTls(): boolean {
  return applyPart(tlsPart)
}
