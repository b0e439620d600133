import { once } from 'node:events'
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'

const LOOPBACK = '127.0.0.1'

/** Has a server of Node's listen on loopback. @returns the port. */
export function listenOn(server: Server, host: string = LOOPBACK): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, host, () => {
      resolve((server.address() as AddressInfo).port)
    })
  })
}

/** Starts a `StreamServer` on loopback. @returns the port. */
export async function serveGreen(
  handler: (socket: import('gvent').Socket) => unknown,
  host: string = LOOPBACK,
): Promise<number> {
  const { StreamServer } = await import('gvent')
  const server = await new StreamServer({ host }, handler).start()
  return (server.address() as AddressInfo).port
}

export function serveGreenEcho(host?: string): Promise<number> {
  const echo = function* (socket: import('gvent').Socket): import('gvent').Coroutine<void> {
    for (let chunk = yield* socket.recv(); chunk !== null; chunk = yield* socket.recv()) yield* socket.sendAll(chunk)
  }
  return serveGreen(echo, host)
}

export function serveCallbackEcho(host?: string): Promise<number> {
  return listenOn(
    createServer((socket) => {
      socket.on('error', ignore)
      socket.on('data', (chunk) => {
        // As pipe() does it: what cannot be sent is not read.
        if (!socket.write(chunk)) {
          socket.pause()
          socket.once('drain', () => socket.resume())
        }
      })
    }),
    host,
  )
}

export function serveAsyncEcho(): Promise<number> {
  const echo = async (socket: Socket): Promise<void> => {
    for await (const chunk of socket) {
      if (!socket.write(chunk as Buffer)) await once(socket, 'drain')
    }
  }
  return listenOn(createServer((socket) => void echo(socket).catch(ignore)))
}

/** For errors: the load breaks its connections off in the end. And for bytes of which only the arrival counts. */
export function ignore(_anything: unknown): void {
  // It is as good as gone.
}
