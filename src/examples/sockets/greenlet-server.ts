#!/usr/bin/env node
/**
 * A greenlet for each client: it echoes until the client says `done`, then says `bye!` and closes.
 * Try it with `nc 127.0.0.1 6000`.
 *
 * node greenlet-server.js [port]
 */
import type { AddressInfo } from 'node:net'
import { StreamServer, run, type Coroutine, type Socket } from 'gvent'

function* converse(socket: Socket): Coroutine<void> {
  console.log(`connected from ${socket.remoteAddress}:${socket.remotePort}`)
  for (let data = yield* socket.recv(1024); data !== null; data = yield* socket.recv(1024)) {
    if (data.toString().trim() === 'done') {
      yield* socket.sendAll('bye!\n')
      return
    }
    yield* socket.sendAll(data)
  }
}

await run(function* main() {
  // The server runs `converse` in a greenlet for each connection, and closes the connection after it.
  const server = new StreamServer({ host: '127.0.0.1', port: Number(process.argv[2] ?? 6000), backlog: 5 }, converse)
  yield* server.start()
  console.log(`Listening at 127.0.0.1:${(server.address() as AddressInfo).port}`)
  yield* server.serveForever()
})
