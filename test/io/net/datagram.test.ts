import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import type { AddressInfo, LookupFunction } from 'node:net'
import {
  ClosedError,
  ConnectionRefusedError,
  DatagramServer,
  DatagramSocket,
  Event,
  GreenletExit,
  Timeout,
  all,
  getHub,
  idle,
  race,
  sleep,
  until,
  type Coroutine,
} from 'gvent'
import { greenTest, raised, start, turns } from '../green-test.js'

const LOCAL = { host: '127.0.0.1' }

function* bound(): Coroutine<DatagramSocket> {
  return yield* new DatagramSocket().bind(LOCAL)
}

greenTest('datagrams go to and fro with a socket of Node', function* () {
  using socket = yield* bound()
  const peer = createSocket('udp4')
  peer.send('ping', socket.address().port, '127.0.0.1')
  const [data, from] = yield* socket.recvFrom()
  assert.equal(String(data), 'ping')
  assert.deepEqual([from.address, from.family, from.size], ['127.0.0.1', 'IPv4', 4])
  const answer = once(peer, 'message')
  yield* socket.sendTo('pong', from)
  assert.equal(String(((yield* until(answer)) as [Buffer])[0]), 'pong')
  peer.close()
  yield* turns()
})

greenTest('a destination may be an object, host:port or what recvFrom said', function* () {
  using near = new DatagramSocket()
  using far = yield* bound()
  const { port } = far.address()
  for (const to of [{ ...LOCAL, port }, { address: '127.0.0.1', port }, `127.0.0.1:${port}`, `localhost:${port}`]) {
    yield* near.sendTo('hello', to)
    const [, from] = yield* far.recvFrom()
    assert.equal(from.port, near.address().port)
    yield* far.sendTo(new Uint8Array([1, 2]), from)
    assert.deepEqual(yield* near.recv(), Buffer.from([1, 2]))
  }
})

greenTest('a connected socket sends to the other side alone, and receives from it alone', function* () {
  using near = yield* bound()
  using far = yield* bound()
  using stranger = yield* bound()
  yield* near.connect({ ...LOCAL, port: far.address().port })
  yield* stranger.sendTo('psst', { ...LOCAL, port: near.address().port })
  yield* near.send('question')
  const [question, from] = yield* far.recvFrom()
  yield* far.sendTo(`${String(question)} answered`, from)
  assert.equal(String(yield* near.recv()), 'question answered')
})

greenTest('over IPv6', function* () {
  using near = yield* new DatagramSocket({ type: 'udp6' }).bind({ host: '::1' })
  const server = new DatagramServer({ type: 'udp6', host: '::1' }, (data, from, itself) => itself.sendTo(data, from))
  yield* server.start()
  const { address, family, port } = server.address() as AddressInfo
  assert.deepEqual([address, family], ['::1', 'IPv6'])
  for (const to of [{ host: '::1', port }, `[::1]:${port}`]) {
    yield* near.sendTo('hello', to)
    const [data, from] = yield* near.recvFrom()
    assert.deepEqual([String(data), from.address, from.family], ['hello', '::1', 'IPv6'])
  }
  yield* server.stop()
})

greenTest('each datagram comes whole and alone, the empty one and the longest there is', function* () {
  using near = new DatagramSocket()
  using far = yield* bound()
  const to = { ...LOCAL, port: far.address().port }
  const sizes = [0, 1, 65_507, 0, 1472]
  for (const size of sizes) {
    yield* near.sendTo(Buffer.alloc(size, 'x'), to)
    const [data, from] = yield* far.recvFrom()
    assert.deepEqual([data.length, from.size], [size, size])
  }
})

greenTest('what a connected socket does not do, or one that is not, is an error of that call alone', function* () {
  using near = new DatagramSocket()
  using far = yield* bound()
  const to = { ...LOCAL, port: far.address().port }
  assert.equal(((yield* raised(near.send('x'))) as NodeJS.ErrnoException).code, 'ERR_SOCKET_BAD_PORT')
  yield* near.connect(to)
  for (const wrong of [near.sendTo('x', to), near.connect(to)]) {
    assert.equal(((yield* raised(wrong)) as NodeJS.ErrnoException).code, 'ERR_SOCKET_DGRAM_IS_CONNECTED')
  }
  assert.equal(((yield* raised(near.send(Buffer.alloc(65_508)))) as NodeJS.ErrnoException).code, 'EMSGSIZE')
  yield* near.send('fine')
  assert.equal(String(yield* far.recv()), 'fine')
})

greenTest('nobody at the other side of a connected socket is ConnectionRefusedError', function* () {
  const gone = yield* bound()
  const { port } = gone.address()
  gone.close()
  using socket = new DatagramSocket()
  yield* socket.connect({ ...LOCAL, port })
  yield* socket.send('anybody?')
  const error = yield* raised(socket.recv())
  assert.ok(error instanceof ConnectionRefusedError, String(error))
})

greenTest('several may receive, and are served in turn', function* () {
  using socket = yield* bound()
  const { port } = socket.address()
  const receivers = [0, 1, 2].map(() => start(() => socket.recv()))
  yield* idle()
  for (const [index, receiver] of receivers.entries()) {
    yield* socket.sendTo(String(index), { ...LOCAL, port })
    assert.equal(String(yield* receiver), String(index))
  }
})

greenTest('a receive that timed out, lost a race or was killed loses no datagram', function* () {
  using socket = yield* bound()
  const to = { ...LOCAL, port: socket.address().port }
  const timeout = new Timeout(1)
  assert.equal(yield* raised(socket.recv({ timeout })), timeout)
  socket.timeout = 1
  assert.ok((yield* raised(socket.recvFrom())) instanceof Timeout)
  socket.timeout = undefined
  assert.equal(yield* race([socket.recv(), sleep(0)]), undefined)
  const killed = start(() => socket.recv())
  yield* idle()
  yield* killed.kill()
  assert.ok(killed.value instanceof GreenletExit)
  yield* socket.sendTo('kept', to)
  assert.equal(String(yield* socket.recv()), 'kept')
})

greenTest('a datagram that was handed over to one who is killed goes to the next, or waits as the first', function* () {
  using socket = yield* bound()
  const [first, second] = [start(() => socket.recv()), start(() => socket.recv())]
  yield* idle()
  const from = { address: '127.0.0.1', family: 'IPv4' as const, port: 1, size: 1 }
  // No greenlet runs between these.
  socket.node.emit('message', Buffer.from('1'), from)
  first.kill()
  assert.equal(String(yield* second), '1')
  const third = start(() => socket.recv())
  yield* idle()
  socket.node.emit('message', Buffer.from('2'), from)
  socket.node.emit('message', Buffer.from('3'), from)
  third.kill()
  assert.deepEqual([String(yield* socket.recv()), String(yield* socket.recv())], ['2', '3'])
  assert.equal(socket.stats().accepted, 3)
})

greenTest('what nobody receives waits up to a limit, and is dropped beyond', function* () {
  using socket = yield* new DatagramSocket({ memory: 5000 }).bind(LOCAL)
  const to = { ...LOCAL, port: socket.address().port }
  for (let index = 0; index < 10; index++) {
    yield* socket.sendTo(Buffer.alloc(1000, index), to)
    yield* turns()
  }
  assert.deepEqual(socket.stats(), { accepted: 0, waiting: 3, dropped: 7 })
  assert.equal((yield* socket.recv())[0], 0)
  yield* socket.sendTo('there is room', to)
  yield* turns()
  assert.equal(socket.stats().waiting, 3)
})

greenTest('close ends those who wait, and all that come later', function* () {
  const socket = yield* bound()
  const receiver = start(() => socket.recv())
  yield* idle()
  socket.close()
  socket.close()
  const error = yield* raised(receiver)
  assert.ok(error instanceof ClosedError)
  assert.match(error.message, /this program has closed the socket/)
  assert.ok((yield* raised(socket.recvFrom())) instanceof ClosedError)
  assert.ok((yield* raised(socket.sendTo('x', { port: 1 }))) instanceof ClosedError)
  assert.ok((yield* raised(socket.bind(0))) instanceof ClosedError)
  assert.equal(socket.closed, true)
})

greenTest('an address that is taken is an error of bind, and a datagram that is too long one of sendTo', function* () {
  using socket = yield* bound()
  const other = new DatagramSocket()
  const taken = (yield* raised(other.bind({ ...LOCAL, port: socket.address().port }))) as NodeJS.ErrnoException
  assert.equal(taken.code, 'EADDRINUSE')
  assert.equal(other.closed, true)
  const long = (yield* raised(socket.sendTo(Buffer.alloc(70_000), { ...LOCAL, port: 9 }))) as NodeJS.ErrnoException
  assert.equal(long.code, 'EMSGSIZE')
  yield* turns()
})

greenTest('a bind or a connect that is killed closes the socket', function* () {
  const never: LookupFunction = () => undefined
  for (const begin of [
    (socket: DatagramSocket) => socket.bind({ host: 'name.test' }),
    (socket: DatagramSocket) => socket.connect({ host: 'name.test', port: 9 }),
  ]) {
    const socket = new DatagramSocket({ lookup: never })
    const greenlet = start(() => begin(socket))
    yield* idle()
    assert.equal(greenlet.dead, false)
    yield* greenlet.kill()
    assert.equal(socket.closed, true)
  }
})

greenTest('a server runs a greenlet for each datagram', function* () {
  const server = new DatagramServer(LOCAL, function* (data, from, itself) {
    yield* itself.sendTo(`you said ${String(data)}`, from)
  })
  assert.equal(server.address(), null)
  yield* server.start()
  const { port } = server.address() as { port: number }
  using client = new DatagramSocket()
  for (const text of ['one', 'two']) {
    yield* client.sendTo(text, { ...LOCAL, port })
    assert.equal(String(yield* client.recv()), `you said ${text}`)
  }
  yield* server.stop()
  assert.equal(server.address(), null)
  const { accepted, handled, failed } = server.stats()
  assert.deepEqual({ accepted, handled, failed }, { accepted: 2, handled: 2, failed: 0 })
  assert.ok((yield* raised(server.sendTo('late', { port }))) instanceof ClosedError)
})

greenTest('a full server lets datagrams wait, and serves them in order', function* () {
  const go = new Event()
  const order: string[] = []
  const server = new DatagramServer({ ...LOCAL, spawn: 2 }, function* (data) {
    order.push(String(data))
    yield* go.wait()
  })
  yield* server.start()
  using client = new DatagramSocket()
  for (let index = 0; index < 6; index++) {
    yield* client.sendTo(String(index), { ...LOCAL, port: (server.address() as { port: number }).port })
  }
  while (server.stats().waiting < 4) yield* idle()
  assert.equal(server.stats().handling, 2)
  // What is waiting is served within the grace.
  const stop = start(() => server.stop({ timeout: Infinity }))
  yield* turns()
  go.set()
  yield* stop
  assert.deepEqual(order, ['0', '1', '2', '3', '4', '5'])
})

greenTest('a handler of datagrams that fails is reported, and the server goes on', function* () {
  const hub = getHub()
  const { onError } = hub
  const seen: string[] = []
  hub.onError = (error, greenlet) => void seen.push(`${greenlet.name}: ${String(error)}`)
  const server = new DatagramServer(LOCAL, function* picky(data, from, itself) {
    if (String(data) === 'bad') throw new Error('cannot stand it')
    yield* itself.sendTo('good', from)
  })
  yield* server.start()
  const { port } = server.address() as { port: number }
  using client = new DatagramSocket()
  yield* client.sendTo('bad', { ...LOCAL, port })
  yield* client.sendTo('fine', { ...LOCAL, port })
  assert.equal(String(yield* client.recv()), 'good')
  yield* turns()
  hub.onError = onError
  assert.deepEqual(seen, ['picky: Error: cannot stand it'])
  assert.equal(server.stats().failed, 1)
  yield* server.stop()
})

greenTest('stop kills handlers of datagrams that are not done in time', function* () {
  const server = new DatagramServer(LOCAL, function* () {
    yield* sleep(Infinity)
  })
  yield* server.start()
  using client = new DatagramSocket()
  yield* client.sendTo('x', { ...LOCAL, port: (server.address() as { port: number }).port })
  while (server.stats().handling === 0) yield* idle()
  yield* all([server.stop({ timeout: 1 }), server.stop({ timeout: 1 })])
  assert.equal(server.stats().handling, 0)
  yield* server.start()
  yield* server.stop()
})

greenTest('what is misused says what was meant', function* () {
  using socket = new DatagramSocket()
  assert.throws(
    () => socket.sendTo('x', {} as never),
    /expected \{ host, port \} or 'host:port', got an object without a port/,
  )
  assert.throws(() => socket.sendTo('x', '/some/path'), /UDP has no paths, got "\/some\/path"/)
  assert.throws(() => socket.bind('nonsense'), /"nonsense" is not an address/)
  assert.throws(() => new DatagramSocket({ memory: 0 }), /\{ memory \}\): expected bytes, got 0/)
  assert.throws(() => new DatagramServer(LOCAL, undefined as never), /write new DatagramServer\(options, function\*/)
  const error = (yield* raised(socket.sendTo(5 as never, { ...LOCAL, port: 9 }))) as NodeJS.ErrnoException
  assert.equal(error.code, 'ERR_INVALID_ARG_TYPE')
})
