import assert from 'node:assert/strict'
import { Event, HTTPServer, Response, WSGIServer, sleep, spawn, type Coroutine, type Socket } from 'gvent'
import type { IncomingMessage } from 'node:http'
import { greenTest } from '../green-test.js'
import { dial, exchange, readToEnd } from './raw-client.js'
import { serving } from './serving.js'

const local = { host: '127.0.0.1', port: 0 }
const switching = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n'
const upgrade = (headers: string, protocol = 'echo', version = '1.1'): string =>
  `GET /up HTTP/${version}\r\n${headers}Connection: Upgrade\r\nUpgrade: ${protocol}\r\n\r\n`
const valid = upgrade('Host: x\r\n')

/** Sends back what comes; declines every protocol but its own. */
function* echo(request: IncomingMessage, socket: Socket): Coroutine<boolean> {
  if (request.headers.upgrade !== 'echo') return false
  yield* socket.sendAll(switching)
  for (let chunk = yield* socket.recv(); chunk !== null; chunk = yield* socket.recv()) yield* socket.sendAll(chunk)
  return true
}

const refused: Record<string, [request: string, status: number]> = {
  'no host': [upgrade(''), 400],
  'two hosts': [upgrade('Host: x\r\nHost: y\r\n'), 400],
  'a host that is none': [upgrade('Host: a b\r\n'), 400],
  'too many headers': [upgrade(`Host: x\r\n${'A: 1\r\n'.repeat(101)}`), 431],
  'another version': [upgrade('Host: x\r\n', 'echo', '2.0'), 505],
  'another encoding': [upgrade('Host: x\r\nTransfer-Encoding: xx, chunked\r\n'), 501],
  'a tunnel': ['CONNECT y:80 HTTP/1.1\r\nHost: y:80\r\n\r\n', 400],
}

for (const [name, [request, status]] of Object.entries(refused)) {
  greenTest(`a request for another protocol with ${name} goes through the checks of every request`, function* () {
    let begun = 0
    const server = new HTTPServer({ ...local, upgrade: () => begun++ }, () => {
      begun++
      return new Response('<plain>')
    })
    yield* serving(server, function* () {
      const answer = yield* exchange(server, request)
      assert.match(answer, new RegExp(`^HTTP/1\\.1 (${status}|4\\d\\d|505) `))
      assert.match(answer, /Connection: close/)
      assert.equal(answer.split('HTTP/1.1').length, 2)
      assert.equal(begun, 0)
      assert.equal(server.stats().refused, 1)
    })
  })
}

greenTest('behind a request that is refused, nothing is upgraded', function* () {
  let begun = 0
  const server = new HTTPServer({ ...local, upgrade: () => begun++ }, () => new Response('<plain>'))
  yield* serving(server, function* () {
    const answer = yield* exchange(server, `GET / HTTP/1.1\r\n\r\n${valid}`)
    assert.match(answer, /^HTTP\/1\.1 400 /)
    assert.equal(answer.split('HTTP/1.1').length, 2)
    assert.equal(begun, 0)
  })
})

greenTest('a connection is taken over when the responses before it have gone out', function* () {
  const release = new Event()
  const server = new HTTPServer({ ...local, upgrade: echo }, function* () {
    yield* release.wait()
    return new Response('<plain>')
  })
  yield* serving(server, function* () {
    const socket = yield* dial(server)
    yield* socket.sendAll(`GET / HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n${valid}early`)
    yield* sleep(5)
    assert.equal(server.stats().handling, 2)
    release.set()
    for (let index = 0; index < 2; index++)
      assert.match((yield* socket.recvUntil('<plain>')).toString(), /^HTTP\/1\.1 200/)
    assert.equal((yield* socket.recvUntil('\r\n\r\n')).toString(), switching)
    assert.equal((yield* socket.recvExactly(5)).toString(), 'early')
    socket.close()
  })
})

const declined: Record<string, [request: string, body: string]> = {
  'without a body': [upgrade('Host: x\r\n', 'h2c'), ''],
  'with a length': [
    'POST /up HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, x\r\nUpgrade: h2c\r\nContent-Length: 2\r\n\r\nhi',
    'hi',
  ],
  'with chunks': [
    'POST /up HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: h2c\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n',
    'hi',
  ],
}

for (const [name, [request, body]] of Object.entries(declined)) {
  for (const pieces of ['in one piece', 'byte by byte']) {
    greenTest(`a request ${name} whose upgrade is declined is handled as any other (${pieces})`, function* () {
      const server = new HTTPServer({ ...local, upgrade: echo }, function* (incoming) {
        return new Response(`<${incoming.method} ${incoming.headers.get('upgrade')} ${yield* incoming.text()}>`)
      })
      yield* serving(server, function* () {
        const socket = yield* dial(server)
        socket.node.setNoDelay(true)
        for (const piece of pieces === 'in one piece' ? [request] : request) {
          yield* socket.sendAll(piece)
          if (pieces !== 'in one piece') yield* sleep(0)
        }
        const answer = (yield* socket.recvUntil('>')).toString()
        assert.match(answer, /^HTTP\/1\.1 200/)
        assert.ok(answer.endsWith(`h2c ${body}>`), answer)
        socket.close()
      })
    })
  }
}

greenTest('after an upgrade that was declined the connection goes on, with an upgrade, too', function* () {
  const server = new HTTPServer({ ...local, upgrade: echo }, () => new Response('<plain>'))
  yield* serving(server, function* () {
    const socket = yield* dial(server)
    yield* socket.sendAll(`${upgrade('Host: x\r\n', 'h2c')}GET / HTTP/1.1\r\nHost: x\r\n\r\n${valid}more`)
    for (let index = 0; index < 2; index++)
      assert.match((yield* socket.recvUntil('<plain>')).toString(), /^HTTP\/1\.1 200/)
    assert.equal((yield* socket.recvUntil('more')).toString(), `${switching}more`)
    socket.close()
  })
})

greenTest('a gateway can decline an upgrade', function* () {
  const server = new WSGIServer({ ...local, upgrade: () => false }, function* (_environ, startResponse) {
    startResponse('200 OK', [['Content-Type', 'text/plain']])
    yield '<plain>'
  })
  yield* serving(server, function* () {
    const answer = yield* exchange(server, `${valid}GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`)
    assert.equal(answer.split('<plain>').length, 3)
  })
})

greenTest(
  'a connection that was taken over outlives the limits of requests, and a stop as long as its handler',
  function* () {
    const server = new HTTPServer(
      { ...local, keepAliveTimeout: 1, headersTimeout: 20, upgrade: echo },
      () => new Response(''),
    )
    yield* server.start()
    const socket = yield* dial(server)
    yield* socket.sendAll(valid)
    yield* socket.recvUntil('\r\n\r\n')
    yield* sleep(50)
    const stopped = spawn(() => server.stop({ timeout: 10_000 }))
    yield* sleep(5)
    yield* socket.sendAll('still here')
    assert.equal((yield* socket.recvExactly(10)).toString(), 'still here')
    yield* socket.shutdown()
    assert.equal(yield* readToEnd(socket), '')
    yield* stopped.get()
    socket.close()
  },
)
