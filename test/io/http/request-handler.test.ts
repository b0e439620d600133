import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { HTTPRequestHandler, HTTPServer, connect, sleep, until, type Coroutine, type Socket } from 'gvent'
import { WebSocket, WebSocketServer } from 'ws'
import { greenTest } from '../green-test.js'
import { exchange, portOf } from './raw-client.js'
import { reported, serving } from './serving.js'

const local = { host: '127.0.0.1', port: 0 }

class Quiet extends HTTPRequestHandler {
  static messages: string[] = []

  override logMessage(message: string): void {
    Quiet.messages.push(message)
  }
}

class Echo extends Quiet {
  *doGET(): Coroutine<void> {
    yield* sleep(0)
    this.sendResponse(200)
    this.sendHeader('Content-Type', 'text/plain')
    this.sendHeader('X-Two', 1)
    this.sendHeader('X-Two', 2)
    this.endHeaders()
    yield* this.wfile.write(`${this.command} ${this.path} ${this.requestVersion} `)
    yield* this.wfile.write(`${this.headers.get('host')} ${this.clientAddress[0]}`)
  }

  *doPOST(): Coroutine<void> {
    const line = yield* this.rfile.readline()
    const rest = yield* this.rfile.read()
    this.sendResponse(200, 'Fine')
    this.endHeaders()
    yield* this.wfile.write(`${line.toString().trim()}|${rest.toString()}`)
  }

  doDELETE(): void {
    this.sendError(403, 'No <script>', 'Not here')
  }

  doPUT(): void {
    // It forgets to answer.
  }

  doPATCH(): void {
    this.sendResponse(200)
    this.sendHeader('X', 'a\r\nSet-Cookie: b')
  }
}

function* ask(line: string, more = '', body = ''): Coroutine<string> {
  let answer = ''
  const server = new HTTPServer(local, Echo)
  yield* serving(server, function* () {
    answer = yield* exchange(server, `${line}\r\nHost: x\r\n${more}Connection: close\r\n\r\n${body}`)
  })
  return answer
}

greenTest('a method of the class answers the method of the request', function* () {
  const answer = yield* ask('GET /a?b HTTP/1.0')
  assert.match(answer, /^HTTP\/1\.1 200 OK\r\nServer: gvent\r\nContent-Type: text\/plain\r\nX-Two: 1\r\nX-Two: 2\r\n/)
  assert.ok(answer.endsWith('\r\n\r\nGET /a?b HTTP/1.0 x 127.0.0.1'))
  assert.ok(Quiet.messages.includes('"GET /a?b HTTP/1.0" 200 -'))
})

greenTest('rfile reads the body of the request', function* () {
  const answer = yield* ask('POST / HTTP/1.0', 'Content-Length: 8\r\n', 'one\nmore')
  assert.match(answer, /^HTTP\/1\.1 200 Fine\r\n/)
  assert.ok(answer.endsWith('\r\n\r\none|more'))
})

greenTest('a method that the class lacks is answered with 501', function* () {
  assert.match(yield* ask('HEAD / HTTP/1.1'), /^HTTP\/1\.1 501 Not Implemented\r\n/)
  assert.match(yield* ask('OPTIONS / HTTP/1.1'), /Unsupported method \("OPTIONS"\)/)
})

greenTest('sendError answers with a page that says what is wrong', function* () {
  const answer = yield* ask('DELETE / HTTP/1.1')
  assert.match(answer, /^HTTP\/1\.1 403 Forbidden\r\n/)
  assert.match(answer, /<h1>403 No &lt;script&gt;<\/h1>/)
})

greenTest('a method without an answer, and a header that cannot be, are errors and 500', function* () {
  const errors = yield* reported(function* () {
    assert.match(yield* ask('PUT / HTTP/1.1'), /^HTTP\/1\.1 500/)
    assert.match(yield* ask('PATCH / HTTP/1.1'), /^HTTP\/1\.1 500/)
  })
  assert.match(String(errors[0]), /doPUT\(\) ended without an answer/)
  assert.match(String(errors[1]), /Invalid character in header content/)
})

greenTest('upgrade hands the raw socket over', function* () {
  const upgrade = function* (request: IncomingMessage, socket: Socket): Coroutine<void> {
    yield* socket.sendAll(
      `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n${request.url}`,
    )
    for (let chunk = yield* socket.recv(); chunk !== null; chunk = yield* socket.recv()) yield* socket.sendAll(chunk)
  }
  const server = new HTTPServer({ ...local, upgrade }, () => new Response('plain'))
  yield* serving(server, function* () {
    const client = yield* connect({ host: '127.0.0.1', port: portOf(server) })
    yield* client.sendAll('GET /up HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\nearly')
    yield* client.recvUntil('\r\n\r\n')
    assert.equal((yield* client.recvExactly(8)).toString(), '/upearly')
    yield* client.sendAll('late')
    assert.equal((yield* client.recvExactly(4)).toString(), 'late')
    client.close()
  })
})

greenTest('the ws package takes an upgraded connection over', function* () {
  const sockets = new WebSocketServer({ noServer: true })
  sockets.on('connection', (socket) => {
    socket.on('message', (data: Buffer) => {
      socket.send(`echo ${data.toString()}`)
    })
  })
  const server = new HTTPServer(
    {
      ...local,
      *upgrade(request, socket) {
        const node = socket.detach()
        const ended = once(node, 'close')
        sockets.handleUpgrade(request, node, Buffer.alloc(0), (client) => sockets.emit('connection', client, request))
        yield* until(ended)
      },
    },
    () => new Response('plain'),
  )
  yield* serving(server, function* () {
    const client = new WebSocket(`ws://127.0.0.1:${portOf(server)}/`)
    yield* until(once(client, 'open'))
    const answered = once(client, 'message')
    client.send('hello')
    const [data] = (yield* until(answered)) as [Buffer]
    assert.equal(data.toString(), 'echo hello')
    const closed = once(client, 'close')
    client.close()
    yield* until(closed)
  })
})
