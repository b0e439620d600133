import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type AddressInfo, type LookupFunction } from 'node:net'
import { platform, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import {
  ClosedError,
  ConnectionRefusedError,
  ConnectionResetError,
  GreenletExit,
  LookupError,
  StreamServer,
  TLSError,
  fetch,
  call,
  Timeout,
  all,
  connect,
  idle,
  listen,
  race,
  sleep,
  until,
  type ConnectOptions,
  type Coroutine,
  type Listener,
  type Socket,
  type SystemError,
} from 'gvent'
import { greenTest, raised, start, turns } from '../green-test.js'
import { cert, key } from '../tls-fixture.js'

const LOCAL = { host: '127.0.0.1' }

function* openListener(): Coroutine<Listener> {
  return yield* listen(LOCAL)
}

/** A port at which nobody listens. */
function* freePort(): Coroutine<number> {
  using listener = yield* openListener()
  return listener.port!
}

/** A name service that finds these addresses; with none it never answers. */
function lookupOf(...addresses: string[]): LookupFunction {
  return (_name, options, callback) => {
    if (addresses.length === 0) return
    const found = addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }))
    if (options.all) callback(null, found)
    else callback(null, addresses[0]!, found[0]!.family)
  }
}

/** Servers that accept and never say a word, in which a handshake is stuck. */
function* silentServer(): Coroutine<{ port: number; close: () => Coroutine<void> }> {
  const server = createServer()
  const clients = new Set<{ destroy(): void }>()
  server.on('connection', (socket) => {
    clients.add(socket.on('error', () => undefined))
  })
  yield* until(once(server.listen(0, '127.0.0.1'), 'listening'))
  return {
    port: (server.address() as AddressInfo).port,
    *close() {
      for (const client of clients) client.destroy()
      server.close()
      yield* idle()
    },
  }
}

greenTest('an address may be options, a port, host:port or a path', function* () {
  const folder = mkdtempSync(join(tmpdir(), 'gvent-'))
  const path = join(folder, 'socket')
  const tcp = yield* listen(0)
  const unix = yield* listen(path)
  const port = tcp.port!
  for (const address of [{ port }, port, `127.0.0.1:${port}`, `localhost:${port}`, `:${port}`]) {
    const [near, far] = yield* all([connect(address), tcp.accept()])
    assert.equal(near.remotePort, port)
    assert.equal(far.remotePort, near.localPort)
    assert.match(near.remoteAddress!, /^(127\.0\.0\.1|::1)$/)
    yield* all([near.close(), far.close()])
  }
  for (const address of [{ path }, path]) {
    const [near, far] = yield* all([connect(address), unix.accept()])
    assert.equal(near.remotePort, undefined)
    yield* all([near.close(), far.close()])
  }
  tcp.close()
  unix.close()
  rmSync(folder, { recursive: true })
})

greenTest('what a server says of its address is an address to connect to', function* () {
  const path = join(mkdtempSync(join(tmpdir(), 'gvent-')), 'socket')
  for (const place of ['127.0.0.1:0', '0.0.0.0:0', 0, path]) {
    const server = new StreamServer(place, function* (socket) {
      yield* socket.sendAll('hello')
    })
    yield* server.start()
    using client = yield* connect(server.address()!)
    assert.equal(String(yield* client.recvExactly(5)), 'hello', String(place))
    yield* server.stop()
  }
  rmSync(dirname(path), { recursive: true })
})

greenTest('the stack of a refusal goes on with the place where the greenlet waits', function* () {
  const port = yield* freePort()
  const error = yield* raised(
    start(function* customer() {
      yield* connect({ ...LOCAL, port })
    }),
  )
  assert.match((error as Error).stack!, /at customer \(.*connect\.test\.[jt]s/)
})

greenTest('a refusal is ConnectionRefusedError and says what was tried', function* () {
  const port = yield* freePort()
  const error = yield* raised(connect({ ...LOCAL, port }))
  assert.ok(error instanceof ConnectionRefusedError)
  const { name, message, code, syscall, address } = error
  assert.deepEqual(
    { name, message, code, syscall, address, port: error.port },
    {
      name: 'ConnectionRefusedError',
      message: `connect ECONNREFUSED 127.0.0.1:${port}`,
      code: 'ECONNREFUSED',
      syscall: 'connect',
      address: '127.0.0.1',
      port,
    },
  )
  assert.match(error.stack!, /^ConnectionRefusedError: connect/)
})

greenTest('a name with several addresses that all refuse says so for each', function* () {
  const port = yield* freePort()
  const error = yield* raised(connect({ host: 'name.test', port, lookup: lookupOf('127.0.0.1', '127.0.0.2') }))
  assert.ok(error instanceof ConnectionRefusedError)
  assert.equal(error.code, 'ECONNREFUSED')
  assert.equal(error.message, `connect ECONNREFUSED 127.0.0.1:${port}; connect ECONNREFUSED 127.0.0.2:${port}`)
  assert.deepEqual([error.syscall, error.address, error.port], ['connect', '127.0.0.1', port])
})

greenTest('a name with several addresses is tried until one answers', function* () {
  using listener = yield* openListener()
  const port = listener.port!
  using socket = yield* connect({ host: 'name.test', port, lookup: lookupOf('127.0.0.2', '127.0.0.1') })
  using other = yield* listener.accept()
  assert.equal(socket.remoteAddress, '127.0.0.1')
  assert.equal(other.localPort, port)
})

greenTest('a name that does not exist is LookupError', function* () {
  const notFound = Object.assign(new Error('getaddrinfo ENOTFOUND name.test'), {
    code: 'ENOTFOUND',
    syscall: 'getaddrinfo',
    hostname: 'name.test',
  })
  const lookup = ((_name: string, _options: unknown, callback: (error: Error) => void) => {
    callback(notFound)
  }) as LookupFunction
  const error = yield* raised(connect({ host: 'name.test', port: 1, lookup }))
  assert.equal(error, notFound)
  assert.ok(error instanceof LookupError)
  assert.deepEqual([error.name, error.code, error.hostname], ['LookupError', 'ENOTFOUND', 'name.test'])
})

greenTest('a path where nothing listens says which', function* () {
  const error = (yield* raised(connect('/nowhere/at/all'))) as NodeJS.ErrnoException
  assert.equal(error.message, 'connect ENOENT /nowhere/at/all')
})

type Place = (options: ConnectOptions) => ConnectOptions

/** Where a connect can be stuck. */
const phases: Record<string, Place> = {
  'the name is looked up': (options) => ({ ...options, host: 'name.test', lookup: lookupOf() }),
  'it connects': (options) => options,
  'TLS shakes hands': (options) => ({ ...options, tls: { ca: cert } }),
}

for (const [phase, place] of Object.entries(phases)) {
  greenTest(`a kill while ${phase} leaves nothing behind`, function* () {
    const server = yield* silentServer()
    const greenlet = start(() => connect(place({ ...LOCAL, port: server.port })))
    if (phase === 'it connects') yield* sleep(0)
    else for (let turn = 0; turn < 5; turn++) yield* idle()
    assert.equal(greenlet.dead, false)
    yield* greenlet.kill()
    assert.ok(greenlet.value instanceof GreenletExit)
    yield* server.close()
  })

  greenTest(`an abort while ${phase} raises its reason`, function* () {
    const server = yield* silentServer()
    const controller = new AbortController()
    const greenlet = start(() => connect(place({ ...LOCAL, port: server.port, signal: controller.signal })))
    yield* sleep(0)
    controller.abort('enough')
    assert.equal(yield* raised(greenlet), 'enough')
    yield* server.close()
  })

  if (phase !== 'it connects') {
    greenTest(`the timeout covers the time in which ${phase}`, function* () {
      const server = yield* silentServer()
      const error = yield* raised(connect(place({ ...LOCAL, port: server.port, timeout: 20 })))
      assert.ok(error instanceof Timeout)
      assert.equal(error.milliseconds, 20)
      yield* server.close()
    })
  }
}

greenTest('the loser of a race is closed, connected or not', function* () {
  using listener = yield* openListener()
  const place = { ...LOCAL, port: listener.port! }
  const winner = yield* race([
    connect(place),
    connect({ ...place, host: 'name.test', lookup: lookupOf() }),
    connect(place),
  ])
  yield* all([winner.close(), (yield* listener.accept()).close()])
  for (let turn = 0; turn < 5; turn++) yield* idle()
})

greenTest('a promise for a connection gives the socket', function* () {
  using listener = yield* openListener()
  const place = { ...LOCAL, port: listener.port! }
  const socket = yield* until((async (): Promise<Socket> => await connect(place))())
  yield* all([socket.close(), (yield* listener.accept()).close()])
})

greenTest('TLS: a certificate that nobody vouches for is TLSError', function* () {
  using listener = yield* listen({ ...LOCAL, tls: { key, cert } })
  const error = yield* raised(connect({ ...LOCAL, port: listener.port!, tls: true }))
  assert.ok(error instanceof TLSError)
  assert.deepEqual([error.name, error.code], ['TLSError', 'DEPTH_ZERO_SELF_SIGNED_CERT'])
})

greenTest('TLS: the certificate has to be for the host, or for servername', function* () {
  using listener = yield* listen({ ...LOCAL, tls: { key, cert } })
  const place = { host: 'name.test', port: listener.port!, lookup: lookupOf('127.0.0.1') }
  const near = yield* connect({ ...place, tls: { ca: cert, servername: 'localhost' } })
  yield* all([near.close(), (yield* listener.accept()).close()])
  const error = yield* raised(connect({ ...place, tls: { ca: cert } }))
  assert.ok(error instanceof TLSError)
  assert.equal(error.code, 'ERR_TLS_CERT_ALTNAME_INVALID')
})

greenTest('TLS: a server that speaks something else is TLSError', function* () {
  using listener = yield* openListener()
  const connecting = start(() => connect({ ...LOCAL, port: listener.port!, tls: { ca: cert } }))
  using other = yield* listener.accept()
  yield* other.sendAll('220 hello, this is not TLS\r\n')
  const error = yield* raised(connecting)
  assert.ok(error instanceof TLSError)
  assert.equal(error.code, 'ERR_SSL_WRONG_VERSION_NUMBER')
  assert.equal(error.message, 'TLS: the other side does not speak TLS (wrong version number)')
})

greenTest('TLS: a server that goes away during the handshake is ConnectionResetError', function* () {
  using listener = yield* openListener()
  const connecting = start(() => connect({ ...LOCAL, port: listener.port!, tls: { ca: cert } }))
  const other = yield* listener.accept()
  other.close()
  assert.ok((yield* raised(connecting)) instanceof ConnectionResetError)
})

greenTest('startTLS goes on with TLS in the middle of a conversation', function* () {
  using listener = yield* openListener()
  const server = start(function* () {
    const plain = yield* listener.accept()
    assert.equal(yield* plain.readLine(), 'STARTTLS')
    yield* plain.sendAll('go ahead\n')
    using secure = yield* plain.startTLS({ isServer: true, key, cert })
    yield* secure.sendAll(`${yield* secure.readLine()}, said in secret\n`)
    assert.equal(yield* secure.recv(), null)
  })
  const plain = yield* connect({ ...LOCAL, port: listener.port! })
  yield* plain.sendAll('STARTTLS\n')
  assert.equal(yield* plain.readLine(), 'go ahead')
  const secure = yield* plain.startTLS({ ca: cert, host: 'localhost' })
  yield* secure.sendAll('hello\n')
  assert.equal(yield* secure.readLine(), 'hello, said in secret')
  yield* secure.close()
  yield* server
})

greenTest('startTLS finds what the other side sent ahead', function* () {
  using listener = yield* openListener()
  const connecting = start(() => connect({ ...LOCAL, port: listener.port!, tls: { ca: cert } }))
  const plain = yield* listener.accept()
  // The first byte of the handshake is here already, and the rest of it behind.
  const first = yield* plain.recv()
  plain.node.unshift(first!)
  const again = plain.detach()
  assert.equal(again.destroyed, false)
  again.destroy()
  assert.ok((yield* raised(connecting)) instanceof ConnectionResetError)
})

for (const side of ['client', 'server']) {
  greenTest(`startTLS as ${side}: a kill closes the connection`, function* () {
    using listener = yield* openListener()
    const [near, far] = yield* all([connect({ ...LOCAL, port: listener.port! }), listener.accept()])
    const shaking = start(() => near.startTLS(side === 'client' ? { ca: cert } : { isServer: true, key, cert }))
    yield* idle()
    yield* shaking.kill()
    while ((yield* far.recv()) !== null);
    yield* far.close()
  })
}

greenTest('TLS: why a handshake fails is said in plain words, on both sides', function* () {
  const attempts: [server: object, client: object, said: RegExp][] = [
    [
      { minVersion: 'TLSv1.3' },
      { maxVersion: 'TLSv1.2' },
      /^TLS: the other side refused: it allows none of our versions of TLS/,
    ],
    [
      { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES128-GCM-SHA256' },
      { ciphers: 'ECDHE-ECDSA-AES256-GCM-SHA384' },
      /^TLS: the other side refused: no cipher in common, or it asks for a client certificate/,
    ],
    [{ requestCert: true, maxVersion: 'TLSv1.2' }, {}, /^TLS: the other side refused/],
    [{ requestCert: true }, {}, /^TLS: the other side refused: it asks for a client certificate/],
  ]
  for (const [server, client, said] of attempts) {
    using listener = yield* listen({ ...LOCAL, tls: { key, cert, ...server } })
    const error = yield* raised(
      call(function* () {
        using socket = yield* connect({ ...LOCAL, port: listener.port!, tls: { ca: cert, ...client } })
        // From TLS 1.3 on a client learns after the handshake that it was refused.
        while ((yield* socket.recv()) !== null);
      }),
    )
    assert.ok(error instanceof TLSError, String(error))
    assert.match(error.message, said)
    assert.doesNotMatch(`${error.message}${error.stack}`, /openssl\/|\.c:\d/)
  }
  using listener = yield* openListener()
  const fetching = start(() => fetch(`https://127.0.0.1:${listener.port}/`))
  using other = yield* listener.accept()
  yield* other.sendAll('220 hello, this is not TLS\r\n')
  assert.match(String(yield* raised(fetching)), /fetch failed: GET https:.*: TLS: the other side does not speak TLS/)
})

greenTest('startTLS as server: a client that speaks no TLS is TLSError', function* () {
  using listener = yield* openListener()
  const [near, far] = yield* all([connect({ ...LOCAL, port: listener.port! }), listener.accept()])
  yield* far.sendAll('what is that supposed to be?\n')
  assert.ok((yield* raised(near.startTLS({ isServer: true, key, cert }))) instanceof TLSError)
  yield* far.close()
})

greenTest('what is misused says what was meant', function* () {
  assert.throws(() => connect({}), /connect\(options\): expected \{ host, port \}, \{ path \}/)
  assert.throws(() => connect(null as never), /got null; the address of a server is null before/)
  assert.throws(() => connect(['127.0.0.1', 1] as never), /got an array without a port or path/)
  assert.throws(() => connect('example.org'), /"example.org" is not an address; write 'host:port'/)
  assert.throws(() => connect({ port: 1, timeout: -1 }), RangeError)
  const error = (yield* raised(connect({ port: 70000 }))) as NodeJS.ErrnoException
  assert.equal(error.code, 'ERR_SOCKET_BAD_PORT')
})

greenTest('what Node refuses to connect to leaves nothing behind', function* () {
  // Those of other tests are still counted until they are collected.
  const handles = (): number => {
    globalThis.gc!()
    return process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap').length
  }
  const before = handles()
  const lookup = (): never => {
    throw new Error('no name service')
  }
  assert.match(String(yield* raised(connect({ ...LOCAL, port: 70_000 }))), /RangeError.*70000/)
  assert.match(String(yield* raised(connect({ host: 'name.test', port: 1, lookup }))), /no name service/)
  yield* turns()
  assert.ok(handles() <= before)
})

for (const [way, open] of [
  ['connect', connect],
  ['listen', listen],
] as const) {
  greenTest(`${way}: a path that the system would cut short is an error`, function* () {
    const path = join(tmpdir(), 'x'.repeat(120))
    const error = (yield* raised(open({ path }))) as SystemError
    assert.equal(
      error.message,
      `${way} ENAMETOOLONG ${path}: the path of a Unix socket has at most ${platform() === 'linux' ? 107 : 103} bytes, ` +
        `and this one ${path.length}`,
    )
    assert.deepEqual([error.code, error.syscall, error.address], ['ENAMETOOLONG', way, path])
  })
}

const nonsense = { minVersion: 'nonsense' as 'TLSv1.2' }

greenTest('TLS: options that Node does not take are raised, and the connection is closed', function* () {
  using listener = yield* openListener()
  const connecting = start(() => connect({ ...LOCAL, port: listener.port!, tls: nonsense }))
  using far = yield* listener.accept()
  assert.match(String(yield* raised(connecting)), /nonsense/)
  assert.equal(yield* far.recv(), null)
})

greenTest('startTLS on a socket that was closed or detached raises ClosedError', function* () {
  using listener = yield* openListener()
  const [near, far] = yield* all([connect({ ...LOCAL, port: listener.port! }), listener.accept()])
  using _near = near
  const node = far.detach()
  for (const wait of [far.startTLS(), far.recv()]) assert.ok((yield* raised(wait)) instanceof ClosedError)
  assert.throws(() => far.detach(), /detach: the socket was detached; use what detach\(\) returned/)
  node.destroy()
  near.close()
  assert.match(String(yield* raised(near.startTLS())), /ClosedError: .*startTLS: this program has closed the socket/)
  assert.throws(() => near.detach(), ClosedError)
  yield* near.close()
})

greenTest('startTLS: options that Node does not take are raised, and the connection is closed', function* () {
  using listener = yield* openListener()
  const [near, far] = yield* all([connect({ ...LOCAL, port: listener.port! }), listener.accept()])
  assert.match(String(yield* raised(near.startTLS(nonsense))), /nonsense/)
  assert.equal(yield* far.recv(), null)
  yield* far.close()
})
