import assert from 'node:assert/strict'
import { HTTPServer, Event, sleep, type Coroutine, type Socket } from 'gvent'
import { greenTest } from '../green-test.js'
import { dial, readToEnd } from './raw-client.js'
import { reported, serving } from './serving.js'

const local = { host: '127.0.0.1', port: 0 }
const host = 'Host: x\r\n'
const post = (headers: string, body = ''): string => `POST /bad HTTP/1.1\r\n${host}${headers}\r\n${body}`

/** Requests whose end two parties could see at different places, or that make no sense. None may reach a handler. */
const malformed: Record<string, string> = {
  'a length and chunks': post('Content-Length: 5\r\nTransfer-Encoding: chunked\r\n', '0\r\n\r\n'),
  'chunks and a length': post('Transfer-Encoding: chunked\r\nContent-Length: 5\r\n', '0\r\n\r\n'),
  'two lengths': post('Content-Length: 1\r\nContent-Length: 2\r\n', 'xx'),
  'a list of lengths': post('Content-Length: 1, 1\r\n', 'x'),
  'a length with a sign': post('Content-Length: +1\r\n', 'x'),
  'a negative length': post('Content-Length: -1\r\n', 'x'),
  'a length in hexadecimal': post('Content-Length: 0x1\r\n', 'x'),
  'a length with an underscore': post('Content-Length: 1_0\r\n', 'x'),
  'an empty length': post('Content-Length: \r\n', 'x'),
  'a length beyond 64 bits': post('Content-Length: 18446744073709551617\r\n', 'x'),
  'chunks that are not the last encoding': post('Transfer-Encoding: chunked, identity\r\n', '0\r\n\r\n'),
  'an encoding that is unknown': post('Transfer-Encoding: xchunked\r\n', '0\r\n\r\n'),
  'a space before the colon': post('Content-Length : 1\r\n', 'x'),
  'a name with a space': post('Bad Name: 1\r\n'),
  'a header without a colon': post('Nothing\r\n'),
  'an empty name': post(': 1\r\n'),
  'a header that is folded': `GET /bad HTTP/1.1\r\n X: 1\r\n${host}\r\n`,
  'a NUL in a value': post('X: a\0b\r\n'),
  'a bare CR in a value': post('X: a\rb\r\n'),
  'chunks in HTTP/1.0': post('Transfer-Encoding: chunked\r\n', '0\r\n\r\n').replace('HTTP/1.1', 'HTTP/1.0'),
  'two hosts': `GET /bad HTTP/1.1\r\n${host}${host}\r\n`,
  'no host': 'GET /bad HTTP/1.1\r\n\r\n',
  'a host with a path': 'GET /bad HTTP/1.1\r\nHost: x/y\r\n\r\n',
  'a host with a name': 'GET /bad HTTP/1.1\r\nHost: u@x\r\n\r\n',
  'a host with a query': 'GET /bad HTTP/1.1\r\nHost: x?y\r\n\r\n',
  'a host with a backslash': 'GET /bad HTTP/1.1\r\nHost: x\\y\r\n\r\n',
  'a host with a space': 'GET /bad HTTP/1.1\r\nHost: a b\r\n\r\n',
  'a host with a port that is none': 'GET /bad HTTP/1.1\r\nHost: x:abc\r\n\r\n',
  'a target of another scheme': `GET ftp://y/bad HTTP/1.1\r\n${host}\r\n`,
  'a target without a host': `GET http:///bad HTTP/1.1\r\n${host}\r\n`,
  'a target with a password': `GET http://u:p@y/bad HTTP/1.1\r\n${host}\r\n`,
  'a GET of everything': `GET * HTTP/1.1\r\n${host}\r\n`,
  'a version of two digits': `GET /bad HTTP/1.10\r\n${host}\r\n`,
  'a version that is none': `GET /bad HTTP/x\r\n${host}\r\n`,
  'HTTP/2 without its preface': `GET /bad HTTP/2.0\r\n${host}\r\n`,
  'a method that is none': `FOO /bad HTTP/1.1\r\n${host}\r\n`,
  'a space in the path': `GET /bad path HTTP/1.1\r\n${host}\r\n`,
  'another protocol': 'SSH-2.0-OpenSSH_9.0\r\n\r\n',
}

/** Bodies that go wrong when their handler runs already. */
const broken: Record<string, string> = {
  'a size of a chunk in no digits': post('Transfer-Encoding: chunked\r\n', 'zz\r\nx\r\n0\r\n\r\n'),
  'a size with a sign': post('Transfer-Encoding: chunked\r\n', '+1\r\nx\r\n0\r\n\r\n'),
  'a size with a prefix': post('Transfer-Encoding: chunked\r\n', '0x1\r\nx\r\n0\r\n\r\n'),
  'a size with an underscore': post('Transfer-Encoding: chunked\r\n', '1_0\r\nx\r\n0\r\n\r\n'),
  'a size beyond 64 bits': post('Transfer-Encoding: chunked\r\n', '10000000000000001\r\nx\r\n0\r\n\r\n'),
  'a chunk that is longer than its size': post('Transfer-Encoding: chunked\r\n', '1\r\nxyz\r\n0\r\n\r\n'),
}

const valid = `GET /good HTTP/1.1\r\n${host}\r\n`

/** A server that notes whom it answered. */
function recording(): { server: HTTPServer; handled: string[]; read: string[] } {
  const handled: string[] = []
  const read: string[] = []
  const server = new HTTPServer(local, function* (request) {
    const { pathname } = new URL(request.url)
    handled.push(pathname)
    read.push(yield* request.text())
    return new Response(`answer to ${pathname}`)
  })
  return { server, handled, read }
}

/** Sends the pieces apart, then a request that is valid, and gives what comes back until the server closes. */
function* provoke(server: HTTPServer, pieces: readonly string[]): Coroutine<string> {
  const socket = yield* dial(server)
  socket.node.setNoDelay(true)
  try {
    yield* say(socket, [...pieces, valid])
    return yield* readToEnd(socket)
  } catch (error) {
    // What it sends when the server has closed already is answered with a reset.
    if ((error as { code?: string }).code === 'ECONNRESET' || (error as { code?: string }).code === 'EPIPE') return ''
    throw error
  } finally {
    socket.close()
  }
}

function* say(socket: Socket, pieces: readonly string[]): Coroutine<void> {
  for (const piece of pieces) {
    yield* socket.sendAll(Buffer.from(piece, 'latin1'))
    yield* sleep(0)
  }
}

/** A text whole, in two parts at every place, and byte by byte. */
function* splits(text: string): Generator<string[]> {
  yield [text]
  for (let at = 1; at < text.length; at++) yield [text.slice(0, at), text.slice(at)]
  yield Array.from(text)
}

for (const [name, request] of Object.entries(malformed)) {
  greenTest(`${name}: no handler runs, however it is split, and the connection is closed`, function* () {
    const { server, handled } = recording()
    yield* serving(server, function* () {
      for (const pieces of splits(request)) {
        const answer = yield* provoke(server, pieces)
        assert.match(answer, /^(HTTP\/1\.1 (4\d\d|50[15]) |$)/)
        assert.equal(answer.split('HTTP/1.1').length <= 2, true, answer)
      }
      assert.deepEqual(handled, [])
    })
  })

  greenTest(`${name}, after a request that is valid: that one alone is answered`, function* () {
    const { server, handled } = recording()
    yield* serving(server, function* () {
      const answer = yield* provoke(server, [valid + request])
      assert.deepEqual(handled, ['/good'])
      assert.ok(answer === '' || answer.startsWith('HTTP/1.1 200'), answer)
    })
  })
}

for (const [name, request] of Object.entries(broken)) {
  greenTest(`${name}: its handler never sees the end of the body, and nothing after it is a request`, function* () {
    const { server, handled, read } = recording()
    yield* serving(server, function* () {
      for (const pieces of splits(request)) yield* provoke(server, pieces)
      assert.ok(handled.every((path) => path === '/bad'))
      assert.deepEqual(read, [])
    })
  })
}

greenTest('a client that closes after any byte of an exchange leaves nothing behind', function* () {
  const { server } = recording()
  yield* serving(server, function* () {
    const request = post('Content-Length: 5\r\n', 'hello')
    for (let size = 0; size <= request.length; size++) {
      const socket = yield* dial(server)
      yield* socket.sendAll(request.slice(0, size))
      socket.close()
    }
    while (server.stats().handling > 0) yield* sleep(1)
  })
})

greenTest('clients that dribble their headers hold up nobody, and are let go', function* () {
  const slow = 200
  const server = new HTTPServer({ ...local, headersTimeout: 300 }, () => new Response('quick'))
  yield* serving(server, function* () {
    const sockets: Socket[] = []
    for (let index = 0; index < slow; index++) {
      const socket = yield* dial(server)
      yield* socket.sendAll('GET / HTTP/1.1\r\nX: ')
      sockets.push(socket)
    }
    const good = yield* dial(server)
    yield* good.sendAll(`GET / HTTP/1.1\r\n${host}Connection: close\r\n\r\n`)
    assert.match(yield* readToEnd(good), /quick$/)
    good.close()
    for (const socket of sockets) {
      assert.match(yield* readToEnd(socket), /^HTTP\/1\.1 408/)
      socket.close()
    }
    assert.equal(server.stats().handled, 1)
  })
})

greenTest('after garbage in a pipeline the request before it is still answered', function* () {
  const release = new Event()
  const server = new HTTPServer(local, function* () {
    yield* release.wait()
    return new Response('first')
  })
  yield* serving(server, function* () {
    const socket = yield* dial(server)
    yield* socket.sendAll(`${valid}garbage\r\n\r\n`)
    yield* sleep(5)
    release.set()
    const answer = yield* readToEnd(socket)
    assert.match(answer, /^HTTP\/1\.1 200 OK\r\n/)
    assert.match(answer, /Connection: close/)
    assert.match(answer, /first$/)
    socket.close()
  })
})

greenTest('a HEAD that is refused, or fails, gets the head of what says so', function* () {
  const server = new HTTPServer({ ...local, maxHeadersCount: 2 }, () => {
    throw new Error('broken')
  })
  yield* serving(server, function* () {
    const errors = yield* reported(function* () {
      for (const [headers, status] of [
        ['', 400],
        [host + host, 400],
        [`${host}A: 1\r\nB: 2\r\n`, 431],
        [`${host}Connection: close\r\n`, 500],
      ] as const) {
        const socket = yield* dial(server)
        yield* socket.sendAll(`HEAD / HTTP/1.1\r\n${headers}\r\n`)
        assert.match(yield* readToEnd(socket), new RegExp(`^HTTP/1\\.1 ${status} [^]*\\r\\n\\r\\n$`))
        socket.close()
      }
    })
    assert.equal(errors.length, 1)
  })
})

for (const count of [1, 2]) {
  greenTest(
    `after ${count} requests, if there may be no more, the connection is closed, and no other one handled`,
    function* () {
      const handled: string[] = []
      const server = new HTTPServer({ ...local, maxRequestsPerConnection: count }, (request) => {
        handled.push(new URL(request.url).pathname)
        return new Response('answer')
      })
      yield* serving(server, function* () {
        const answer = yield* provoke(server, [valid.repeat(3)])
        assert.equal(answer.split('HTTP/1.1 200').length - 1, count)
        assert.equal(answer.split('HTTP/1.1 ').length - 1, count)
        assert.equal(handled.length, count)
      })
    },
  )
}

greenTest('after a request for an upgrade that nobody wants, the connection is closed', function* () {
  const { server, handled, read } = recording()
  yield* serving(server, function* () {
    const upgrade = post('Connection: x, Upgrade\r\nUpgrade: h2c\r\nContent-Length: 2\r\n', 'hi')
    for (const pieces of splits(upgrade + valid)) {
      const answer = yield* provoke(server, pieces)
      assert.match(answer, /^HTTP\/1\.1 200 OK\r\n[^]*Connection: close[^]*answer to \/bad$/)
    }
    assert.ok(handled.every((path) => path === '/bad'))
    assert.ok(read.every((body) => body === 'hi'))
  })
})
