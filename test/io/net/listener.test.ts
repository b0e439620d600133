import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, existsSync, rmSync } from 'node:fs'
import { Socket as NodeSocket, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  ClosedError,
  ConnectionResetError,
  Timeout,
  all,
  connect,
  idle,
  listen,
  sleep,
  type Coroutine,
  type Greenlet,
  type Listener,
  type Socket,
} from 'gvent'
import { greenTest, raised, start, turns } from '../green-test.js'
import { cert, key } from '../tls-fixture.js'
import { moduleArguments } from '../program.js'

const LOCAL = { host: '127.0.0.1' }

function* client(listener: Listener): Coroutine<Socket> {
  return yield* connect({ ...LOCAL, port: listener.port! })
}

greenTest('those who connect before anybody accepts wait, and come in order', function* () {
  using listener = yield* listen(LOCAL)
  const clients: Socket[] = []
  for (let index = 0; index < 5; index++) clients.push(yield* client(listener))
  while (listener.stats().waiting < 5) yield* idle()
  for (const near of clients) {
    const far = yield* listener.accept()
    assert.equal(far.remotePort, near.localPort)
    yield* all([near.close(), far.close()])
  }
  assert.deepEqual([listener.stats().accepted, listener.stats().waiting], [5, 0])
})

// The clients are in another process, and this one accepts nothing meanwhile: all of them have to find room in the kernel.
greenTest('a short backlog does not keep those outside who come in one moment', function* () {
  using listener = yield* listen({ ...LOCAL, backlog: 1 })
  const clients = `
    import { connect } from 'node:net'
    import { once } from 'node:events'
    const clients = Array.from({ length: 20 }, () => connect({ host: '127.0.0.1', port: ${listener.port} }))
    await Promise.all(clients.map((client) => once(client, 'connect')))
    process.exit(42)
  `
  const { status } = spawnSync(process.execPath, moduleArguments(clients), { timeout: 600_000 })
  assert.equal(status, 42)
})

greenTest('nothing is read from those who wait, and nothing of it is lost', function* () {
  using listener = yield* listen(LOCAL)
  const near = yield* client(listener)
  const sender = start(() => near.sendAll(Buffer.alloc(2 ** 23, 'x')))
  yield* turns()
  assert.equal(sender.dead, false)
  const far = yield* listener.accept()
  assert.equal(far.node.bytesRead, 0)
  assert.equal((yield* far.recvExactly(2 ** 23)).length, 2 ** 23)
  yield* sender
  yield* all([near.close(), far.close()])
})

greenTest('several may accept, and are served in turn', function* () {
  using listener = yield* listen(LOCAL)
  const order: number[] = []
  const acceptors = [0, 1, 2].map((index) =>
    start(function* () {
      using socket = yield* listener.accept()
      order.push(index)
      yield* socket.close()
    }),
  )
  yield* idle()
  for (const acceptor of acceptors) {
    const near = yield* client(listener)
    yield* acceptor
    yield* near.close()
  }
  assert.deepEqual(order, [0, 1, 2])
})

greenTest('an accept that timed out or was killed loses no connection', function* () {
  using listener = yield* listen(LOCAL)
  const timeout = new Timeout(1)
  assert.equal(yield* raised(listener.accept({ timeout })), timeout)
  listener.timeout = 1
  assert.ok((yield* raised(listener.accept())) instanceof Timeout)
  listener.timeout = undefined
  const killed = start(() => listener.accept())
  yield* idle()
  yield* killed.kill()
  const near = yield* client(listener)
  const far = yield* listener.accept({ timeout: 10_000 })
  assert.equal(far.remotePort, near.localPort)
  yield* all([near.close(), far.close()])
})

greenTest('a connection that was handed over already goes to the next one', function* () {
  using listener = yield* listen(LOCAL)
  const [first, second] = [start(() => listener.accept()), start(() => listener.accept())]
  yield* idle()
  // Both happen before any greenlet runs again: the connection comes, and the first in line is killed.
  listener.arrived(new NodeSocket())
  first.kill()
  const socket = yield* second
  listener.arrived(new NodeSocket())
  const third: Greenlet<Socket> = start(() => listener.accept())
  const fourth = new NodeSocket()
  listener.arrived(fourth)
  yield* third
  assert.equal(listener.stats().waiting, 1)
  assert.equal((yield* listener.accept()).node, fourth)
  assert.equal(listener.stats().accepted, 3)
  yield* socket.close()
})

greenTest('close ends those who accept, and resets those who wait', function* () {
  const listener = yield* listen(LOCAL)
  const acceptor = start(() => listener.accept())
  yield* idle()
  listener.close()
  listener.close()
  const error = yield* raised(acceptor)
  assert.ok(error instanceof ClosedError)
  assert.match(error.message, /^<Listener 127\.0\.0\.1:\d+>\.accept: this program has closed the listener$/)
  assert.ok((yield* raised(listener.accept())) instanceof ClosedError)
  assert.equal(listener.closed, true)

  const other = yield* listen(LOCAL)
  using near = yield* client(other)
  while (other.stats().waiting === 0) yield* idle()
  other.close()
  assert.ok((yield* raised(near.recv())) instanceof ConnectionResetError)
})

greenTest('those who were accepted go on after a close', function* () {
  const listener = yield* listen(LOCAL)
  const [near, far] = yield* all([client(listener), listener.accept()])
  listener.close()
  yield* near.sendAll('still here')
  assert.equal(String(yield* far.recv()), 'still here')
  yield* all([near.close(), far.close()])
})

greenTest('it says where it listens', function* () {
  using listener = yield* listen({ host: '::1', port: 0 })
  const { address, family, port } = listener.address() as AddressInfo
  assert.deepEqual([address, family, port], ['::1', 'IPv6', listener.port])
  assert.equal(String(listener), `<Listener [::1]:${port}>`)
})

greenTest('the file of a Unix socket goes with the listener', function* () {
  const folder = mkdtempSync(join(tmpdir(), 'gvent-'))
  const path = join(folder, 'socket')
  {
    using listener = yield* listen({ path })
    assert.deepEqual([listener.address(), listener.port, existsSync(path)], [path, undefined, true])
  }
  yield* idle()
  assert.equal(existsSync(path), false)
  rmSync(folder, { recursive: true })
})

greenTest("an address that is taken is Node's error", function* () {
  using listener = yield* listen(LOCAL)
  const error = (yield* raised(listen({ ...LOCAL, port: listener.port! }))) as NodeJS.ErrnoException
  assert.equal(error.code, 'EADDRINUSE')
  assert.equal(error.message, `listen EADDRINUSE: address already in use 127.0.0.1:${listener.port}`)
})

greenTest('a listen that is killed listens no more, even if the name was being looked up', function* () {
  const listening = start(() => listen({ host: 'localhost' }))
  yield* sleep(0)
  assert.equal(listening.state, 'waiting')
  yield* listening.kill()
  yield* turns()
})

greenTest('what is misused says what was meant', function* () {
  assert.throws(() => listen('8000'), /"8000" is not an address/)
  assert.throws(() => listen(['127.0.0.1', 0] as never), /expected \{ host, port \}.*, got an array/)
  assert.throws(() => listen(null as never), /listen\(options\): expected \{ host, port \}/)
  const error = yield* raised(listen({ backlog: 1.5 }))
  assert.match(String(error), /\{ backlog \} must be a whole number from 1, got 1.5/)
})

greenTest('TLS: a close ends the handshakes that are under way', function* () {
  const listener = yield* listen({ ...LOCAL, tls: { key, cert } })
  using client = yield* connect({ ...LOCAL, port: listener.port! })
  yield* turns()
  listener.close()
  assert.equal(yield* client.recv(), null)
})
