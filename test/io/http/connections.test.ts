import assert from 'node:assert/strict'
import {
  Event,
  HTTPServer,
  Response,
  joinAll,
  sleep,
  spawn,
  type Coroutine,
  type HTTPOptions,
  type Socket,
} from 'gvent'
import { greenTest } from '../green-test.js'
import { dial, exchange, readToEnd } from './raw-client.js'
import { serving } from './serving.js'

const local = { host: '127.0.0.1', port: 0 }
const get = 'GET / HTTP/1.1\r\nHost: x\r\n\r\n'
const post = 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n'

/** Sends a request and takes its answer. */
function* ask(socket: Socket, request = get): Coroutine<string> {
  yield* socket.sendAll(request)
  const head = (yield* socket.recvUntil('\r\n\r\n')).toString()
  const [, length = '0'] = /content-length: (\d+)/i.exec(head) ?? []
  return head + (yield* socket.recvExactly(Number(length))).toString()
}

const strays = { CRLF: '\r\n', LF: '\n', CR: '\r', 'empty lines': '\r\n'.repeat(50) }

/** Sends empty lines after a request, and waits until the connection is closed. */
function* linger(server: HTTPServer, stray: string, isRepeated: boolean): Coroutine<void> {
  const socket = yield* dial(server)
  yield* ask(socket)
  yield* socket.sendAll(stray)
  const sending = spawn(function* () {
    try {
      while (isRepeated) {
        yield* sleep(50)
        yield* socket.sendAll(stray)
      }
    } catch (error) {
      // The last lines met a closed door.
      assert.match((error as { code: string }).code, /ECONNRESET|EPIPE|GVENT_CLOSED/)
    }
  })
  try {
    assert.equal(yield* socket.recv(), null)
  } catch (error) {
    assert.match((error as { code: string }).code, /ECONNRESET|EPIPE/)
  }
  socket.close()
  yield* sending.join()
}

greenTest('a connection on which nothing but empty lines comes after a request is closed as idle', function* () {
  const server = new HTTPServer({ ...local, keepAliveTimeout: 10, headersTimeout: 2000 }, () => new Response('ok'))
  yield* serving(server, function* () {
    const clients = Object.values(strays).flatMap((stray) =>
      [false, true].map((isRepeated) => spawn(() => linger(server, stray, isRepeated))),
    )
    yield* joinAll(clients, { raiseError: true })
  })
})

greenTest('a connection with a body that came after its answer is closed as idle', function* () {
  const server = new HTTPServer({ ...local, keepAliveTimeout: 10, headersTimeout: 2000 }, () => new Response('ok'))
  yield* serving(server, function* () {
    const socket = yield* dial(server)
    assert.match(yield* ask(socket, `${post}\r\n`), /^HTTP\/1\.1 200/)
    yield* socket.sendAll('hi')
    assert.equal(yield* socket.recv(), null)
    socket.close()
  })
})

greenTest('an expectation that is unknown is answered with 417, and the connection closed', function* () {
  const server = new HTTPServer(local, () => assert.fail('it was handled'))
  yield* serving(server, function* () {
    for (const rest of ['', 'Content-Length: 2\r\n']) {
      const answer = yield* exchange(server, `GET / HTTP/1.1\r\nHost: x\r\nExpect: x\r\n${rest}\r\n`)
      assert.match(answer, /^HTTP\/1\.1 417 Expectation Failed\r\n[^]*Connection: close/)
      assert.equal(answer.split('HTTP/1.1').length, 2)
    }
    assert.equal(server.stats().refused, 2)
  })
})

/** Requests with `Expect: 100-continue`: whether the client is told to go on, and whether the connection is closed after. */
const expectations: [name: string, request: string, options: HTTPOptions, continues: boolean, closes: boolean][] = [
  ['a request', `${post}Expect: 100-continue\r\n\r\n`, {}, true, false],
  ['one in capitals', `${post}Expect: 100-CONTINUE\r\n\r\n`, {}, true, false],
  ['one that closes', `${post}Connection: close\r\nExpect: 100-continue\r\n\r\n`, {}, true, true],
  ['the last one', `${post}Expect: 100-continue\r\n\r\n`, { maxRequestsPerConnection: 1 }, true, true],
  [
    'one for another protocol',
    `${post}Connection: Upgrade\r\nUpgrade: x\r\nExpect: 100-continue\r\n\r\n`,
    {},
    true,
    true,
  ],
  ['HTTP/1.0', 'POST / HTTP/1.0\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n', {}, false, true],
  ['one without a body', 'GET / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n\r\n', {}, false, true],
]

for (const [name, request, options, continues, closes] of expectations) {
  greenTest(
    `Expect: 100-continue of ${name}: ${continues ? '100' : 'no 100'}, ${closes ? 'closed' : 'kept open'}`,
    function* () {
      const server = new HTTPServer({ ...local, ...options }, function* (incoming) {
        return new Response(`<${yield* incoming.text()}>`)
      })
      yield* serving(server, function* () {
        const socket = yield* dial(server)
        yield* socket.sendAll(request)
        if (continues) assert.equal((yield* socket.recvUntil('\r\n\r\n')).toString(), 'HTTP/1.1 100 Continue\r\n\r\n')
        if (request.includes('Content-Length')) yield* socket.sendAll('hi')
        const head = (yield* socket.recvUntil('\r\n\r\n')).toString()
        assert.match(head, /^HTTP\/1\.1 200/)
        assert.equal(/^Connection: close\r$/im.test(head), closes, head)
        assert.equal((yield* socket.recvUntil('>')).toString(), request.includes('Length') ? '<hi>' : '<>')
        if (closes) assert.equal(yield* socket.recv(), null)
        else assert.match(yield* ask(socket), /^HTTP\/1\.1 200/)
        socket.close()
      })
    },
  )
}

greenTest('Expect: 100-continue while the server stops: the connection is closed after the answer', function* () {
  const asked = new Event()
  const stopping = new Event()
  const server = new HTTPServer(local, function* (request) {
    asked.set()
    yield* stopping.wait()
    return new Response(yield* request.text())
  })
  yield* server.start()
  const socket = yield* dial(server)
  yield* socket.sendAll(`${post}Expect: 100-continue\r\n\r\n`)
  yield* asked.wait()
  const stopped = spawn(() => server.stop({ timeout: 10_000 }))
  yield* sleep(5)
  stopping.set()
  yield* socket.recvUntil('\r\n\r\n')
  yield* socket.sendAll('hi')
  assert.match(yield* readToEnd(socket), /^HTTP\/1\.1 200 [^]*Connection: close[^]*hi$/)
  yield* stopped.get()
  socket.close()
})

greenTest('a client of HTTP/1.0 that asks for it keeps its connection, whatever the response is made of', function* () {
  const bodies: (() => Response)[] = [
    () => new Response('hello'),
    () => new Response(Buffer.from('hello')),
    () => new Response('\u00e9'),
    () => new Response(''),
    () => new Response(null),
  ]
  let made = 0
  const server = new HTTPServer(local, () => bodies[made++]!())
  yield* serving(server, function* () {
    const socket = yield* dial(server)
    for (const [index] of bodies.entries()) {
      const answer = yield* ask(socket, 'GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n')
      assert.match(answer, /^HTTP\/1\.1 200 [^]*Connection: keep-alive/i, `body ${index}`)
      assert.match(answer, /content-length: \d/i)
    }
    socket.close()
  })
})
