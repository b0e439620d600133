import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  ConnectionError,
  ConnectionRefusedError,
  ConnectionResetError,
  HTTPServer,
  LookupError,
  Queue,
  StreamServer,
  Timeout,
  WSGIServer,
  connect,
  fetch,
  getHub,
  joinAll,
  listen,
  lookup,
  shield,
  sleep,
  spawn,
  type Coroutine,
  type Operation,
  type Socket,
} from 'gvent'
import { cancelEverywhere, explore, network, simulate, waitAllBlocked } from 'gvent/testing'
import { raised } from '../io/green-test.js'
import { failureOf } from './failure-of.js'

/** A server that sends back what it gets. */
function echoServer(port: number): StreamServer {
  return new StreamServer({ port }, function* echo(socket) {
    for (let chunk = yield* socket.recv(); chunk !== null; chunk = yield* socket.recv()) yield* socket.sendAll(chunk)
  })
}

function* ask(socket: Socket, text: string): Coroutine<string> {
  yield* socket.sendAll(text)
  return String(yield* socket.recvExactly(text.length))
}

test('a server and its clients run in a simulation, in every schedule', async () => {
  await explore(
    function* () {
      const server = yield* echoServer(6000).start()
      const client = function* (text: string): Coroutine<void> {
        using socket = yield* connect({ port: 6000, timeout: 1000 })
        assert.equal(yield* ask(socket, text), text)
      }
      yield* joinAll([spawn(client, 'hello'), spawn(client, 'goodbye')], { raiseError: true })
      yield* server.stop()
      assert.deepEqual(network().netstat(), [])
    },
    { schedules: 100 },
  )
})

test('messages take their time', async () => {
  await simulate({ network: { latency: [50, 50] } }, function* () {
    const server = yield* echoServer(6000).start()
    using socket = yield* connect(6000)
    assert.equal(getHub().now(), 100)
    yield* ask(socket, 'hello')
    assert.equal(getHub().now(), 200)
    socket.close()
    yield* server.stop()
  })
})

test('bandwidth is limited, and a reader that does not read stops the sender', async () => {
  await simulate({ network: { latency: [1, 1], bandwidth: 1000, window: 10_000 } }, function* () {
    using listener = yield* listen(6000)
    using client = yield* connect(6000)
    using peer = yield* listener.accept()
    const begun = getHub().now()
    const sender = spawn(() => client.sendAll(Buffer.alloc(50_000)))
    yield* sleep(1000)
    assert.equal(sender.dead, false)
    yield* peer.recvExactly(50_000)
    assert.ok(getHub().now() - begun >= 1000 + 40, String(getHub().now()))
    yield* sender
  })
})

test('what arrives may come in pieces', async () => {
  const sizes = new Set<number>()
  await explore(
    function* () {
      using listener = yield* listen(6000)
      using client = yield* connect(6000)
      using peer = yield* listener.accept()
      yield* client.sendAll('abcdef')
      client.shutdown()
      let text = ''
      for (let chunk = yield* peer.recv(); chunk !== null; chunk = yield* peer.recv()) {
        sizes.add(chunk.length)
        text += String(chunk)
      }
      assert.equal(text, 'abcdef')
    },
    { schedules: 100 },
  )
  assert.ok(sizes.has(6) && sizes.has(1) && sizes.has(3), Array.from(sizes).join())
})

test('connections overtake each other, bytes of one do not', async () => {
  const orders = new Set<string>()
  await explore(
    function* () {
      const arrivals: string[] = []
      const server = new StreamServer(6000, function* (socket) {
        for (let letter = 0; letter < 2; letter++) arrivals.push(String(yield* socket.recvExactly(1)))
      })
      yield* server.start()
      const client = function* (first: string, second: string): Coroutine<void> {
        using socket = yield* connect(6000)
        yield* socket.sendAll(first)
        yield* socket.sendAll(second)
        yield* socket.recv()
      }
      yield* joinAll([spawn(client, 'a', 'A'), spawn(client, 'b', 'B')])
      yield* server.stop()
      orders.add(arrivals.join(''))
    },
    { schedules: 200 },
  )
  for (const order of orders) assert.match(order, /^(?=.*a.*A)(?=.*b.*B)....$/)
  assert.ok(orders.size >= 4, Array.from(orders).join())
})

test('greenlets of a host listen and connect there, and so do those that they spawn', async () => {
  await simulate(function* () {
    const [alpha, beta] = [network().host('alpha'), network().host('beta')]
    const accepted = new Queue<string | undefined>()
    yield* alpha.spawn(function* () {
      const listener = yield* listen(80)
      spawn(function* () {
        using socket = yield* listener.accept()
        yield* accepted.put(socket.remoteAddress)
        listener.close()
      })
    })
    assert.ok((yield* raised(connect(80))) instanceof ConnectionRefusedError)
    const client = beta.spawn(function* () {
      using socket = yield* connect({ host: 'alpha', port: 80 })
      assert.equal(socket.remoteAddress, alpha.address)
      yield* socket.recv()
    })
    assert.equal(yield* accepted.get(), beta.address)
    yield* client
    assert.equal(network().host('alpha').address, alpha.address)
  })
})

test('nobody listens, the port is taken, the name is unknown: Node’s own errors', async () => {
  await simulate(function* () {
    const refused = yield* raised(connect({ host: '127.0.0.1', port: 1 }))
    assert.ok(refused instanceof ConnectionRefusedError)
    assert.equal(refused.message, 'connect ECONNREFUSED 127.0.0.1:1')
    using _listener = yield* listen(80)
    assert.equal(((yield* raised(listen(80))) as NodeJS.ErrnoException).code, 'EADDRINUSE')
    network().host('other')
    assert.equal(((yield* raised(listen('other:80'))) as NodeJS.ErrnoException).code, 'EADDRNOTAVAIL')
    const unknown = yield* raised(connect({ host: 'unknown.test', port: 80 }))
    assert.ok(unknown instanceof LookupError)
    assert.equal(unknown.message, 'getaddrinfo ENOTFOUND unknown.test')
  })
})

test('looking up a name can be made to fail', async () => {
  await simulate(function* () {
    network().host('server')
    network().failLookup('server', 'EAI_AGAIN')
    assert.equal(((yield* raised(connect('server:80'))) as LookupError).code, 'EAI_AGAIN')
    network().failLookup('server', null)
    assert.equal(((yield* raised(connect('server:80'))) as ConnectionError).code, 'ECONNREFUSED')
  })
})

/** Both ends of a connection from here to a host `far`. */
function* pairWithFar(): Coroutine<[near: Socket, far: Socket]> {
  const host = network().host('far')
  using listener = yield* host.spawn(() => listen(80))
  const accepting = host.spawn(() => listener.accept())
  return [yield* connect('far:80'), yield* accepting]
}

test('what is held back arrives when it is released, in order', async () => {
  await simulate(function* () {
    const [near, far] = yield* pairWithFar()
    network().hold('far', 'localhost')
    yield* far.sendAll('one ')
    yield* sleep(10_000)
    yield* far.sendAll('two')
    yield* near.sendAll('the other way is open')
    assert.equal(String(yield* far.recv()), 'the other way is open')
    assert.ok((yield* raised(near.recv(1, { timeout: 10_000 }))) instanceof Timeout)
    network().release('far', 'localhost')
    assert.equal(String(yield* near.recvExactly(7)), 'one two')
    near.close()
    far.close()
  })
})

test('over a partition nothing gets through, and new connections time out', async () => {
  await simulate(function* () {
    const [near, far] = yield* pairWithFar()
    for (const [a, b] of [['far'], ['localhost', 'far']] as const) {
      network().partition(a, b)
      yield* near.sendAll('ping')
      assert.ok((yield* raised(far.recv(4, { timeout: 1000 }))) instanceof Timeout)
      const failed = yield* raised(connect('far:80'))
      assert.ok(failed instanceof ConnectionError)
      assert.equal(failed.code, 'ETIMEDOUT')
      network().heal(a, b)
      assert.equal(String(yield* far.recv()), 'ping')
    }
    near.close()
    far.close()
    yield* waitAllBlocked()
  })
})

test('a connection that is tried during a partition stands when that is healed in time', async () => {
  await simulate(function* () {
    const host = network().host('far')
    using listener = yield* host.spawn(() => listen(80))
    network().partition('far')
    const connecting = spawn(() => connect('far:80'))
    yield* sleep(10_000)
    network().heal('far')
    using _near = yield* connecting
    using _far = yield* listener.accept()
  })
})

test('a host that vanished leaves half-open connections', async () => {
  await simulate(function* () {
    const [near, far] = yield* pairWithFar()
    network().vanish('far')
    far.close()
    yield* near.sendAll('hello?')
    assert.ok((yield* raised(near.recv(1, { timeout: 600_000 }))) instanceof Timeout)
    near.close()
    assert.deepEqual(network().netstat(), [])
  })
})

test('a reset reaches the other side, and so does sending to one that has closed', async () => {
  await simulate(function* () {
    const [near, far] = yield* pairWithFar()
    far.reset()
    assert.ok((yield* raised(near.recv())) instanceof ConnectionResetError)
    const [near2, far2] = yield* pairWithFar()
    far2.close()
    yield* near2.sendAll('too late')
    yield* sleep(100)
    assert.ok((yield* raised(near2.sendAll('later'))) instanceof ConnectionResetError)
  })
})

for (const [fault, options] of Object.entries({
  ECONNRESET: { resets: true },
  ECONNREFUSED: { refusals: true },
  EAI_AGAIN: { lookupFailures: true },
})) {
  test(`the network may fail by itself, with ${fault}, if it is allowed to`, async () => {
    const codes = new Set<unknown>()
    const program = function* (): Coroutine<void> {
      const server = yield* echoServer(6000).start()
      try {
        using socket = yield* connect({ host: 'localhost', port: 6000 })
        yield* ask(socket, 'hello')
        codes.add('well')
      } catch (error) {
        codes.add((error as ConnectionError).code)
      }
      yield* server.stop()
    }
    await explore(program, { schedules: 200, network: options })
    assert.deepEqual(Array.from(codes).sort(), [fault, 'well'].sort())
    codes.clear()
    await explore(program, { schedules: 100 })
    assert.deepEqual(Array.from(codes), ['well'])
  })
}

test('what a run leaves open is closed after it', async () => {
  const sockets: Socket[] = []
  await simulate(function* () {
    sockets.push(...(yield* pairWithFar()))
  })
  assert.deepEqual(
    sockets.map(({ closed }) => closed),
    [true, true],
  )
})

test('netstat tells what is open, and where', async () => {
  await simulate({ network: { latency: [1, 1] } }, function* () {
    const [near, far] = yield* pairWithFar()
    const { address } = network().host('far')
    const local = `127.0.0.1:${near.localPort}`
    assert.deepEqual(network().netstat(), [
      { host: 'localhost', state: 'connected', local, remote: `${address}:80` },
      { host: 'far', state: 'connected', local: `${address}:80`, remote: local },
    ])
    assert.equal(network().netstat('far').length, 1)
    const connecting = spawn(() => connect('far:81'))
    connecting.linkError(() => undefined)
    using _listener = yield* listen(90)
    assert.deepEqual(
      network()
        .netstat('localhost')
        .map(({ state }) => state),
      ['listening', 'connected', 'connecting'],
    )
    yield* connecting.join()
    near.close()
    far.close()
  })
})

test('connect and accept leave nothing behind, wherever they are killed', async () => {
  const program = (): Operation<void> =>
    shield(function* () {
      const listening = spawn(() => listen(6000))
      yield* listening.join()
      const client = spawn(function* () {
        using socket = yield* connect({ port: 6000, timeout: 1000 })
        yield* socket.recv(1, { timeout: 1000 })
      })
      const server = spawn(function* () {
        using listener = yield* listening
        using _socket = yield* listener.accept({ timeout: 5000 })
      })
      for (const greenlet of [client, server]) greenlet.linkError(() => undefined)
      yield* joinAll([client, server])
      if (listening.successful) (listening.value as unknown as { close?: () => void }).close?.()
      yield* sleep(1000)
      assert.deepEqual(network().netstat(), [])
    })
  await cancelEverywhere(program)
  await explore(program, { schedules: 200, cancel: true })
})

test('fetch and an HTTP server', async () => {
  const times = new Set<number>()
  await explore(
    function* () {
      const server = new HTTPServer(8080, function* (request: Request) {
        yield* sleep(20)
        return new Response(`${request.method} ${new URL(request.url).pathname}: ${yield* readAll(request)}`)
      })
      yield* server.start()
      const get = function* (path: string): Coroutine<void> {
        const response = yield* fetch(`http://localhost:8080${path}`, { method: 'POST', body: 'body' })
        assert.equal(yield* response.text(), `POST ${path}: body`)
      }
      yield* joinAll([spawn(get, '/a'), spawn(get, '/b')], { raiseError: true })
      times.add(getHub().now())
      yield* server.stop()
      yield* sleep(100)
      assert.deepEqual(network().netstat(), [])
    },
    { schedules: 20, slowness: 0 },
  )
  assert.ok(
    Array.from(times).every((time) => time >= 24 && time < 200),
    Array.from(times).join(),
  )
})

test('fetch over TLS is refused: it is not simulated', async () => {
  await simulate(function* () {
    const refused = yield* raised(fetch('https://localhost/'))
    assert.match(String((refused as Error).cause), /fetch in a simulation speaks plain HTTP only, not https:/)
  })
})

function readAll(request: Request): Operation<string> {
  return (request as unknown as { text: () => Operation<string> }).text()
}

test('a WSGI server', async () => {
  await simulate(function* () {
    const server = new WSGIServer(8080, function* (environ, startResponse) {
      startResponse('200 OK', [['Content-Type', 'text/plain']])
      yield `${environ.REQUEST_METHOD} from ${environ.REMOTE_ADDR!}`
    })
    yield* server.start()
    const response = yield* fetch('http://localhost:8080/')
    assert.equal(yield* response.text(), 'GET from 127.0.0.1')
    yield* server.stop()
  })
})

test('a slow answer runs into the client’s timeout on the virtual clock', async () => {
  await simulate(function* () {
    const server = new HTTPServer(8080, function* () {
      yield* sleep(3_600_000)
      return new Response('late')
    })
    yield* server.start()
    assert.ok((yield* raised(fetch('http://localhost:8080/', { timeout: 60_000 }))) instanceof Timeout)
    assert.ok(getHub().now() >= 60_000)
    yield* server.stop()
  })
})

test('a program over the network that fails is told with its messages, and repeated by its token', async () => {
  const program = function* (): Coroutine<void> {
    using listener = yield* listen(6000)
    const client = spawn(function* () {
      using socket = yield* connect(6000)
      yield* socket.sendAll('whole')
    })
    using peer = yield* listener.accept()
    assert.equal(String(yield* peer.recv()), 'whole')
    yield* client
  }
  const failure = await failureOf(explore(program))
  assert.ok(failure.switches.length <= 2, failure.message)
  assert.match(failure.switches.join('\n'), /: (1|3) of 5 bytes are read$/m)
  assert.match(failure.diagram, /a message from localhost to localhost arrives/)
  const { cause } = await failureOf(simulate({ replay: failure.token }, program))
  assert.ok(cause instanceof assert.AssertionError)
})

test('the same seed gives the same run over a network', async () => {
  const trace = (seed: number): Promise<string[]> =>
    simulate({ seed }, function* () {
      const log: string[] = []
      const server = yield* echoServer(6000).start()
      const client = function* (text: string): Coroutine<void> {
        using socket = yield* connect(6000)
        for (const letter of text) log.push(`${yield* ask(socket, letter)} at ${getHub().now()}`)
      }
      yield* joinAll([spawn(client, 'abc'), spawn(client, 'xyz')])
      yield* server.stop()
      return log
    })
  const traces = new Set<string>()
  for (let seed = 1; seed <= 5; seed++) {
    const log = await trace(seed)
    assert.deepEqual(await trace(seed), log)
    traces.add(log.join())
  }
  assert.equal(traces.size, 5)
  // On every platform.
  assert.equal((await trace(1)).join(), 'a at 13,b at 21,c at 23,x at 25,y at 39,z at 50')
})

test('network: false leaves the real network in place', async () => {
  await simulate({ network: false }, function* () {
    const server = new StreamServer({ host: '127.0.0.1', port: 0 }, function* (socket) {
      yield* socket.sendAll('real')
    })
    yield* server.start()
    const { port } = server.address() as { port: number }
    using socket = yield* connect({ host: '127.0.0.1', port })
    assert.equal(String(yield* socket.recv()), 'real')
    socket.close()
    yield* server.stop()
  })
})

test('outside of a simulation there is no network to ask for', () => {
  assert.throws(() => network(), { code: 'GVENT_NO_SIMULATION' })
})

test('a host that was never named is refused', async () => {
  await simulate(() => {
    assert.throws(() => {
      network().partition('nobody')
    }, /there is no host "nobody"; make it with network\(\)\.host\("nobody"\)/)
  })
})

test('lookup finds the hosts of the simulated network, and fails as told', async () => {
  await simulate(function* () {
    const { address } = network().host('database')
    assert.deepEqual(yield* lookup('database'), { address, family: 4 })
    assert.deepEqual(yield* lookup('database', { all: true }), [{ address, family: 4 }])
    assert.deepEqual(yield* lookup('localhost'), { address: '127.0.0.1', family: 4 })
    assert.deepEqual(yield* lookup('::1'), { address: '::1', family: 6 })
    for (const wrong of [lookup('nowhere'), lookup('database', { family: 6 })]) {
      const error = yield* raised(wrong)
      assert.ok(error instanceof LookupError)
      assert.equal(error.code, 'ENOTFOUND')
    }
    network().failLookup('database', 'EAI_AGAIN')
    const [one, two] = [spawn(() => lookup('database')), spawn(() => lookup('database'))]
    for (const each of [one, two]) {
      const error = yield* raised(each)
      assert.ok(error instanceof LookupError)
      assert.equal(error.code, 'EAI_AGAIN')
    }
  })
})

test('a lookup that a run has left behind is not joined by the next', async () => {
  const program = function* (): Coroutine<void> {
    network().host('database')
    spawn(() => lookup('database'))
    yield
    assert.fail('on purpose')
  }
  await assert.rejects(simulate(program), /on purpose/)
  await simulate(function* () {
    network().host('database')
    yield* lookup('database')
  })
})

test('look-ups fail by themselves where that is asked for', async () => {
  const seen = new Set<string>()
  await explore(
    function* (): Coroutine<void> {
      network().host('database')
      try {
        yield* lookup('database')
        seen.add('found')
      } catch (error) {
        seen.add((error as NodeJS.ErrnoException).code!)
      }
    },
    { network: { lookupFailures: true }, schedules: 100 },
  )
  assert.deepEqual(Array.from(seen).sort(), ['EAI_AGAIN', 'found'])
})

test('a deadlock over the network tells what was waited for, although the network has ended since', async () => {
  const program = function* (): Coroutine<void> {
    yield* listen(80)
    const socket = yield* connect(80)
    yield* socket.recv()
  }
  const told = /<Greenlet #1 "program" waiting for <Socket 127\.0\.0\.1:\d+ to 127\.0\.0\.1:80>\.recv/
  assert.match((await failureOf(explore(program))).message, told)
  assert.match((await failureOf(simulate(program))).message, told)
})
