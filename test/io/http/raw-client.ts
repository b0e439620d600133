import { connect, type Coroutine, type HTTPServer, type Socket } from 'gvent'
import type { AddressInfo } from 'node:net'

/** Where a server that has started can be reached. */
export function urlOf(server: { address(): AddressInfo | string | null }, path = '/'): string {
  return `http://127.0.0.1:${portOf(server)}${path}`
}

export function portOf(server: { address(): AddressInfo | string | null }): number {
  return (server.address() as AddressInfo).port
}

/** A connection that says exactly what the test wants it to say. */
export function* dial(server: Pick<HTTPServer, 'address'>): Coroutine<Socket> {
  return yield* connect({ host: '127.0.0.1', port: portOf(server) })
}

/** All that comes until the other side closes. */
export function* readToEnd(socket: Socket): Coroutine<string> {
  const chunks: Buffer[] = []
  for (let chunk = yield* socket.recv(); chunk !== null; chunk = yield* socket.recv()) chunks.push(chunk)
  return Buffer.concat(chunks).toString('latin1')
}

/** Sends `text` and gives all that comes back until the other side closes. */
export function* exchange(server: Pick<HTTPServer, 'address'>, text: string): Coroutine<string> {
  const socket = yield* dial(server)
  try {
    yield* socket.sendAll(Buffer.from(text, 'latin1'))
    return yield* readToEnd(socket)
  } finally {
    socket.close()
  }
}
