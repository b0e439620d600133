#!/usr/bin/env node
/**
 * A client for `echo-server.js`: it sends what you type, line by line, and prints what comes back.
 *
 * node echo-client.js [port]
 */
import { createInterface } from 'node:readline'
import { connect, each, run } from 'gvent'

await run(function* main() {
  const socket = yield* connect({ host: '127.0.0.1', port: Number(process.argv[2] ?? 6000) })
  const lines = createInterface({ input: process.stdin })
  try {
    process.stdout.write('> ')
    for (const next of each(lines)) {
      const line = yield* next
      if (line.done) break
      if (line.value !== '') {
        yield* socket.sendAll(line.value)
        const reply = yield* socket.recv(1024)
        if (reply === null) {
          console.log('The server has closed the connection.')
          break
        }
        console.log(`Received from server: ${reply.toString()}`)
      }
      process.stdout.write('> ')
    }
  } finally {
    lines.close()
    socket.close()
  }
})
