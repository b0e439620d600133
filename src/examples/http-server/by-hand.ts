#!/usr/bin/env node
/**
 * A web server by hand, on nothing but a socket: see in a browser what a browser says, and answer it.
 *
 * node by-hand.js [port]
 */
import { ConnectionError, listen, run, spawn, type Coroutine, type Socket } from 'gvent'
import { picture } from './picture.js'

const page = `<!DOCTYPE html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <title>WOW</title>
  </head>
  <body>
    <p>Wow, Python Server</p>
    <img src="/test.png" alt="a test picture">
  </body>
</html>
`

function* answer(socket: Socket): Coroutine<void> {
  try {
    console.log(`Connected by ${socket.remoteAddress}:${socket.remotePort}`)
    // A browser may connect ahead, and never ask for anything.
    const request = yield* socket.recv(1024)
    if (request === null) return
    console.log(request.toString())
    // The first line says it all: the method, the path, and the version of HTTP.
    const [method, path] = request.toString('latin1').split(' ')
    const [type, content] = path === '/test.png' ? ['image/png', picture()] : ['text/html; charset=utf-8', page]
    const head = [
      'HTTP/1.1 200 OK',
      `Content-Type: ${type}`,
      `Content-Length: ${Buffer.byteLength(content)}`,
      'Connection: close',
    ]
    yield* socket.sendAll(`${head.join('\r\n')}\r\n\r\n`)
    if (method !== 'HEAD') yield* socket.sendAll(content)
  } catch (error) {
    // A browser that goes elsewhere meanwhile is no failure of ours.
    if (!(error instanceof ConnectionError)) throw error
  } finally {
    socket.close()
  }
}

await run(function* main() {
  using listener = yield* listen({ host: '127.0.0.1', port: Number(process.argv[2] ?? 8080) })
  console.log(`Listening at http://127.0.0.1:${listener.port}/`)
  for (;;) spawn(answer, yield* listener.accept())
})
