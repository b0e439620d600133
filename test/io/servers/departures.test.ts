import assert from 'node:assert/strict'
import { once } from 'node:events'
import { pipeline } from 'node:stream/promises'
import { connect as dialTLS } from 'node:tls'
import {
  connect,
  HTTPServer,
  Response,
  Socket,
  sleep,
  StreamServer,
  until,
  type Coroutine,
  type Operation,
  type ServerStats,
} from 'gvent'
import { greenTest } from '../green-test.js'
import { portOf } from '../http/raw-client.js'
import { reported, serving } from '../http/serving.js'
import { cert, key } from '../tls-fixture.js'

const local = { host: '127.0.0.1', port: 0 }
const asking = 'GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n'
const own = { isServer: true, key, cert } as const

/** Sends without end, so that it meets the end of the connection. */
function* flood(socket: Socket): Coroutine<void> {
  for (;;) {
    yield* socket.sendAll(Buffer.alloc(10_000))
    yield* sleep(0)
  }
}

type Use = (socket: Socket) => Coroutine<unknown>

/** How a handler uses its connection. */
const uses: Record<string, Use> = {
  plain: flood,
  *'TLS that it starts itself'(socket) {
    yield* flood(yield* socket.startTLS(own))
  },
  *'a socket of Node, made green again'(socket) {
    yield* flood(Socket.from(socket.detach()))
  },
  *'a socket of Node'(socket) {
    const node = socket.detach()
    yield* until(
      pipeline(async function* () {
        for (;;) yield await Promise.resolve(Buffer.alloc(10_000))
      }, node),
    )
  },
}

/** What a client does before it breaks off. */
const clients: Record<string, (port: number, isTLS: boolean, greeting: string) => Coroutine<void>> = {
  *'at the first byte'(port, isTLS, greeting) {
    const socket = yield* connect({ host: '127.0.0.1', port })
    yield* socket.sendAll(greeting)
    // The beginning of a handshake.
    if (isTLS) yield* socket.sendAll(Buffer.from([22, 3, 1, 0]))
    yield* sleep(10)
    yield* socket.reset()
  },
  *'later on'(port, isTLS, greeting) {
    const socket = yield* connect({ host: '127.0.0.1', port })
    yield* socket.sendAll(greeting)
    const node = socket.detach()
    node.on('error', () => undefined)
    if (isTLS) {
      const secure = dialTLS({ socket: node, ca: cert, servername: 'localhost' })
      secure.on('error', () => undefined)
      yield* until(once(secure, 'data'))
    } else yield* until(once(node, 'data'))
    node.resetAndDestroy()
  },
}

interface Server {
  start(): Operation<unknown>
  stop(options: { timeout: number }): Operation<void>
  address(): ReturnType<StreamServer['address']>
  stats(): ServerStats
}

const servers: Record<string, [make: (use: Use) => Server, greeting: string]> = {
  StreamServer: [(use) => new StreamServer(local, use), ''],
  'an upgrade of HTTPServer': [
    (use) => new HTTPServer({ ...local, upgrade: (_request, socket) => use(socket) }, () => new Response('')),
    asking,
  ],
}

for (const [serverName, [make, greeting]] of Object.entries(servers)) {
  for (const [useName, use] of Object.entries(uses)) {
    for (const [when, leave] of Object.entries(clients)) {
      greenTest(
        `${serverName} with ${useName}: a client that breaks off ${when} is counted, not reported`,
        function* () {
          const server = make(use)
          yield* serving(server, function* () {
            const errors = yield* reported(function* () {
              yield* leave(portOf(server), useName.startsWith('TLS'), greeting)
              while (server.stats().handled === 0) yield* sleep(1)
            })
            assert.deepEqual(errors, [])
            const { disconnected, failed } = server.stats()
            assert.deepEqual({ disconnected, failed }, { disconnected: 1, failed: 0 })
          })
        },
      )
    }
  }
}

greenTest('an error of another connection in a handler is its own', function* () {
  const upstream = new StreamServer(local, (socket) => {
    socket.reset()
  })
  yield* serving(upstream, function* () {
    const server = new StreamServer(local, function* () {
      const socket = yield* connect({ host: '127.0.0.1', port: portOf(upstream) })
      yield* flood(socket)
    })
    yield* serving(server, function* () {
      const errors = yield* reported(function* () {
        const socket = yield* connect({ host: '127.0.0.1', port: portOf(server) })
        while (server.stats().handled === 0) yield* sleep(1)
        socket.close()
      })
      assert.equal(errors.length, 1)
      assert.equal(server.stats().failed, 1)
    })
  })
})
