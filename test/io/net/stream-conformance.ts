import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import {
  ClosedError,
  ConcurrentUseError,
  ConnectionResetError,
  GreenletExit,
  IncompleteReadError,
  LimitError,
  Timeout,
  all,
  idle,
  joinAll,
  spawn,
  type Coroutine,
  type Operation,
  type Socket,
} from 'gvent'
import { greenTest, raised, start } from '../green-test.js'
import type { Medium } from './stream-pairs.js'

/** More than any kernel keeps for a connection. */
const MUCH = Buffer.alloc(16 * 2 ** 20, 'much ')

/** Every way of waiting for something to come in. */
const reads: Record<string, (socket: Socket) => Operation<unknown>> = {
  recv: (socket) => socket.recv(),
  recvExactly: (socket) => socket.recvExactly(10),
  recvUntil: (socket) => socket.recvUntil(';'),
  readLine: (socket) => socket.readLine(),
}

/** What every stream has to do, whatever it runs over. */
export function conformance({ name, pair, tellsOfReset, run = greenTest }: Medium): void {
  const test = (behaviour: string, body: (near: Socket, far: Socket) => Coroutine<unknown>): void => {
    run(`${name}: ${behaviour}`, function* () {
      const [near, far] = yield* pair()
      const listeners = countListeners(near)
      try {
        yield* body(near, far)
        if (!near.node.destroyed) assert.deepEqual(countListeners(near), listeners)
      } finally {
        yield* all([near.close(), far.close()])
      }
    })
  }

  test('what is sent arrives, in order', function* (near, far) {
    const sender = spawn(function* () {
      for (let index = 0; index < 200; index++) yield* near.sendAll(`${index};`)
      yield* near.shutdown()
    })
    const text = (yield* receiveAll(far)).toString()
    assert.equal(text, Array.from({ length: 200 }, (_, index) => `${index};`).join(''))
    yield* sender
  })

  test('both sides send at the same time', function* (near, far) {
    const size = 2 ** 20
    const exchange = function* (socket: Socket, letter: string): Coroutine<string> {
      const sender = spawn(function* () {
        yield* socket.sendAll(Buffer.alloc(size, letter))
      })
      const received = yield* socket.recvExactly(size)
      yield* sender
      return digest(received)
    }
    const [atNear, atFar] = yield* all([spawn(exchange, near, 'n'), spawn(exchange, far, 'f')])
    assert.equal(atNear, digest(Buffer.alloc(size, 'f')))
    assert.equal(atFar, digest(Buffer.alloc(size, 'n')))
  })

  test('text is sent as UTF-8, and any bytes as they are', function* (near, far) {
    yield* near.sendAll('grün ')
    yield* near.sendAll(new Uint8Array([0, 255]))
    assert.deepEqual(yield* far.recvExactly(8), Buffer.from([...Buffer.from('grün '), 0, 255]))
  })

  test('recv(max) takes no more than max and leaves the rest', function* (near, far) {
    yield* near.sendAll('abcdef')
    const parts: string[] = []
    while (parts.join('').length < 6) parts.push(String(yield* far.recv(2)))
    assert.deepEqual(parts, ['ab', 'cd', 'ef'])
  })

  test('pieces are found whichever way they were split', function* (near, far) {
    const message = 'head\r\nbody with a -- in it--END--tail'
    for (const size of [1, 2, 3, message.length]) {
      const sender = spawn(function* () {
        for (let start = 0; start < message.length; start += size) {
          yield* near.sendAll(message.slice(start, start + size))
          yield* idle()
        }
      })
      assert.equal(yield* far.readLine(), 'head')
      assert.equal(String(yield* far.recvUntil('--END--')), 'body with a -- in it--END--')
      assert.equal(String(yield* far.recvExactly(4)), 'tail')
      yield* sender
    }
  })

  test('readLine takes both kinds of line ends, an empty line, and a last line without an end', function* (near, far) {
    yield* near.sendAll('one\ntwo\r\n\nlast')
    near.shutdown()
    const lines: (string | null)[] = []
    do lines.push(yield* far.readLine())
    while (lines.at(-1) !== null)
    assert.deepEqual(lines, ['one', 'two', '', 'last', null])
  })

  test('a line beyond the limit raises LimitError and takes nothing', function* (near, far) {
    yield* near.sendAll('0123456789\n')
    const error = yield* raised(far.readLine({ limit: 5 }))
    assert.ok(error instanceof LimitError)
    assert.equal(error.limit, 5)
    assert.equal(yield* far.readLine({ limit: 11 }), '0123456789')
  })

  test('an end before what was asked for raises IncompleteReadError and takes nothing', function* (near, far) {
    yield* near.sendAll('abc')
    near.shutdown()
    for (const read of [far.recvExactly(4), far.recvUntil(';')]) {
      const error = yield* raised(read)
      assert.ok(error instanceof IncompleteReadError)
      assert.equal(String(error.partial), 'abc')
    }
    assert.equal(String(yield* far.recv()), 'abc')
    assert.equal(yield* far.recv(), null)
  })

  test('the end comes again and again, and the other direction stays open', function* (near, far) {
    near.shutdown()
    assert.equal(yield* far.recv(), null)
    assert.equal(yield* far.recv(), null)
    yield* far.sendAll('still here')
    yield* far.shutdown()
    assert.equal(String(yield* receiveAll(near)), 'still here')
  })

  test('shutdown comes after those who are sending already', function* (near, far) {
    const senders = ['a', 'b', 'c'].map((letter) =>
      spawn(function* () {
        yield* near.sendAll(Buffer.alloc(2 ** 20, letter))
      }),
    )
    yield* idle()
    const end = near.shutdown()
    const error = yield* raised(near.sendAll('too late'))
    assert.ok(error instanceof ClosedError)
    const received = String(yield* receiveAll(far))
    assert.equal(received.length, 3 * 2 ** 20)
    assert.match(received, /^a+b+c+$/)
    yield* joinAll(senders, { raiseError: true })
    yield* end
  })

  test('a second reader gets ConcurrentUseError at once, and the first goes on', function* (near, far) {
    const first = spawn(function* () {
      return String(yield* far.recv())
    })
    yield* idle()
    for (const read of Object.values(reads)) {
      const error = yield* raised(read(far))
      assert.ok(error instanceof ConcurrentUseError)
      assert.ok(error.message.includes(first.toString()), error.message)
    }
    yield* near.sendAll('for the first')
    assert.equal(yield* first, 'for the first')
  })

  test('a writer waits while the other side does not read, and keeps little in memory', function* (near, far) {
    const writer = spawn(function* () {
      yield* near.sendAll(MUCH)
    })
    yield* standstill(() => near.node.bytesWritten)
    assert.equal(writer.dead, false)
    const waiting = bytesInNode(near)
    assert.ok(waiting < 2 ** 20 + 2 ** 16, `${waiting} bytes wait in Node`)
    assert.ok(far.node.bytesRead < 2 ** 18, `${far.node.bytesRead} bytes were read that nobody asked for`)
    const hash = createHash('sha1')
    for (let size = 0; size < MUCH.length;) {
      const chunk = yield* far.recv()
      hash.update(chunk!)
      size += chunk!.length
    }
    assert.equal(hash.digest('hex'), digest(MUCH))
    yield* writer
  })

  test('a writer that is killed while it waits for its turn sends nothing', function* (near, far) {
    const first = start(() => near.sendAll(MUCH))
    const second = start(() => near.sendAll('second'))
    const third = start(() => near.sendAll('third'))
    yield* standstill(() => near.node.bytesWritten)
    yield* second.kill()
    yield* far.recvExactly(MUCH.length)
    assert.equal(String(yield* far.recv()), 'third')
    yield* joinAll([first, third], { raiseError: true })
  })

  test('a writer that is killed in the middle lets the next one have its turn', function* (near, far) {
    const first = start(() => near.sendAll(MUCH))
    yield* standstill(() => near.node.bytesWritten)
    yield* first.kill()
    const second = spawn(function* () {
      yield* near.sendAll('|second')
      yield* near.shutdown()
    })
    const received = yield* receiveAll(far)
    yield* second
    assert.ok(received.length < MUCH.length)
    assert.equal(received.subarray(0, -7).compare(MUCH, 0, received.length - 7), 0)
    assert.equal(received.subarray(-7).toString(), '|second')
  })

  test('a sendAll that timed out leaves the socket to the next one', function* (near, far) {
    const error = yield* raised(near.sendAll(MUCH, { timeout: 1 }))
    assert.ok(error instanceof Timeout)
    const rest = spawn(function* () {
      yield* near.shutdown()
    })
    const received = yield* receiveAll(far)
    assert.equal(received.compare(MUCH, 0, received.length), 0)
    yield* rest
  })

  for (const [way, read] of Object.entries(reads)) {
    test(`a ${way} that timed out loses no byte`, function* (near, far) {
      yield* near.sendAll('ab')
      if (way === 'recv') assert.equal(String(yield* far.recvExactly(2)), 'ab')
      const timeout = new Timeout(1)
      const operation = { recv: far.recv(undefined, { timeout }) }[way] ?? withTimeout(far, way, timeout)
      assert.equal(yield* raised(operation), timeout)
      yield* near.sendAll('cdefghij;\n')
      assert.equal(yield* far.readLine(), way === 'recv' ? 'cdefghij;' : 'abcdefghij;')
    })

    test(`a ${way} that was killed loses no byte, and the socket can be used`, function* (near, far) {
      yield* near.sendAll('ab')
      const reader = start(() => read(far))
      if (way === 'recv') yield* reader
      const victim = way === 'recv' ? start(() => read(far)) : reader
      yield* idle()
      yield* victim.kill()
      assert.ok(victim.value instanceof GreenletExit)
      yield* near.sendAll('cdefghij;\n')
      assert.equal(yield* far.readLine(), way === 'recv' ? 'cdefghij;' : 'abcdefghij;')
    })

    test(`a close by another greenlet ends a ${way} with ClosedError`, function* (_near, far) {
      const reader = start(() => read(far))
      yield* idle()
      far.close()
      const error = yield* raised(reader)
      assert.ok(error instanceof ClosedError)
      assert.match(error.message, new RegExp(way))
    })

    test(`a ${way} on a socket that was closed raises ClosedError, whatever came before`, function* (near, far) {
      yield* near.sendAll('0123456789;\n')
      yield* far.recv(1)
      far.close()
      assert.ok((yield* raised(read(far))) instanceof ClosedError)
    })

    test(`the other side's close during a ${way} is the end of the stream`, function* (near, far) {
      const reader = start(() => read(far))
      yield* idle()
      near.close()
      if (way === 'recv' || way === 'readLine') assert.equal(yield* reader, null)
      else assert.ok((yield* raised(reader)) instanceof IncompleteReadError)
    })

    if (tellsOfReset) {
      test(`a reset by the other side ends a ${way} with ConnectionResetError`, function* (near, far) {
        const reader = start(() => read(far))
        yield* idle()
        near.reset()
        const error = yield* raised(reader)
        assert.ok(error instanceof ConnectionResetError, String(error))
        assert.equal(error.code, 'ECONNRESET')
        assert.equal(error.syscall, 'read')
        assert.equal(yield* raised(read(far)), error)
      })
    }
  }

  test('what came before a reset can still be received', function* (near, far) {
    yield* near.sendAll('before')
    assert.equal(String(yield* far.recv(3)), 'bef')
    const watcher = start(() => far.recvExactly(10))
    yield* idle()
    near.reset()
    const error = yield* raised(watcher)
    assert.ok(error instanceof ConnectionResetError || error instanceof IncompleteReadError, String(error))
    assert.equal(String(yield* far.recv()), 'ore')
  })

  test('a close by another greenlet ends those who send, and those who wait for their turn', function* (near) {
    const writers = [1, 2, 3].map(() => start(() => near.sendAll(MUCH)))
    yield* standstill(() => near.node.bytesWritten)
    near.close()
    for (const writer of writers) assert.ok((yield* raised(writer)) instanceof ClosedError)
    assert.ok((yield* raised(near.sendAll('more'))) instanceof ClosedError)
  })

  for (const size of [0, 1, 16384, 2 ** 20]) {
    test(`a reset after ${size} bytes ends those who send, and those who read`, function* (near, far) {
      const reader = start(() => near.recv())
      const writers = [1, 2].map(() => start(() => near.sendAll(MUCH)))
      yield* far.recvExactly(size)
      yield* far.reset()
      for (const writer of writers) {
        const error = yield* raised(writer)
        assert.ok(error instanceof ConnectionResetError, String(error))
        assert.match(error.code, /^(ECONNRESET|EPIPE)$/)
      }
      yield* reader.join()
      if (reader.successful) assert.equal(reader.value, null)
      else assert.ok(reader.error instanceof ConnectionResetError, String(reader.error))
      assert.ok((yield* raised(near.sendAll('later'))) instanceof ConnectionResetError)
      yield* near.close()
    })
  }

  test('a close ends a shutdown that waits for its turn', function* (near) {
    const writer = start(() => near.sendAll(MUCH))
    yield* standstill(() => near.node.bytesWritten)
    const end = start(() => near.shutdown())
    yield* idle()
    near.close()
    assert.ok((yield* raised(end)) instanceof ClosedError)
    assert.ok((yield* raised(writer)) instanceof ClosedError)
  })

  test('closing twice is the same as once, and using closes', function* (near, far) {
    {
      using socket = near
      yield* socket.sendAll('bye')
    }
    assert.equal(near.closed, true)
    yield* near.close()
    yield* near.reset()
    assert.equal(near.node.destroyed, true)
    assert.equal(String(yield* receiveAll(far)), 'bye')
  })

  test('what sendAll has sent arrives although the socket is closed at once', function* (near, far) {
    const reader = start(() => receiveAll(far))
    yield* near.sendAll(MUCH)
    near.close()
    assert.equal(digest(yield* reader), digest(MUCH))
  })

  test('socket.timeout is the limit of every call without one of its own', function* (near) {
    near.timeout = 1
    for (const read of Object.values(reads)) assert.ok((yield* raised(read(near))) instanceof Timeout)
    assert.ok((yield* raised(near.sendAll(MUCH))) instanceof Timeout)
    const own = new Timeout(2)
    assert.equal(yield* raised(near.recv(1, { timeout: own })), own)
    near.timeout = undefined
    assert.ok((yield* raised(near.recv(1, { signal: AbortSignal.abort('why') }))) === 'why')
  })

  test('detach gives Node its socket back, with what was not taken', function* (near, far) {
    yield* near.sendAll('taken|left')
    assert.equal(String(yield* far.recvUntil('|')), 'taken|')
    const node = far.detach()
    assert.ok((yield* raised(far.recv())) instanceof ClosedError)
    const chunks: Buffer[] = []
    node.on('data', (chunk: Buffer) => void chunks.push(chunk))
    yield* near.sendAll(', and more')
    while (Buffer.concat(chunks).length < 14) yield* idle()
    assert.equal(String(Buffer.concat(chunks)), 'left, and more')
    node.end('from Node')
    assert.equal(String(yield* receiveAll(near)), 'from Node')
    node.destroy()
  })
}

function withTimeout(socket: Socket, way: string, timeout: Timeout): Operation<unknown> {
  if (way === 'recvExactly') return socket.recvExactly(10, { timeout })
  return way === 'recvUntil' ? socket.recvUntil(';', { timeout }) : socket.readLine({ timeout })
}

function* receiveAll(socket: Socket): Coroutine<Buffer> {
  const chunks: Buffer[] = []
  for (let chunk = yield* socket.recv(); chunk !== null; chunk = yield* socket.recv()) chunks.push(chunk)
  return Buffer.concat(chunks)
}

/** Waits until a count does not change any more over many turns of the loop. */
function* standstill(count: () => number): Coroutine<void> {
  for (let last = -1, turns = 0; turns < 50; turns++) {
    const now = count()
    if (now !== last) turns = 0
    last = now
    yield* idle()
  }
}

/** What Node keeps of what was written: in the stream, and in the handle below it, for which there is no public name. */
function bytesInNode({ node }: Socket): number {
  const { _handle: handle } = node as { _handle?: { writeQueueSize?: number } | null }
  return node.writableLength + (handle?.writeQueueSize ?? 0)
}

function digest(bytes: Buffer): string {
  return createHash('sha1').update(bytes).digest('hex')
}

function countListeners({ node }: Socket): Record<string, number> {
  return Object.fromEntries(node.eventNames().map((event) => [String(event), node.listenerCount(event)]))
}
