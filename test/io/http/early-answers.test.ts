import assert from 'node:assert/strict'
import { HTTPServer, WSGIServer, joinAll, spawn, type Coroutine, type Socket } from 'gvent'
import { greenTest } from '../green-test.js'
import { dial, readToEnd } from './raw-client.js'
import { serving } from './serving.js'

const local = { host: '127.0.0.1', port: 0 }
const piece = Buffer.alloc(64 * 1024, 'x')
const pieces = 40

/** Sends a body that is large, and only then looks for an answer, as simple clients do. */
function* sendThenRead(
  server: Pick<HTTPServer, 'address'>,
  head: string,
  frame: (piece: Buffer) => Buffer,
): Coroutine<string> {
  const socket = yield* dial(server)
  try {
    yield* socket.sendAll(`POST / HTTP/1.1\r\nHost: x\r\n${head}\r\n`)
    for (let index = 0; index < pieces; index++) yield* socket.sendAll(frame(piece))
    return yield* readToEnd(socket)
  } finally {
    socket.close()
  }
}

const whole = (bytes: Buffer): Buffer => bytes
const chunked = (bytes: Buffer): Buffer =>
  Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from('\r\n')])
const length = `Content-Length: ${pieces * piece.length}\r\n`

greenTest('a client that is refused while it sends its body sees the answer when it has sent it', function* () {
  const server = new HTTPServer({ ...local, maxBodySize: 100_000 }, function* (request) {
    return new Response(yield* request.text())
  })
  yield* serving(server, function* () {
    const announced = yield* sendThenRead(server, length, whole)
    assert.match(announced, /^HTTP\/1\.1 413 Payload Too Large\r\n[^]*Connection: close/i)
    const inChunks = yield* sendThenRead(server, 'Transfer-Encoding: chunked\r\n', chunked)
    assert.match(inChunks, /^HTTP\/1\.1 413 Payload Too Large\r\n[^]*Connection: close/i)
  })
})

greenTest('a handler that answers without reading, and closes, is heard all the same', function* () {
  const server = new HTTPServer(local, (_request, response) => {
    response.writeHead(401, { Connection: 'close' }).end('who are you?')
  })
  yield* serving(server, function* () {
    for (const [head, frame] of [[length, whole] as const, ['Transfer-Encoding: chunked\r\n', chunked] as const]) {
      const answer = yield* sendThenRead(server, head, frame)
      assert.match(answer, /^HTTP\/1\.1 401 /)
      assert.match(answer, /who are you\?/)
    }
  })
})

greenTest('a client that is not understood and goes on sending sees the answer', function* () {
  const server = new HTTPServer({ ...local, maxHeaderSize: 1000 }, () => new Response('no'))
  yield* serving(server, function* () {
    const answer = yield* sendThenRead(server, `X: ${'x'.repeat(2000)}\r\n`, whole)
    assert.match(answer, /^HTTP\/1\.1 431 /)
  })
})

greenTest('a connection that lingers ends when the client ends it, and does not outlive a stop', function* () {
  const server = new HTTPServer({ ...local, maxBodySize: 10 }, () => new Response('no'))
  yield* serving(server, function* () {
    const sockets: Socket[] = []
    const refused = function* (): Coroutine<void> {
      const socket = yield* dial(server)
      sockets.push(socket)
      yield* socket.sendAll(`POST / HTTP/1.1\r\nHost: x\r\n${length}\r\n`)
      assert.match(yield* readToEnd(socket), /^HTTP\/1\.1 413 /)
    }
    yield* joinAll(
      Array.from({ length: 5 }, () => spawn(refused)),
      { raiseError: true },
    )
    for (const socket of sockets.slice(0, 3)) socket.close()
    // The others are still open on this side when the server stops.
    yield* server.stop({ timeout: 10 })
    for (const socket of sockets.slice(3)) socket.close()
  })
})

greenTest('upgrade hands the environ and the raw socket of a gateway over', function* () {
  const server = new WSGIServer(
    {
      ...local,
      *upgrade(environ, socket) {
        assert.equal(environ.PATH_INFO, '/up')
        assert.equal(environ['HTTP_UPGRADE'], 'echo')
        yield* socket.sendAll('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n')
        for (let chunk = yield* socket.recv(); chunk !== null; chunk = yield* socket.recv())
          yield* socket.sendAll(chunk)
      },
    },
    function* (_environ, startResponse) {
      startResponse('200 OK', [['Content-Type', 'text/plain']])
      yield 'plain'
    },
  )
  yield* serving(server, function* () {
    const client = yield* dial(server)
    yield* client.sendAll('GET /up HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\nearly')
    assert.match((yield* client.recvUntil('\r\n\r\n')).toString(), /^HTTP\/1\.1 101 /)
    assert.equal((yield* client.recvExactly(5)).toString(), 'early')
    client.close()
  })
})
