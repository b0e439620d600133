import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect as nodeConnect, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  ConnectionRefusedError,
  ConnectionResetError,
  Event,
  GreenletExit,
  Pool,
  StreamServer,
  all,
  call,
  connect,
  getHub,
  idle,
  sleep,
  spawn,
  until,
  type Coroutine,
  type Greenlet,
  type Operation,
  type Socket,
  type WaitOptions,
} from 'gvent'
import { greenTest, raised, start, turns } from '../green-test.js'
import { cert, key } from '../tls-fixture.js'

const LOCAL = { host: '127.0.0.1' }

function* echo(socket: Socket): Coroutine<void> {
  for (let chunk = yield* socket.recv(); chunk !== null; chunk = yield* socket.recv()) yield* socket.sendAll(chunk)
}

function place(server: StreamServer): { host: string; port: number } {
  const { address, port } = server.address() as AddressInfo
  return { host: address, port }
}

/** What a client gets back for what it sends. */
function* ask(server: StreamServer, text: string): Coroutine<string> {
  using socket = yield* connect(place(server))
  yield* socket.sendAll(text)
  return String(yield* socket.recvExactly(text.length))
}

/** The errors that are reported while `body` runs, in place of being printed. */
function* reports(body: () => Coroutine<void>): Coroutine<string[]> {
  const hub = getHub()
  const { onError } = hub
  const seen: string[] = []
  hub.onError = (error, greenlet) => void seen.push(`${greenlet.name}: ${String(error)}`)
  try {
    yield* body()
    yield* turns()
  } finally {
    hub.onError = onError
  }
  return seen
}

greenTest('each connection has a greenlet of its own', function* () {
  const server = yield* new StreamServer(LOCAL, echo).start()
  const first = yield* connect(place(server))
  yield* first.sendAll('1')
  assert.equal(yield* ask(server, 'second'), 'second')
  assert.equal(String(yield* first.recv()), '1')
  assert.equal(server.stats().handling, 2)
  yield* all([first.close(), server.stop()])
  const { accepted, handled, handling, failed } = server.stats()
  assert.deepEqual({ accepted, handled, handling, failed }, { accepted: 2, handled: 2, handling: 0, failed: 0 })
})

greenTest('outside of greenlets start and stop are awaited', function* () {
  yield* until(
    (async () => {
      await using server = await new StreamServer(LOCAL, echo).start()
      const client = nodeConnect(place(server))
      client.write('from a callback')
      const [chunk] = (await once(client, 'data')) as [Buffer]
      assert.equal(String(chunk), 'from a callback')
      client.destroy()
    })(),
  )
})

greenTest('it serves over TLS and over Unix sockets', function* () {
  const folder = mkdtempSync(join(tmpdir(), 'gvent-'))
  const path = join(folder, 'socket')
  const secure = yield* new StreamServer({ ...LOCAL, tls: { key, cert } }, echo).start()
  const local = yield* new StreamServer(path, echo).start()
  assert.equal(local.address(), path)
  for (const options of [{ ...place(secure), tls: { ca: cert } }, { path }]) {
    using socket = yield* connect(options)
    yield* socket.sendAll('hello')
    assert.equal(String(yield* socket.recv()), 'hello')
  }
  yield* all([secure.stop(), local.stop()])
  rmSync(folder, { recursive: true })
})

greenTest('the connection is closed when its handler has ended', function* () {
  const server = yield* new StreamServer(LOCAL, function* (socket) {
    yield* socket.sendAll('bye')
  }).start()
  using socket = yield* connect(place(server))
  assert.equal(String(yield* socket.recv()), 'bye')
  assert.equal(yield* socket.recv(), null)
  yield* server.stop()
})

greenTest('a handler may be a plain function, and one that returns a promise', function* () {
  for (const handler of [
    (socket: Socket) => socket.sendAll('plain'),
    async (socket: Socket) => socket.sendAll('plain'),
  ]) {
    const server = yield* new StreamServer(LOCAL, handler).start()
    using socket = yield* connect(place(server))
    assert.equal(String(yield* socket.recvExactly(5)), 'plain')
    assert.equal(yield* socket.recv(), null)
    yield* server.stop()
  }
})

greenTest('a handler that fails is reported and closes its own connection only', function* () {
  const server = new StreamServer(LOCAL, function* picky(socket) {
    const text = String(yield* socket.recv())
    if (text === 'bad') throw new Error('cannot stand it')
    yield* socket.sendAll(text)
    yield* echo(socket)
  })
  yield* server.start()
  const good = yield* connect(place(server))
  yield* good.sendAll('good')
  assert.equal(String(yield* good.recv()), 'good')
  const seen = yield* reports(function* () {
    using bad = yield* connect(place(server))
    yield* bad.sendAll('bad')
    assert.equal(yield* bad.recv(), null)
  })
  assert.deepEqual(seen, ['picky: Error: cannot stand it'])
  yield* good.sendAll('still here')
  assert.equal(String(yield* good.recv()), 'still here')
  assert.equal(server.stats().failed, 1)
  yield* all([good.close(), server.stop()])
})

greenTest('a client that breaks off is counted, not reported', function* () {
  const server = yield* new StreamServer(LOCAL, echo).start()
  const seen = yield* reports(function* () {
    const client = yield* connect(place(server))
    yield* client.sendAll('x')
    yield* client.recv()
    yield* client.reset()
    while (server.stats().handling > 0) yield* idle()
  })
  assert.deepEqual(seen, [])
  const { disconnected, failed, handled } = server.stats()
  assert.deepEqual({ disconnected, failed, handled }, { disconnected: 1, failed: 0, handled: 1 })
  yield* server.stop()
})

greenTest("an error of another connection is the handler's own", function* () {
  const server = yield* new StreamServer(LOCAL, function* forward() {
    yield* connect({ host: '127.0.0.1', port: 1 })
  }).start()
  const seen = yield* reports(function* () {
    using client = yield* connect(place(server))
    assert.equal(yield* client.recv(), null)
  })
  assert.deepEqual(seen, ['forward: ConnectionRefusedError: connect ECONNREFUSED 127.0.0.1:1'])
  yield* server.stop()
})

for (const kind of ['a number', 'a Pool']) {
  greenTest(`with spawn: ${kind}, clients wait in order while it is full, and none is lost`, function* () {
    const pool = kind === 'a Pool' ? new Pool(2) : 2
    const order: string[] = []
    const go = new Event()
    const server = new StreamServer({ ...LOCAL, spawn: pool }, function* (socket) {
      order.push((yield* socket.readLine())!)
      yield* go.wait()
      yield* socket.sendAll('served')
    })
    yield* server.start()
    const clients: Socket[] = []
    for (let index = 0; index < 20; index++) {
      const client = yield* connect(place(server))
      yield* client.sendAll(`${index}\n`)
      clients.push(client)
    }
    while (server.stats().waiting < 18) yield* idle()
    const { handling, maxHandling, waiting, dropped } = server.stats()
    assert.deepEqual(
      { handling, maxHandling, waiting, dropped },
      { handling: 2, maxHandling: 2, waiting: 18, dropped: 0 },
    )
    go.set()
    for (const client of clients) assert.equal(String(yield* client.recvExactly(6)), 'served')
    assert.deepEqual(
      order,
      clients.map((_, index) => String(index)),
    )
    for (const client of clients) yield* client.close()
    yield* server.stop()
  })
}

greenTest('a Pool that others use too leaves the server what they leave', function* () {
  const pool = new Pool(1)
  const server = yield* new StreamServer({ ...LOCAL, spawn: pool }, echo).start()
  const go = new Event()
  const other = yield* pool.spawn(function* () {
    yield* go.wait()
  })
  using client = yield* connect(place(server))
  yield* client.sendAll('hello')
  while (server.stats().waiting === 0) yield* idle()
  assert.equal(server.stats().handling, 0)
  go.set()
  assert.equal(String(yield* client.recv()), 'hello')
  assert.equal(other.dead, true)
  yield* client.close()
  yield* server.stop()
  assert.equal(pool.size, 0)
})

greenTest('more clients than the backlog are reset, and counted', function* () {
  const go = new Event()
  const server = new StreamServer({ ...LOCAL, spawn: 1, backlog: 2 }, function* (socket) {
    yield* go.wait()
    yield* socket.sendAll('served')
  })
  yield* server.start()
  const ask = function* (): Coroutine<string> {
    using client = yield* connect(place(server))
    return String(yield* client.recvExactly(6))
  }
  const clients: Greenlet<string>[] = []
  for (let index = 0; index < 6; index++) {
    clients.push(start(ask))
    yield* turns()
  }
  assert.deepEqual([server.stats().waiting, server.stats().dropped], [2, 3])
  go.set()
  for (const client of clients.slice(0, 3)) assert.equal(yield* client, 'served')
  for (const client of clients.slice(3)) assert.ok((yield* raised(client)) instanceof ConnectionResetError)
  yield* server.stop()
})

greenTest('stopAccepting makes clients wait, and startAccepting serves them', function* () {
  const server = yield* new StreamServer(LOCAL, echo).start()
  server.stopAccepting()
  using client = yield* connect(place(server))
  yield* client.sendAll('patience')
  while (server.stats().waiting === 0) yield* idle()
  assert.deepEqual([server.stats().accepting, server.stats().handling], [false, 0])
  server.startAccepting()
  server.startAccepting()
  assert.equal(String(yield* client.recv()), 'patience')
  assert.equal(server.stats().accepting, true)
  yield* client.close()
  yield* server.stop()
})

greenTest('stop lets handlers finish, refuses new clients meanwhile, and then nothing is left', function* () {
  const go = new Event()
  const server = new StreamServer({ ...LOCAL, spawn: 1 }, function* (socket) {
    yield* go.wait()
    yield* socket.sendAll('done')
  })
  yield* server.start()
  const where = place(server)
  const served = yield* connect(where)
  const waiting = yield* connect(where)
  while (server.stats().waiting < 1) yield* idle()
  const stop = start(() => server.stop({ timeout: Infinity }))
  yield* turns()
  assert.equal(server.address(), null)
  assert.ok((yield* raised(connect(where))) instanceof ConnectionRefusedError)
  assert.equal(stop.dead, false)
  go.set()
  yield* stop
  for (const client of [served, waiting]) {
    assert.equal(String(yield* client.recvExactly(4)), 'done')
    assert.equal(yield* client.recv(), null)
    yield* client.close()
  }
  assert.equal(server.stats().handling, 0)
})

greenTest('stop kills those who are not done in time, and resets those who still wait', function* () {
  const endings: unknown[] = []
  const server = new StreamServer({ ...LOCAL, spawn: 1 }, function* (socket) {
    try {
      yield* socket.recv()
    } catch (error) {
      endings.push(error)
      throw error
    }
  })
  yield* server.start()
  const served = yield* connect(place(server))
  const waiting = yield* connect(place(server))
  while (server.stats().waiting < 1) yield* idle()
  yield* server.stop({ timeout: 1 })
  assert.ok(endings.length === 1 && endings[0] instanceof GreenletExit)
  assert.equal(yield* served.recv(), null)
  assert.ok((yield* raised(waiting.recv())) instanceof ConnectionResetError)
  yield* all([served.close(), waiting.close()])
})

greenTest('a handler that was killed before it ran loses its connection too', function* () {
  class Hasty extends StreamServer {
    protected override startHandler(handler: Greenlet): Operation<unknown> {
      const starting = super.startHandler(handler)
      return call(function* () {
        yield* starting
        handler.kill()
      })
    }
  }
  const server = yield* new Hasty(LOCAL, () => assert.fail('it ran')).start()
  const client = yield* connect(place(server))
  assert.equal(yield* client.recv(), null)
  yield* all([client.close(), server.stop()])
  assert.equal(server.stats().handled, 1)
})

greenTest('a second stop in more of a hurry ends the grace of the first', function* () {
  const server = yield* new StreamServer(LOCAL, echo).start()
  using client = yield* connect(place(server))
  while (server.stats().handling === 0) yield* idle()
  const patient = start(() => server.stop({ timeout: Infinity }))
  yield* turns()
  yield* server.stop({ timeout: 0 })
  yield* patient
  assert.equal(yield* client.recv(), null)
})

greenTest('a handler can stop its server', function* () {
  const server: StreamServer = new StreamServer(LOCAL, function* () {
    yield* server.stop({ timeout: 1 })
  })
  const serving = start(() => server.serveForever())
  while (server.address() === null) yield* idle()
  using client = yield* connect(place(server))
  assert.equal(yield* client.recv(), null)
  yield* serving
})

greenTest('it can be started again, and starting twice is the same as once', function* () {
  const server = new StreamServer(LOCAL, echo)
  assert.equal(server.address(), null)
  for (let round = 0; round < 3; round++) {
    yield* all([server.start(), server.start()])
    assert.equal(yield* ask(server, 'again'), 'again')
    yield* server.stop()
    yield* server.stop()
  }
})

greenTest('serveForever starts it, and a kill stops it', function* () {
  const server = new StreamServer(LOCAL, echo)
  const serving = start(() => server.serveForever())
  while (server.address() === null) yield* idle()
  assert.equal(yield* ask(server, 'for ever'), 'for ever')
  yield* serving.kill()
  assert.equal(server.address(), null)
})

greenTest('an address that is taken is an error of start', function* () {
  const first = yield* new StreamServer(LOCAL, echo).start()
  const second = new StreamServer(place(first), echo)
  const error = (yield* raised(second.start())) as NodeJS.ErrnoException
  assert.equal(error.code, 'EADDRINUSE')
  assert.match(error.message, /^listen EADDRINUSE/)
  yield* first.stop()
  yield* second.start()
  assert.equal(yield* ask(second, 'mine now'), 'mine now')
  yield* second.stop()
})

greenTest('a start that is killed leaves nothing behind', function* () {
  const server = new StreamServer({ host: 'localhost' }, echo)
  const starting = start(() => server.start())
  yield* sleep(0)
  yield* starting.kill()
  assert.equal(server.address(), null)
})

greenTest('a handshake that is slow holds up nobody, and one that fails is counted', function* () {
  const server = new StreamServer({ ...LOCAL, tls: { key, cert, handshakeTimeout: 1000 } }, echo)
  yield* server.start()
  const silent = yield* connect(place(server))
  const babbler = yield* connect(place(server))
  yield* babbler.sendAll('this is no TLS at all\n')
  using good = yield* connect({ ...place(server), tls: { ca: cert } })
  yield* good.sendAll('hello')
  assert.equal(String(yield* good.recv()), 'hello')
  while (server.stats().handshakesFailed < 2) yield* sleep(10)
  assert.equal(server.stats().accepted, 1)
  yield* all([silent.close(), babbler.close(), good.close()])
  yield* server.stop()
})

greenTest('a thousand connections at the same time', function* () {
  const server = yield* new StreamServer(LOCAL, echo).start()
  const clients: Socket[] = []
  // In parts, because the kernel makes those wait a second who do not fit into its own backlog.
  for (let part = 0; part < 4; part++) {
    clients.push(...(yield* all(Array.from({ length: 250 }, () => connect(place(server))))))
  }
  yield* all(clients.map((client, index) => spawn(() => client.sendAll(`${index}\n`))))
  for (const [index, client] of clients.entries()) assert.equal(yield* client.readLine(), String(index))
  assert.equal(server.stats().handling, 1000)
  for (const client of clients) yield* client.close()
  while (server.stats().handling > 0) yield* idle()
  yield* server.stop()
  assert.equal(server.stats().handled, 1000)
})

greenTest('under load, no request that was made before fails when it is stopped', function* () {
  const server = new StreamServer(LOCAL, function* (socket) {
    const line = yield* socket.readLine()
    yield* sleep(1)
    yield* socket.sendAll(`${line} answered\n`)
  })
  yield* server.start()
  const where = place(server)
  let stopping = false
  let answered = 0
  const client = function* (): Coroutine<void> {
    while (!stopping) {
      using socket = yield* connect(where)
      yield* socket.sendAll('question\n')
      assert.equal(yield* socket.readLine(), 'question answered')
      answered++
    }
  }
  const clients = Array.from({ length: 20 }, () => start(client))
  while (answered < 100) yield* idle()
  stopping = true
  yield* server.stop({ timeout: Infinity })
  yield* all(clients)
  assert.equal(server.stats().handled, answered)
  assert.ok((yield* raised(connect(where))) instanceof ConnectionRefusedError)
})

greenTest('a stop in a hurry takes no more clients in, however many go on coming', function* () {
  const server = new StreamServer(LOCAL, echo)
  yield* server.start()
  const there = place(server)
  const clients = Array.from({ length: 50 }, () =>
    start(function* () {
      for (;;) {
        using socket = yield* connect(there)
        yield* socket.sendAll('x')
        yield* socket.recv()
      }
    }),
  )
  while (server.stats().accepted < 100) yield* idle()
  const before = server.stats().accepted
  yield* server.stop({ timeout: 0 })
  const after = server.stats().accepted
  for (const client of clients) yield* raised(client)
  assert.ok(after - before < 50, `${String(after - before)} were taken in after stop()`)
})

greenTest('what is misused says what was meant', function* () {
  assert.throws(() => new StreamServer(LOCAL, undefined as never), /write new StreamServer\(options, function\*/)
  assert.throws(
    () => new StreamServer(['127.0.0.1', 0] as never, echo),
    /an array is not an address; write 'host:port'/,
  )
  assert.throws(() => new StreamServer('nonsense', echo), /"nonsense" is not an address; write 'host:port'/)
  assert.throws(
    () => new StreamServer({ spawn: 'many' as never }, echo),
    /\{ spawn \} must be a Pool or a number, got "many"/,
  )
  assert.throws(() => new StreamServer(LOCAL, echo).stop({ timeout: -1 }), RangeError)
  assert.throws(() => new StreamServer(LOCAL, echo).stop(5 as never), /expected options, got 5; write \{ timeout: 5 \}/)
  const error = yield* raised(new StreamServer({ ...LOCAL, backlog: 0 }, echo).start())
  assert.ok(error instanceof RangeError)
})

/** Gives `target` other properties for a while. @returns a function that gives the old ones back. */
function replace<T extends object>(target: T, properties: Partial<T>): () => void {
  const before = { ...target }
  Object.assign(target, properties)
  return () => void Object.assign(target, before)
}

/** A pool that fails as many times as it is told to. */
class Bad extends Pool {
  failures = 0

  override start<T>(greenlet: Greenlet<T>, options?: WaitOptions): Operation<Greenlet<T>> {
    if (this.failures-- > 0) throw new Error('no start')
    return super.start(greenlet, options)
  }
}

greenTest('a pool that fails to start a handler closes that connection, and the server goes on', function* () {
  const pool = new Bad(10)
  const server = new StreamServer({ ...LOCAL, spawn: pool }, echo)
  yield* server.start()
  pool.failures = 3
  const seen = yield* reports(function* () {
    for (let count = 0; count < 3; count++) {
      using socket = yield* connect(place(server))
      assert.equal(yield* socket.recv(), null)
    }
    assert.equal(yield* ask(server, 'hello'), 'hello')
  })
  assert.equal(seen.length, 3)
  for (const text of seen) assert.match(text, /Error: no start/)
  const { accepting, failed, handling } = server.stats()
  assert.deepEqual({ accepting, failed, handling }, { accepting: true, failed: 3, handling: 0 })
  yield* server.stop()
  assert.equal(pool.size, 0)
})

greenTest('a server that fails to hand a connection on lets it go, and goes on', function* () {
  let failures = 2
  class Broken extends StreamServer {
    protected override connected(socket: Socket): Operation<unknown> {
      if (failures-- > 0) throw new Error('not connected')
      return super.connected(socket)
    }
  }
  const server = new Broken(LOCAL, echo)
  yield* server.start()
  const texts: string[] = []
  const { platform } = getHub()
  const restore = replace(platform, { report: (text) => void texts.push(text), markFailed: () => undefined })
  try {
    for (let count = 0; count < 2; count++) {
      using socket = yield* connect(place(server))
      assert.equal(yield* socket.recv(), null)
    }
    assert.equal(yield* ask(server, 'hello'), 'hello')
  } finally {
    restore()
  }
  assert.equal(texts.length, 2)
  assert.match(texts[0]!, /it tries again after a pause[^]*not connected/)
  yield* server.stop()
})
