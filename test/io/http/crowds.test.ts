import assert from 'node:assert/strict'
import { Agent, request as httpRequest, type IncomingMessage } from 'node:http'
import { test } from 'node:test'
import { HTTPServer, WSGIServer, joinAll, sleep, spawn, type Coroutine, type HTTPOptions, type Socket } from 'gvent'
import { greenTest } from '../green-test.js'
import { startProgram } from '../program.js'
import { dial, readToEnd } from './raw-client.js'
import { reported, serving } from './serving.js'

const local = { host: '127.0.0.1', port: 0 }
const post = 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello'

type Served = HTTPServer | WSGIServer

/** An echo in each kind of handler; what it answers comes in pieces. */
const echoes: Record<string, () => Served> = {
  "the platform's terms": () =>
    new HTTPServer(local, function* (request) {
      const text = yield* request.text()
      return new Response(new Blob([text, ' ', text]).stream())
    }),
  "Node's terms": () =>
    new HTTPServer(local, (request, response) => {
      request.on('data', (chunk: Buffer) => response.write(chunk))
      request.on('end', () => response.end(' and so on'))
    }),
  WSGI: () =>
    new WSGIServer(local, function* (environ, startResponse) {
      const bytes = yield* environ['wsgi.input'].read()
      startResponse('200 OK', [['Content-Type', 'text/plain']])
      yield bytes
      yield* sleep(0)
      yield ' and so on'
    }),
}

for (const [name, make] of Object.entries(echoes)) {
  greenTest(
    `${name}: a client that closes after any byte of its request or of the response leaves nothing`,
    function* () {
      const server = make()
      const errors = yield* reported(function* () {
        yield* serving(server, function* () {
          const whole = yield* dial(server)
          yield* whole.sendAll(post.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n'))
          const { length } = yield* readToEnd(whole)
          whole.close()
          assert.ok(length > 50)
          for (const leave of [closeGently, breakOff]) {
            for (let size = 0; size <= post.length; size++) {
              const socket = yield* dial(server)
              yield* socket.sendAll(post.slice(0, size))
              leave(socket)
            }
            for (let size = 1; size <= length; size++) {
              const socket = yield* dial(server)
              yield* socket.sendAll(post.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n'))
              yield* socket.recvExactly(size)
              leave(socket)
            }
          }
          while (server.stats().handling > 0) yield* sleep(1)
          // It answers as before.
          const after = yield* dial(server)
          yield* after.sendAll(post)
          assert.match((yield* after.recvUntil('\r\n\r\n')).toString(), /^HTTP\/1\.1 200 /)
          after.close()
        })
      })
      assert.deepEqual(errors, [])
    },
  )
}

function closeGently(socket: Socket): void {
  socket.close()
}

function breakOff(socket: Socket): void {
  void socket.reset()
}

greenTest('clients that are slow with headers, bodies and reading hold up nobody, and are let go', function* () {
  const limits: HTTPOptions = { headersTimeout: 1500, requestTimeout: 2000, sendTimeout: 1500 }
  const large = Buffer.alloc(8 * 1024 * 1024)
  const server = new HTTPServer({ ...local, ...limits }, function* (request) {
    if (request.url.endsWith('/large')) return new Response(large)
    return new Response(yield* request.text())
  })
  const openings = [
    'GET / HTTP/1.1\r\nX: ',
    'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n',
    'GET /large HTTP/1.1\r\nHost: x\r\n\r\n',
  ]
  yield* serving(server, function* () {
    const slow: Socket[] = []
    for (let index = 0; index < 300; index++) {
      const socket = yield* dial(server)
      yield* socket.sendAll(openings[index % openings.length]!)
      slow.push(socket)
    }
    const good = function* (): Coroutine<void> {
      const socket = yield* dial(server)
      for (let turn = 0; turn < 10; turn++) {
        yield* socket.sendAll('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\ngood')
        assert.match((yield* socket.recvUntil('\r\n\r\n')).toString(), /^HTTP\/1\.1 200 /)
        assert.equal((yield* socket.recvExactly(4)).toString(), 'good')
      }
      socket.close()
    }
    yield* joinAll(
      Array.from({ length: 50 }, () => spawn(good)),
      { raiseError: true },
    )
    for (const [index, socket] of slow.entries()) {
      if (index % openings.length === 2) continue
      assert.match(yield* readToEnd(socket), /^HTTP\/1\.1 408 /)
    }
    while (server.stats().handling > 0) yield* sleep(10)
    for (const socket of slow) socket.close()
  })
})

const program = `
  import { HTTPServer, run, sleep } from 'gvent'
  await run(function* main() {
    const server = new HTTPServer({ host: '127.0.0.1', port: 0 }, function* () {
      yield* sleep(2)
      return new Response('answer')
    })
    yield* server.start()
    console.log('port ' + server.address().port + ';')
    try {
      yield* server.serveForever()
    } finally {
      console.log('handled ' + server.stats().handled + ';')
    }
  })
`

test('a SIGTERM under load loses no request', async () => {
  const { child, printed, ended } = startProgram(program)
  let stdout = ''
  child.stdout!.on('data', (text: string) => (stdout += text))
  await printed(';')
  const port = Number(/port (\d+)/.exec(stdout)![1])
  const agent = new Agent({ keepAlive: true, maxSockets: 20 })
  let answered = 0
  let refused = 0
  /** One request; `false` when nobody listens any more. */
  const get = (): Promise<boolean> =>
    new Promise((resolve, reject) => {
      const request = httpRequest({ host: '127.0.0.1', port, agent }, (response: IncomingMessage) => {
        let text = ''
        response.setEncoding('utf8').on('data', (part: string) => (text += part))
        response.on('end', () => {
          if (++answered === 400) child.kill('SIGTERM')
          if (text === 'answer') resolve(true)
          else reject(new Error(`half an answer: ${text}`))
        })
        response.on('error', reject)
      })
      request.on('error', (error: NodeJS.ErrnoException) => {
        if (error.code !== 'ECONNREFUSED') reject(error)
        else {
          refused++
          resolve(false)
        }
      })
      request.end()
    })
  const clients = Array.from({ length: 20 }, async () => {
    while (await get());
  })
  await Promise.all(clients)
  agent.destroy()
  const { stdout: all, stderr } = await ended
  assert.equal(stderr, '')
  assert.equal(refused, 20)
  assert.ok(answered >= 400)
  assert.equal(Number(/handled (\d+)/.exec(all)![1]), answered)
})
