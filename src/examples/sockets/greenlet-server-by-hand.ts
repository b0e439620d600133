#!/usr/bin/env node
/**
 * The server of `greenlet-server.js`, without `StreamServer`: listen, accept, and a greenlet for each client.
 *
 * node greenlet-server-by-hand.js [port]
 */
import { ConnectionError, listen, run, spawn, type Coroutine, type Socket } from 'gvent'

function* converse(client: Socket): Coroutine<void> {
  using socket = client
  console.log(`connected from ${socket.remoteAddress}:${socket.remotePort}`)
  try {
    for (let data = yield* socket.recv(1024); data !== null; data = yield* socket.recv(1024)) {
      if (data.toString().trim() === 'done') {
        yield* socket.sendAll('bye!\n')
        return
      }
      yield* socket.sendAll(data)
    }
  } catch (error) {
    // A client that breaks off is no failure of ours.
    if (!(error instanceof ConnectionError)) throw error
  }
}

await run(function* main() {
  using listener = yield* listen({ host: '127.0.0.1', port: Number(process.argv[2] ?? 6000), backlog: 5 })
  console.log(`Listening at 127.0.0.1:${listener.port}`)
  for (;;) spawn(converse, yield* listener.accept())
})
