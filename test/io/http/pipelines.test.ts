import assert from 'node:assert/strict'
import {
  connect,
  Event,
  HTTPServer,
  WSGIServer,
  Timeout,
  sleep,
  spawn,
  type Coroutine,
  type Greenlet,
  type Socket,
} from 'gvent'
import { greenTest } from '../green-test.js'
import { cert, key } from '../tls-fixture.js'
import { dial, exchange, portOf, readToEnd } from './raw-client.js'
import { reported, serving } from './serving.js'

const local = { host: '127.0.0.1', port: 0 }
const host = 'Host: x\r\n'
const get = (path: number | string, more = ''): string => `GET /${path} HTTP/1.1\r\n${host}${more}\r\n`
const numbered = (count: number): string => Array.from({ length: count }, (_, number) => get(number)).join('')

/** How many requests of a connection may be handled at a time, at most. */
const FEW = 32

/** The bodies of responses that say `<path>`. */
const pathsIn = (answer: string): string[] => [...answer.matchAll(/<\/(\w+)>/g)].map((match) => match[1]!)

/** Waits until something has happened, and nothing more does. */
function* settle(value: () => number): Coroutine<void> {
  for (let before = 0; value() === 0 || value() !== before;) {
    before = value()
    yield* sleep(20)
  }
}

for (const [kind, options] of Object.entries({ 'plain text': {}, TLS: { tls: { key, cert } } })) {
  greenTest(`of requests that are sent without waiting, over ${kind}, only a few are handled at a time`, function* () {
    const release = new Event()
    let begun = 0
    let most = 0
    const server: HTTPServer = new HTTPServer({ ...local, ...options }, function* (request) {
      begun++
      most = Math.max(most, server.stats().handling)
      if (begun <= FEW) yield* release.wait()
      return new Response(`<${new URL(request.url).pathname}>`)
    })
    yield* serving(server, function* () {
      const socket = yield* connect({
        host: '127.0.0.1',
        port: portOf(server),
        tls: 'tls' in options && { ca: cert, servername: 'localhost' },
      })
      const count = 5000
      const sending = spawn(() => socket.sendAll(numbered(count) + get('last', 'Connection: close\r\n')))
      yield* settle(() => begun)
      assert.ok(begun <= FEW, `${begun} were begun`)
      release.set()
      const paths = pathsIn(yield* readToEnd(socket))
      assert.deepEqual(paths, [...Array.from({ length: count }, (_, number) => String(number)), 'last'])
      assert.ok(most <= FEW, `${most} at a time`)
      yield* sending.get()
      socket.close()
    })
  })
}

greenTest('a client that sends requests without end and without waiting is stopped', function* () {
  const release = new Event()
  const server = new HTTPServer(local, function* () {
    yield* release.wait()
    return new Response('')
  })
  yield* serving(server, function* () {
    const socket = yield* dial(server)
    const flood = Buffer.from(get('x').repeat(2 ** 21))
    let isStopped = false
    try {
      yield* socket.sendAll(flood, { timeout: 300 })
    } catch (error) {
      isStopped = error instanceof Timeout
    }
    assert.ok(isStopped)
    assert.ok(server.stats().handling <= FEW)
    socket.close()
    release.set()
  })
})

greenTest('a client that leaves while most of its requests wait for their turn leaves nothing behind', function* () {
  const handled: string[] = []
  const release = new Event()
  const server = new HTTPServer(local, function* (request) {
    handled.push(request.url)
    yield* release.wait()
    return new Response('x'.repeat(100_000))
  })
  yield* serving(server, function* () {
    const socket = yield* dial(server)
    yield* socket.sendAll(numbered(500))
    yield* settle(() => handled.length)
    yield* socket.reset()
    release.set()
    while (server.stats().handling > 0) yield* sleep(1)
    assert.ok(handled.length < 500)
  })
})

greenTest(
  'a stop that kills at once ends all requests of a connection, also those that wait for their turn',
  function* () {
    for (let turns = 0; turns < 12; turns++) {
      const server = new HTTPServer(local, function* () {
        yield* sleep(Infinity)
        return new Response('')
      })
      yield* serving(server, function* () {
        const socket = yield* dial(server)
        const sending = spawn(() => socket.sendAll(numbered(5000)))
        // The server may close first.
        sending.linkError(() => undefined)
        for (let turn = 0; turn < turns; turn++) yield* sleep(0)
        yield* server.stop({ timeout: 0 })
        yield* sending.join()
        socket.close()
      })
    }
  },
)

/** What ends a connection on which three requests have begun. */
const ends: Record<string, (server: HTTPServer, socket: Socket) => Coroutine<Greenlet | undefined>> = {
  *'a stop'(server) {
    const stopping = spawn(() => server.stop({ timeout: 10_000 }))
    yield* sleep(5)
    return stopping
  },
  *'a fourth request that makes no sense'(_server, socket) {
    yield* socket.sendAll('nonsense\r\n\r\n')
    yield* sleep(5)
    return undefined
  },
  *'a fourth request that is refused'(_server, socket) {
    yield* socket.sendAll(`GET /bad HTTP/1.1\r\n\r\n`)
    yield* sleep(5)
    return undefined
  },
}

for (const order of ['in order', 'last first']) {
  for (const [name, end] of Object.entries(ends)) {
    greenTest(`after ${name} all that have begun are answered, and the last says so (${order})`, function* () {
      const releases = [new Event(), new Event(), new Event()]
      let begun = 0
      const server = new HTTPServer(local, function* (request) {
        const { pathname } = new URL(request.url)
        begun++
        yield* releases[Number(pathname.slice(1))]!.wait()
        return new Response(`<${pathname}>`)
      })
      yield* serving(server, function* () {
        const socket = yield* dial(server)
        yield* socket.sendAll(numbered(3))
        yield* settle(() => begun)
        const ended = yield* end(server, socket)
        for (const release of order === 'in order' ? releases : releases.reverse()) {
          release.set()
          yield* sleep(1)
        }
        const answer = yield* readToEnd(socket)
        assert.deepEqual(pathsIn(answer), ['0', '1', '2'])
        assert.equal(answer.split(/^Connection: close\r$/m).length, 2, answer)
        const heads = answer.split('HTTP/1.1 ').slice(1)
        assert.match(heads.at(-1)!, /Connection: close/)
        socket.close()
        if (ended !== undefined) yield* ended.get()
      })
    })
  }
}

greenTest('a handler that fails among others of its connection takes no answer away', function* () {
  const server = new HTTPServer(local, function* (request) {
    const { pathname } = new URL(request.url)
    yield* sleep(1)
    if (pathname === '/1') throw new Error('broken')
    return new Response(`<${pathname}>`)
  })
  yield* serving(server, function* () {
    const errors = yield* reported(function* () {
      const answer = yield* exchange(server, numbered(4))
      assert.deepEqual(pathsIn(answer), ['0', '2', '3'])
      assert.equal(answer.split('HTTP/1.1 500').length, 2)
      assert.match(answer.slice(answer.lastIndexOf('HTTP/1.1')), /Connection: close/)
    })
    assert.equal(errors.length, 1)
  })
})

greenTest('a stop loses no request of clients that do not wait for responses', function* () {
  const server = new HTTPServer(local, function* (request) {
    yield* sleep(1)
    return new Response(`<${new URL(request.url).pathname}>`)
  })
  yield* server.start()
  const depth = 8
  const served = new Event()
  let answered = 0
  const client = function* (): Coroutine<void> {
    const socket = yield* dial(server)
    try {
      for (let last = false; !last;) {
        yield* socket.sendAll(numbered(depth))
        for (let index = 0; index < depth && !last; index++) {
          const head = (yield* socket.recvUntil('\r\n\r\n')).toString()
          assert.equal((yield* socket.recvExactly(4)).toString(), `</${index}>`)
          if (++answered === 200) served.set()
          last = head.includes('Connection: close')
          // What had come together is answered together.
          if (last) assert.equal(index, depth - 1)
        }
      }
    } finally {
      socket.close()
    }
  }
  const clients = Array.from({ length: 10 }, () => spawn(client))
  yield* served.wait()
  yield* server.stop({ timeout: 10_000 })
  for (const each of clients) yield* each.get()
  assert.equal(server.stats().handled, answered)
})

greenTest('the application of a gateway is called for a few requests of a connection at a time, too', function* () {
  let running = 0
  let most = 0
  const server = new WSGIServer(local, function* (environ, startResponse) {
    most = Math.max(most, ++running)
    yield* sleep(1)
    running--
    startResponse('200 OK', [['Content-Type', 'text/plain']])
    yield `<${environ.PATH_INFO}>`
  })
  yield* serving(server, function* () {
    const answer = yield* exchange(server, numbered(300) + get('last', 'Connection: close\r\n'))
    assert.equal(pathsIn(answer).length, 301)
    assert.ok(most <= FEW)
  })
})
