import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { BSON, type Document } from 'mongodb'

const QUERY = 2004
const REPLY = 1
const MESSAGE = 2013

/** What speaks just enough of MongoDB's protocol for its driver: every command succeeds. There is no server in Debian. */
export async function startMongoDouble(): Promise<{ port: number; stop(): Promise<void> }> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    let received = Buffer.alloc(0)
    socket.on('error', () => undefined)
    socket.on('close', () => sockets.delete(socket))
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk])
      while (received.length >= 4 && received.length >= received.readInt32LE(0)) {
        const length = received.readInt32LE(0)
        answer(socket, received.subarray(0, length))
        received = received.subarray(length)
      }
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    async stop() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

function answer(socket: Socket, request: Buffer): void {
  const id = request.readInt32LE(4)
  const operation = request.readInt32LE(12)
  if (operation === QUERY) {
    // The first request of a connection.
    const head = Buffer.alloc(20)
    head.writeInt32LE(1, 16)
    send(socket, id, REPLY, head, hello)
  } else if (operation === MESSAGE) {
    const command = BSON.deserialize(request.subarray(21))
    send(socket, id, MESSAGE, Buffer.alloc(5), 'hello' in command || 'isMaster' in command ? hello : { ok: 1 })
  }
}

const hello = {
  ...{ ok: 1, helloOk: true, isWritablePrimary: true, ismaster: true, readOnly: false },
  ...{ minWireVersion: 0, maxWireVersion: 21, logicalSessionTimeoutMinutes: 30 },
  ...{ maxBsonObjectSize: 1 << 24, maxMessageSizeBytes: 48_000_000, maxWriteBatchSize: 100_000 },
}

function send(socket: Socket, to: number, operation: number, head: Buffer, document: Document): void {
  const body = Buffer.concat([head, BSON.serialize(document)])
  const header = Buffer.alloc(16)
  header.writeInt32LE(16 + body.length, 0)
  header.writeInt32LE(to, 8)
  header.writeInt32LE(operation, 12)
  socket.write(Buffer.concat([header, body]))
}
