import 'gvent/monkey/all'
import { patchAll, unpatchAll } from 'gvent/monkey'
import assert from 'node:assert/strict'
import http from 'node:http'
import https from 'node:https'
import net from 'node:net'
import { test } from 'node:test'
import axios from 'axios'
import express from 'express'
import { getHub, joinAll, sleep, spawn, type Coroutine } from 'gvent'
import { explore, network, simulate, sometimes, type SimulateOptions } from 'gvent/testing'

/** A server of Node's that sends back what it gets, all in callbacks. */
function echoServer(): net.Server {
  return net.createServer((socket) => {
    socket.on('error', () => undefined)
    socket.pipe(socket)
  })
}

function* closing(server: net.Server | http.Server): Coroutine<void> {
  server.close()
  yield* sleep(1000)
  assert.deepEqual(network().netstat(), [])
}

test('the sockets and servers of node:net run in a simulation, in every schedule', async () => {
  await explore(
    function* () {
      const server = echoServer()
      yield* server.listen(6000)
      const client = function* (text: string): Coroutine<void> {
        const socket = net.connect(6000)
        yield* socket
        yield* socket.sendAll(text)
        assert.equal(String(yield* socket.recvExactly(text.length)), text)
        socket.end()
        assert.equal(yield* socket.recv(), null)
      }
      yield* joinAll([spawn(client, 'hello'), spawn(client, 'goodbye')], { raiseError: true })
      yield* closing(server)
    },
    { schedules: 100 },
  )
})

test('callbacks alone run there too: events come in the time of the simulation', async () => {
  await simulate({ network: { latency: [50, 50] } }, function* () {
    const log: string[] = []
    const note = (text: string): void => void log.push(`${getHub().now()} ms: ${text}`)
    const server = echoServer()
    server.listen({ port: 6000, host: 'localhost' }, () => {
      note('listens')
      assert.deepEqual(server.address(), { address: '127.0.0.1', family: 'IPv4', port: 6000 })
      const socket = net.createConnection({ port: 6000, host: 'localhost' }, () => {
        note('connected')
        socket.end('hello')
      })
      socket.setEncoding('utf8')
      socket.on('data', (text: string) => {
        note(text)
      })
      socket.on('close', () => {
        note('closed')
        server.close(() => {
          note('server closed')
        })
      })
    })
    yield* sleep(1000)
    assert.deepEqual(log, [
      '0 ms: listens',
      '100 ms: connected',
      '200 ms: hello',
      '200 ms: closed',
      '200 ms: server closed',
    ])
  })
})

function* textOf(response: http.IncomingMessage): Coroutine<string | null> {
  return (yield* response.recv()) as string | null
}

/** What a client of node:http gets from a server of node:http, each in its own words. */
function* getTwice(log: string[], options: { agent: http.Agent | false }): Coroutine<void> {
  const server = http.createServer((request, response) => {
    request.resume().on('end', () => response.end(`you asked for ${request.url}`))
  })
  yield* server.listen(8080)
  const client = function* (path: string): Coroutine<void> {
    const response = yield* http.get(`http://localhost:8080${path}`, options)
    let body = ''
    response.setEncoding('utf8')
    for (let text = yield* textOf(response); text !== null; text = yield* textOf(response)) body += text
    log.push(`${getHub().now()} ms: ${response.statusCode} ${body}`)
  }
  yield* joinAll([spawn(client, '/a'), spawn(client, '/b')], { raiseError: true })
  if (options.agent !== false) options.agent.destroy()
  yield* closing(server)
}

test('http.get and http.createServer run in a simulation, the same for the same seed', async () => {
  const runs: string[][] = []
  for (const seed of [7, 7, 8]) {
    const log: string[] = []
    await simulate({ seed }, () => getTwice(log, { agent: false }))
    runs.push(log)
  }
  assert.deepEqual(runs[0], runs[1])
  assert.notDeepEqual(runs[0], runs[2])
  assert.deepEqual(runs[0]!.map((line) => line.replace(/^.* ms: /, '')).sort(), [
    '200 you asked for /a',
    '200 you asked for /b',
  ])
})

test('http over one connection that is kept alive runs in every schedule', async () => {
  const result = await explore(() => getTwice([], { agent: new http.Agent({ keepAlive: true, maxSockets: 1 }) }), {
    schedules: 60,
  })
  assert.deepEqual(result.uncontrolled, [])
})

test('what the network breaks off shows as it does over TCP', async () => {
  const { marks } = await explore(
    function* () {
      const server = http.createServer((_request, response) => response.end('hello'))
      yield* server.listen(8080)
      try {
        const response = yield* http.get('http://localhost:8080/', { agent: false })
        assert.equal(String(yield* response.recv()), 'hello')
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException
        sometimes('refused', code === 'ECONNREFUSED')
        sometimes('reset', code === 'ECONNRESET')
      }
      yield* closing(server)
    },
    { schedules: 200, network: { resets: true, refusals: true, shortReads: false } },
  )
  assert.equal(marks.size, 2)
})

test('nobody listens, and there is no such host', async () => {
  await simulate(function* () {
    assert.equal(
      ((yield* failing('localhost', 6000)) as NodeJS.ErrnoException).message,
      'connect ECONNREFUSED 127.0.0.1:6000',
    )
    assert.equal(((yield* failing('nowhere', 6000)) as NodeJS.ErrnoException).message, 'getaddrinfo ENOTFOUND nowhere')
    assert.deepEqual(network().netstat(), [])
  })
})

function* failing(host: string, port: number): Coroutine<unknown> {
  try {
    yield* net.connect({ host, port })
  } catch (error) {
    return error
  }
  throw new Error('connected')
}

test('greenlets on named hosts listen and connect there, and a partition cuts them off', async () => {
  await simulate(function* () {
    const server = echoServer()
    yield* network()
      .host('server')
      .spawn(() => server.listen(6000))
    const socket = net.connect({ host: 'server', port: 6000, timeout: 5000 })
    yield* socket
    assert.equal(socket.remoteAddress, network().host('server').address)
    network().partition('server')
    let time: number | undefined
    socket.on('timeout', () => {
      time = getHub().now()
      socket.destroy()
    })
    const before = getHub().now()
    yield* socket.sendAll('hello')
    yield* sleep(6000)
    assert.equal(time, before + 5000)
    network().heal('server')
    yield* closing(server)
  })
})

test('a port is taken, and free again when its server is closed', async () => {
  await simulate(function* () {
    const first = echoServer()
    yield* first.listen(6000)
    const second = echoServer()
    try {
      yield* second.listen(6000)
      assert.fail('two servers listen')
    } catch (error) {
      assert.equal((error as NodeJS.ErrnoException).code, 'EADDRINUSE')
    }
    assert.throws(() => first.listen(6001), { code: 'ERR_SERVER_ALREADY_LISTEN' })
    assert.throws(() => second.listen(70_000), { code: 'ERR_SOCKET_BAD_PORT' })
    first.close()
    yield* second.listen(6000)
    yield* closing(second)
  })
})

test('a socket that was closed connects anew', async () => {
  await simulate(function* () {
    const server = echoServer()
    yield* server.listen('/run/echo')
    assert.equal(server.address(), '/run/echo')
    const socket = net.connect('/run/echo')
    yield* socket
    socket.destroy()
    yield* sleep(100)
    socket.connect('/run/echo')
    yield* socket
    yield* socket.sendAll('hello')
    assert.equal(String(yield* socket.recvExactly(5)), 'hello')
    socket.destroy()
    yield* closing(server)
  })
})

test('a subclass of net.Socket keeps its own methods', async () => {
  class Counting extends net.Socket {
    destructions = 0
    override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
      this.destructions++
      super._destroy(error, callback)
    }
  }
  await simulate(function* () {
    const server = echoServer()
    yield* server.listen(6000)
    const socket = new Counting()
    yield* socket.connect(6000)
    socket.destroy()
    assert.equal(socket.destructions, 1)
    assert.ok(socket instanceof Counting)
    yield* closing(server)
  })
})

test('TLS is refused, and not sent over the real network', async () => {
  await simulate(function* () {
    const request = https.get('https://localhost:8443/', { agent: false })
    try {
      yield* request
      assert.fail('it was answered')
    } catch (error) {
      assert.match((error as Error).message, /a simulation has no TLS/)
    }
  })
})

test('outside of simulations, with network: false and without patches the network is the real one', async () => {
  const methods = (): unknown[] => [
    Reflect.get(net.Socket.prototype, 'connect'),
    Reflect.get(net.Server.prototype, 'listen'),
  ]
  const real = methods()
  const during = async (options: SimulateOptions): Promise<unknown[]> => simulate(options, methods)
  assert.deepEqual(await during({ network: false }), real)
  assert.ok((await during({})).every((method, index) => method !== real[index]))
  assert.deepEqual(methods(), real)
  unpatchAll()
  try {
    assert.deepEqual(await during({}), real)
  } finally {
    patchAll()
  }
})

test('an Express application and its client run there as they are', async () => {
  const { uncontrolled } = await explore(
    function* () {
      const application = express().get('/hello/:name', (request, response) => {
        response.json({ hello: request.params.name })
      })
      const server = http.createServer(application)
      yield* server.listen(3000)
      const agent = new http.Agent({ keepAlive: true })
      const client = function* (name: string): Coroutine<void> {
        const { data } = yield* axios.get<object>(`http://localhost:3000/hello/${name}`, { httpAgent: agent })
        assert.deepEqual(data, { hello: name })
      }
      yield* joinAll([spawn(client, 'alice'), spawn(client, 'bob')], { raiseError: true })
      agent.destroy()
      yield* closing(server)
    },
    { schedules: 30, globals: true },
  )
  assert.deepEqual(uncontrolled, [])
})
