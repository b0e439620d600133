#!/usr/bin/env node
/**
 * An echo server: what a client sends comes back to it. Start `echo-client.js` in other terminals, as many as you like.
 *
 * node echo-server.js [port]
 */
import { ConnectionError, listen, run, spawn, type Coroutine, type Socket } from 'gvent'

function* echo(socket: Socket): Coroutine<void> {
  try {
    console.log(`Connection from ${socket.remoteAddress}:${socket.remotePort}`)
    for (let data = yield* socket.recv(1024); data !== null; data = yield* socket.recv(1024)) {
      console.log(`Received from client: ${data.toString()}`)
      console.log(`Echo: ${data.toString()}`)
      yield* socket.sendAll(data)
    }
  } catch (error) {
    // A client that breaks off is no failure of ours.
    if (!(error instanceof ConnectionError)) throw error
  } finally {
    socket.close()
  }
}

await run(function* main() {
  using listener = yield* listen({ host: '127.0.0.1', port: Number(process.argv[2] ?? 6000) })
  console.log(`Listening at 127.0.0.1:${listener.port}`)
  for (;;) spawn(echo, yield* listener.accept())
})
