import assert from 'node:assert/strict'
import net from 'node:net'
import { after } from 'node:test'
import { inspect } from 'node:util'
import {
  ClosedError,
  ConcurrentUseError,
  Timeout,
  green,
  race,
  scope,
  sleep,
  spawn,
  withTimeout,
  type Coroutine,
} from 'gvent'
import { isPatched, own, patchNet, unpatchAll } from 'gvent/monkey'
import { greenTest, raised, start, turns } from '../green-test.js'

patchNet()
after(unpatchAll)

interface Listening {
  server: net.Server
  port: number
}

function* listen(handler?: (socket: net.Socket) => void): Coroutine<Listening> {
  const server = yield* net.createServer(handler).listen(0, '127.0.0.1')
  return { server, port: (server.address() as net.AddressInfo).port }
}

/** A port at which nobody listens. */
function* freePort(): Coroutine<number> {
  const { server, port } = yield* listen()
  yield new Promise((resolve) => server.close(resolve))
  return port
}

greenTest('a server and its client talk through what Node makes, of the same classes', function* () {
  const { server, port } = yield* listen()
  const serving = start(function* () {
    const socket = yield* server.accept()
    yield* socket.sendAll(`you said ${yield* socket.readLine()}\n`)
    const rest = yield* socket.recvUntil('!')
    const end = yield* socket.recv()
    socket.destroy()
    return [String(rest), end]
  })
  const socket = yield* net.connect(port, '127.0.0.1')
  assert.equal(Object.getPrototypeOf(socket), net.Socket.prototype)
  assert.equal(yield* socket, socket)
  yield* socket.sendAll('hello\n')
  assert.equal(String(yield* socket.recvExactly(9)), 'you said ')
  assert.equal(String(yield* socket.recv(2)), 'he')
  assert.equal(yield* socket.readLine(), 'llo')
  yield* socket.sendAll('bye!')
  socket.end()
  assert.deepEqual(yield* serving, ['bye!', null])
  assert.equal(yield* socket.recv(), null)
  server.close()
})

greenTest("a connection that fails raises Node's own error, at once and later", function* () {
  const socket = net.connect(yield* freePort(), '127.0.0.1')
  const error = (yield* raised(connecting(socket))) as NodeJS.ErrnoException
  assert.deepEqual([error.name, error.code, error.syscall], ['Error', 'ECONNREFUSED', 'connect'])
  assert.equal(yield* raised(connecting(socket)), error)
  const closed = net.connect(1).on('error', () => undefined)
  closed.destroy()
  assert.ok((yield* raised(connecting(closed))) instanceof ClosedError)
})

/** A greenlet that waits until a socket is connected. */
function connecting(socket: net.Socket) {
  return start(function* () {
    return yield* socket
  })
}

greenTest('an error that comes while nobody waits is what the next wait raises', function* () {
  const { server, port } = yield* listen()
  const socket = yield* net.connect(port, '127.0.0.1')
  ;(yield* server.accept()).resetAndDestroy()
  while (!socket.destroyed) yield* sleep(1)
  assert.equal(((yield* raised(socket.recv())) as NodeJS.ErrnoException).code, 'ECONNRESET')
  server.close()
})

greenTest(
  'a kill, a timeout and a lost race while connecting destroy the socket; of several greenlets the last one',
  function* () {
    // Nobody answers there, and nothing leaves this machine: the lookup never calls back.
    const lookup = (): void => undefined
    const attempt = (): net.Socket => net.connect({ host: 'silent.test', port: 80, lookup })
    const killed = attempt()
    const [first, second] = [connecting(killed), connecting(killed)]
    yield* turns()
    yield* first.kill()
    assert.equal(killed.destroyed, false)
    yield* second.kill()
    assert.equal(killed.destroyed, true)

    const lost = attempt()
    const waiting = green(function* () {
      yield* lost
    })
    yield* race([waiting(), sleep(1)])
    while (!lost.destroyed) yield* sleep(1)

    const late = attempt()
    const limited = function* (): Coroutine<void> {
      yield* late
    }
    assert.ok((yield* raised(withTimeout(1, limited))) instanceof Timeout)
    assert.equal(late.destroyed, true)
  },
)

greenTest('a kill while reading takes nothing and leaves the socket open', function* () {
  const { server, port } = yield* listen()
  const socket = yield* net.connect(port, '127.0.0.1')
  const peer = yield* server.accept()
  const reader = start(() => socket.recv())
  yield* turns()
  assert.ok((yield* raised(socket.recv())) instanceof ConcurrentUseError)
  yield* reader.kill()
  assert.ok((yield* raised(socket.recv(1, { timeout: 1 }))) instanceof Timeout)
  yield* peer.sendAll('still there')
  assert.equal(String(yield* socket.recvExactly(11)), 'still there')
  socket.destroy()
  peer.destroy()
  server.close()
})

greenTest('what a scope owns is closed when it ends, however it does; what is only opened stays', function* () {
  const { server, port } = yield* listen()
  const sockets: net.Socket[] = []
  const greenlet = start(function* () {
    yield* scope(function* (s) {
      sockets.push(s.own(yield* net.connect(port, '127.0.0.1')))
      sockets.push(yield* net.connect(port, '127.0.0.1'))
      s.spawn(function* () {
        sockets.push(own(yield* net.connect(port, '127.0.0.1')))
      })
      yield* sleep(Infinity)
    })
  })
  while (sockets.length < 3) yield* sleep(1)
  yield* greenlet.kill()
  assert.deepEqual(
    sockets.map((socket) => socket.destroyed),
    [true, false, true],
  )
  sockets[1]!.destroy()
  for (let count = 0; count < 3; count++) (yield* server.accept()).destroy()
  server.close()
})

greenTest('connections that nobody accepts wait, and none is lost by a kill', function* () {
  const { server, port } = yield* listen()
  const acceptor = start(() => server.accept())
  yield* turns()
  // It has got one, and is killed before it sees it.
  server.once('connection', () => void acceptor.kill())
  const clients = [yield* net.connect(port, '127.0.0.1'), yield* net.connect(port, '127.0.0.1')]
  yield* acceptor.join()
  const peers = [yield* server.accept(), yield* server.accept()]
  assert.deepEqual(peers.map((peer) => peer.remotePort).sort(), clients.map((client) => client.localPort).sort())
  assert.ok((yield* raised(server.accept({ timeout: 1 }))) instanceof Timeout)
  const waiting = start(() => server.accept())
  yield* turns()
  for (const socket of [...clients, ...peers]) socket.destroy()
  server.close()
  assert.ok((yield* raised(waiting)) instanceof ClosedError)
  assert.ok((yield* raised(server.accept())) instanceof ClosedError)
  assert.ok((yield* raised(net.createServer().accept())) instanceof ClosedError)
})

greenTest('a server that cannot listen raises, and one that nobody waits for any more is closed', function* () {
  const { server, port } = yield* listen()
  const second = start(function* () {
    yield* net.createServer().listen(port, '127.0.0.1')
  })
  assert.equal(((yield* raised(second)) as NodeJS.ErrnoException).code, 'EADDRINUSE')
  assert.equal(yield* server, server)
  const third = net.createServer().listen(0, '127.0.0.1')
  const waiting = start(function* () {
    yield* third
  })
  spawn(() => waiting.kill())
  yield* turns()
  assert.equal(third.listening, false)
  server.close()
})

greenTest('sendAll leaves reading to those who listen for data', function* () {
  const { server, port } = yield* listen((socket) => {
    socket.pipe(socket)
  })
  const socket = yield* net.connect(port, '127.0.0.1')
  const echo = new Promise((resolve) => socket.once('data', resolve))
  yield* socket.sendAll('echo')
  assert.equal(String(yield echo), 'echo')
  socket.end()
  server.close()
})

greenTest('nothing shows on what is not waited for', function* () {
  const { server, port } = yield* listen()
  const socket = net.connect(port, '127.0.0.1')
  const shown = inspect(socket, { depth: 0 })
  const counts = socket.eventNames().map((name) => [name, socket.listenerCount(name)])
  unpatchAll()
  assert.equal(isPatched(net), false)
  const plain = net.connect(port, '127.0.0.1')
  assert.equal(shown.replaceAll(/\d+/g, '1'), inspect(plain, { depth: 0 }).replaceAll(/\d+/g, '1'))
  assert.deepEqual(
    plain.eventNames().map((name) => [name, plain.listenerCount(name)]),
    counts,
  )
  patchNet()
  assert.equal(isPatched(net, 'connect'), true)
  for (const each of [yield* socket, yield* plain]) each.destroy()
  for (let count = 0; count < 2; count++) (yield* server.accept()).destroy()
  server.close()
})
