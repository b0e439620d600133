import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { Socket as NodeSocket } from 'node:net'
import { Duplex } from 'node:stream'
import { TLSSocket, connect as connectTLS } from 'node:tls'
import { inspect } from 'node:util'
import { ClosedError, Socket, connect, idle, listen, until, type Coroutine, type Greenlet } from 'gvent'
import { greenTest, raised, start, turns } from '../green-test.js'
import { cert, key } from '../tls-fixture.js'

/** A stream that is no handle of the system: what comes in is what a test pushes. */
class Pipe extends Duplex {
  readonly sent: string[] = []
  readonly pending: (() => void)[] = []
  reads = 0

  override _read(): void {
    this.reads++
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: () => void): void {
    this.sent.push(String(chunk))
    this.pending.push(callback)
  }
}

function open(): { pipe: Pipe; socket: Socket } {
  const pipe = new Pipe({ allowHalfOpen: false })
  return { pipe, socket: Socket.from(pipe as unknown as NodeSocket) }
}

greenTest('what a stream reads as plain bytes is a Buffer, too', function* () {
  const { pipe, socket } = open()
  pipe.push(new TextEncoder().encode('plain bytes').subarray(6))
  assert.equal(String(yield* socket.recv()), 'bytes')
})

greenTest('it runs over any stream that Node takes for a socket', function* () {
  const { pipe, socket } = open()
  const reader = start(() => socket.recvExactly(4))
  yield* turns()
  assert.equal(pipe.reads, 1)
  pipe.push('ab')
  pipe.push('cd')
  assert.equal(String(yield* reader), 'abcd')
  const writers = ['1', '2'].map((text) => start(() => socket.sendAll(text)))
  yield* turns()
  assert.deepEqual(pipe.sent, ['1'])
  pipe.pending.shift()!()
  pipe.pending.shift()!()
  for (const writer of writers) yield* writer
  assert.deepEqual(pipe.sent, ['1', '2'])
  pipe.push(null)
  assert.equal(yield* socket.recv(), null)
  yield* socket.close()
})

greenTest('it stops the stream when nobody reads', function* () {
  const { pipe, socket } = open()
  assert.equal(pipe.push('first'), false)
  assert.equal(String(yield* socket.recv()), 'first')
  assert.equal(pipe.reads, 0)
  yield* socket.close()
})

/** Two streams in JavaScript, each of which has at once what is written to the other. */
function openPipes(): [Duplex, Duplex] {
  const make = (other: () => Duplex): Duplex =>
    new Duplex({
      read: () => undefined,
      write: (chunk, _encoding, done) => {
        other().push(chunk)
        done()
      },
      final: (done) => {
        other().push(null)
        done()
      },
    })
  const near: Duplex = make(() => far)
  const far: Duplex = make(() => near)
  return [near, far]
}

greenTest(
  'no greenlet goes on in the middle of code that writes to the other end of a stream in JavaScript',
  function* () {
    const [near, far] = openPipes()
    const server = new TLSSocket(near, { isServer: true, key, cert })
    const client = connectTLS({ socket: far, ca: cert, servername: 'localhost' })
    yield* until(once(client, 'secureConnect'))
    const socket = Socket.from(client)
    let received = ''
    const reader = start(function* () {
      received = String(yield* socket.recv())
    })
    yield* turns()
    const before = yield* until(
      new Promise<string>((resolve) => {
        setImmediate(() => {
          server.write('hello')
          resolve(received)
        })
      }),
    )
    assert.equal(before, '')
    yield* reader
    assert.equal(received, 'hello')
    yield* socket.close()
    server.destroy()
  },
)

/** A greenlet that runs `body` as soon as its end of a new connection has received something, and the other end. */
function* startParked(
  body: (near: Socket, far: Socket) => Coroutine<unknown>,
): Coroutine<{ reader: Greenlet; far: Socket }> {
  using listener = yield* listen({ host: '127.0.0.1' })
  const near = yield* connect({ host: '127.0.0.1', port: listener.port! })
  const far = yield* listener.accept()
  const reader = start(function* (): Coroutine<unknown> {
    assert.equal(String(yield* near.recv()), 'go')
    return yield* body(near, far)
  })
  yield* turns()
  yield* far.sendAll('go')
  return { reader, far }
}

greenTest('a greenlet can close its socket as soon as something has come', function* () {
  const { reader, far } = yield* startParked(function* (near) {
    yield* near.close()
  })
  yield* reader
  assert.equal(yield* far.recv(), null)
  yield* far.close()
})

greenTest('a greenlet can detach its socket as soon as something has come', function* () {
  const { reader, far } = yield* startParked(function* (near, other) {
    const node = near.detach()
    const chunks = once(node, 'data')
    yield* other.sendAll('by events')
    const [chunk] = (yield* until(chunks)) as [Buffer]
    node.destroy()
    return String(chunk)
  })
  assert.equal(yield* reader, 'by events')
  yield* far.close()
})

greenTest('a socket that was detached reads no more than it keeps while nobody takes that', function* () {
  using listener = yield* listen({ host: '127.0.0.1' })
  const near = yield* connect({ host: '127.0.0.1', port: listener.port! })
  const far = yield* listener.accept()
  const node = near.detach()
  node.read(0)
  const sender = start(() => far.sendAll(Buffer.alloc(64 * 2 ** 20)))
  for (let turn = 0; turn < 300; turn++) yield* idle()
  const kept = node.readableLength
  yield* sender.kill()
  node.destroy()
  yield* far.close()
  // One read may be more than the mark.
  assert.ok(kept < node.readableHighWaterMark + 2 ** 18, `${kept} bytes were kept`)
})

greenTest('a greenlet can go on with TLS as soon as something has come', function* () {
  const { reader, far } = yield* startParked(function* (near) {
    const secure = yield* near.startTLS({ ca: cert, servername: 'localhost' })
    const text = yield* secure.recv()
    yield* secure.close()
    return String(text)
  })
  const secure = yield* far.startTLS({ isServer: true, key, cert })
  yield* secure.sendAll('secret')
  assert.equal(yield* reader, 'secret')
  yield* secure.close()
})

for (const way of ['recv', 'recvExactly', 'recvUntil', 'readLine'] as const) {
  greenTest(`what was handed to a ${way} that is killed goes to the next reader`, function* () {
    const { pipe, socket } = open()
    const read = function* (): Coroutine<unknown> {
      if (way === 'recv') return yield* socket.recv()
      if (way === 'recvExactly') return yield* socket.recvExactly(6)
      return way === 'recvUntil' ? yield* socket.recvUntil('\n') : yield* socket.readLine()
    }
    const victim = start(read)
    yield* turns()
    // No greenlet runs between these: the bytes are with the reader, which will never see them.
    pipe.push('one\r\n2')
    const killed = victim.kill()
    pipe.push('3\n')
    yield* killed
    assert.deepEqual([yield* socket.readLine(), yield* socket.readLine()], ['one', '23'])
    yield* socket.close()
  })
}

greenTest('a reader who came in between is given what the killed one had', function* () {
  const { pipe, socket } = open()
  const victim = start(() => socket.recv())
  yield* turns()
  pipe.push('first')
  const next = socket.recv()
  const answer = next.then(String)
  victim.kill()
  const value = yield* start(() => answer)
  assert.equal(value, 'first')
  yield* socket.close()
})

greenTest('Socket.from gives the same socket for the same one of Node', function* () {
  const { pipe, socket } = open()
  assert.equal(Socket.from(pipe as unknown as NodeSocket), socket)
  assert.equal(socket.node, pipe)
  yield* socket.close()
})

greenTest('what Node has read before comes first', function* () {
  const pipe = new Pipe()
  pipe.push('before ')
  pipe.push('and ')
  const socket = Socket.from(pipe as unknown as NodeSocket)
  pipe.push('after')
  assert.equal(String(yield* socket.recvExactly(16)), 'before and after')
  yield* socket.close()
})

greenTest('a socket of Node that is gone already says so', function* () {
  const pipe = new Pipe()
  pipe.on('error', () => undefined)
  const broken = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET', syscall: 'read' })
  pipe.destroy(broken)
  const socket = Socket.from(pipe as unknown as NodeSocket)
  assert.equal(yield* raised(socket.recv()), broken)
  assert.equal(yield* raised(socket.sendAll('x')), broken)
  yield* socket.close()
  const other = new Pipe()
  other.destroy()
  yield* turns()
  assert.ok((yield* raised(Socket.from(other as unknown as NodeSocket).recv())) instanceof ClosedError)
})

greenTest('a socket that is destroyed behind its back ends those who wait', function* () {
  using listener = yield* listen({ host: '127.0.0.1' })
  const near = yield* connect({ host: '127.0.0.1', port: listener.port! })
  const far = yield* listener.accept()
  const reader = start(() => near.recv())
  yield* turns()
  near.node.destroy()
  assert.ok((yield* raised(reader)) instanceof ClosedError)
  yield* far.close()
})

greenTest('what somebody else writes to the socket of Node keeps its place', function* () {
  const { pipe, socket } = open()
  pipe.write('a')
  pipe.write('b')
  const writer = start(() => socket.sendAll('c'))
  yield* turns()
  while (pipe.pending.length > 0) {
    pipe.pending.shift()!()
    yield* turns()
  }
  yield* writer
  assert.deepEqual(pipe.sent, ['a', 'b', 'c'])
  yield* socket.close()
})

greenTest('a printed socket says where it goes', function* () {
  using listener = yield* listen({ host: '127.0.0.1' })
  using near = yield* connect({ host: '127.0.0.1', port: listener.port! })
  using far = yield* listener.accept()
  assert.equal(String(near), `<Socket 127.0.0.1:${near.localPort} to 127.0.0.1:${listener.port}>`)
  assert.equal(far.remotePort, near.localPort)
  assert.equal(String(open().socket), '<Socket>')
  assert.equal(inspect(near), String(near))
  assert.equal(inspect(listener), String(listener))
})

greenTest('what is misused says what was meant', function* () {
  const { socket } = open()
  assert.throws(() => Socket.from({} as never), /Socket\.from\(node\): expected a net\.Socket, got an object/)
  assert.throws(() => socket.recv(0), /recv\(max, options\): expected a whole number of bytes from 1, got 0/)
  assert.throws(() => socket.recv({ timeout: 5 } as never), /recv\(max, options\): .* got an object/)
  assert.throws(() => socket.recv(1.5), RangeError)
  assert.throws(() => socket.recvExactly(-1), /recvExactly\(size, options\): expected a whole number of bytes from 0/)
  assert.throws(() => socket.recvExactly(Infinity), RangeError)
  assert.throws(() => socket.recvUntil(''), /the delimiter is empty/)
  assert.throws(() => socket.readLine({ limit: 0 }), RangeError)
  assert.throws(
    () => socket.sendAll(42 as never),
    /sendAll\(data\): expected a string or bytes .*, got 42; write String/,
  )
  assert.throws(() => (socket.timeout = -1), RangeError)
  yield* socket.close()
})
