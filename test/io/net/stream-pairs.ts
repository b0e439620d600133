import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { all, connect, listen, type ConnectOptions, type Coroutine, type ListenOptions, type Socket } from 'gvent'
import { cert, key } from '../tls-fixture.js'

/** Something that streams run over. */
export interface Medium {
  readonly name: string
  /** Whether the other side learns that a connection was broken off, and not only that it ended. */
  readonly tellsOfReset: boolean
  /** Both ends of a new connection. */
  pair: () => Coroutine<[Socket, Socket]>
  /** Makes a test of a body; in a greenlet of this process, unless given. */
  run?: (name: string, body: () => Coroutine<unknown>) => void
}

function* openPair(listening: ListenOptions, connecting: ConnectOptions): Coroutine<[Socket, Socket]> {
  using listener = yield* listen(listening)
  const { port, path } = { port: listener.port, path: listening.path }
  const where = path === undefined ? { host: '127.0.0.1', port: port! } : { path }
  return yield* all([connect({ ...where, ...connecting }), listener.accept()])
}

export const tcp: Medium = {
  name: 'TCP',
  tellsOfReset: true,
  pair: () => openPair({ host: '127.0.0.1' }, {}),
}

export const tls: Medium = {
  name: 'TLS',
  tellsOfReset: true,
  // With delay, the first message would wait for the client's word that it has got what ends the handshake.
  pair: () => openPair({ host: '127.0.0.1', noDelay: true, tls: { key, cert } }, { tls: { ca: cert } }),
}

export const unix: Medium = {
  name: 'Unix socket',
  tellsOfReset: false,
  *pair() {
    const folder = mkdtempSync(join(tmpdir(), 'gvent-'))
    try {
      return yield* openPair({ path: join(folder, 'socket') }, {})
    } finally {
      rmSync(folder, { recursive: true })
    }
  },
}
