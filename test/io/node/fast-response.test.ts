import assert from 'node:assert/strict'
import { createServer, OutgoingMessage, type IncomingMessage, type ServerResponse } from 'node:http'
import { connect, type AddressInfo } from 'node:net'
import { finished } from 'node:stream'
import { AsyncResult, HTTPServer, fetch, until, type Coroutine } from 'gvent'
import { greenTest } from '../green-test.js'
import { serving } from '../http/serving.js'
import { portOf, urlOf } from '../http/raw-client.js'

const local = { host: '127.0.0.1', port: 0 }

type Handler = (request: IncomingMessage, response: ServerResponse) => void

const answers: Record<string, Handler> = {
  'a text': (_request, response) => response.end('Hello'),
  'a text that is not ASCII': (_request, response) => response.end('你好'),
  'a header and a text': (_request, response) => {
    response.setHeader('X-A', ['1', '2'])
    response.end('Hello')
  },
  'a head and a text': (_request, response) => response.writeHead(201, { 'Content-Length': 5 }).end('Hello', 'utf8'),
  'a head without a length and a text': (_request, response) => response.writeHead(200, ['X-A', '1']).end('Hello'),
  'a text in another encoding': (_request, response) => response.end('48656c6c6f', 'hex'),
  bytes: (_request, response) => response.end(Buffer.from('Hello')),
  'a text in parts': (_request, response) => {
    response.write('Hel')
    response.end('lo')
  },
  nothing: (_request, response) => response.end(),
  'an empty text': (_request, response) => response.end(''),
  'no content': (_request, response) => {
    response.statusCode = 204
    response.end()
  },
  'chunks for a text': (_request, response) => {
    response.setHeader('Transfer-Encoding', 'chunked')
    response.end('Hello')
  },
  'the end of the connection': (_request, response) => {
    response.setHeader('Connection', 'close')
    response.end('Hello')
  },
}

const requests = {
  'HTTP/1.1': 'GET / HTTP/1.1\r\nHost: x\r\n\r\n',
  'two at once': 'GET / HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n',
  HEAD: 'HEAD / HTTP/1.1\r\nHost: x\r\n\r\n',
  'HTTP/1.0': 'GET / HTTP/1.0\r\n\r\n',
}

/** All that a server answers, up to its end. */
function ask(port: number, request: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1')
    const chunks: Buffer[] = []
    socket.on('data', (chunk) => chunks.push(chunk))
    socket.on('error', reject)
    socket.on('end', () => {
      resolve(
        Buffer.concat(chunks)
          .toString('latin1')
          .replaceAll(/Date: .*\r\n/g, ''),
      )
    })
    socket.end(request)
  })
}

for (const [name, handler] of Object.entries(answers)) {
  greenTest(`to the byte what node:http sends: ${name}`, function* () {
    const bare = createServer(handler)
    yield* until(new Promise<void>((resolve) => bare.listen(0, '127.0.0.1', resolve)))
    const server = new HTTPServer(local, handler)
    try {
      yield* serving(server, function* () {
        for (const [kind, request] of Object.entries(requests)) {
          const expected = yield* until(ask((bare.address() as AddressInfo).port, request))
          assert.equal(yield* until(ask(portOf(server), request)), expected, kind)
        }
      })
    } finally {
      bare.close()
    }
  })
}

greenTest('a request that was answered has ended and is closed, for those who ask later, too', function* () {
  const seen = new AsyncResult<IncomingMessage>()
  const server = new HTTPServer(local, (request, response) => {
    response.on('finish', () => {
      setImmediate(() => {
        seen.set(request)
      })
    })
    response.end('Hello')
  })
  yield* serving(server, function* (): Coroutine<void> {
    const response = yield* fetch(urlOf(server))
    assert.equal(yield* response.text(), 'Hello')
    const request = yield* seen.get()
    assert.deepEqual([request.destroyed, request.readableEnded, request.closed], [true, true, true])
    yield* until(
      new Promise<void>(
        (resolve) =>
          void finished(request, () => {
            resolve()
          }),
      ),
    )
    request.destroy()
    assert.equal(request.socket.destroyed, false)
  })
})

greenTest('a request on which somebody listens ends as any does', function* () {
  const events: string[] = []
  const closed = new AsyncResult<null>()
  const server = new HTTPServer(local, (request, response) => {
    request.on('end', () => events.push('end'))
    request.on('close', () => {
      events.push('close')
      closed.set(null)
    })
    response.end('Hello')
  })
  yield* serving(server, function* () {
    yield* (yield* fetch(urlOf(server))).text()
    yield* closed.get()
    assert.deepEqual(events, ['end', 'close'])
  })
})

greenTest('an end() that somebody has put in the place of the one of Node is called', function* () {
  // eslint-disable-next-line @typescript-eslint/unbound-method -- it is put back
  const { end } = OutgoingMessage.prototype
  let called = 0
  OutgoingMessage.prototype.end = function (this: OutgoingMessage, ...args: unknown[]) {
    called++
    return (end as (...args: unknown[]) => typeof this).apply(this, args)
  } as typeof end
  try {
    const server = new HTTPServer(local, (_request, response) => response.end('Hello'))
    yield* serving(server, function* () {
      yield* until(ask(portOf(server), requests['HTTP/1.1']))
    })
  } finally {
    OutgoingMessage.prototype.end = end
  }
  assert.equal(called, 1)
})

greenTest('a connection that is used again has no more listeners for each request', function* () {
  const counts: number[] = []
  const server = new HTTPServer(local, (request, response) => {
    counts.push(request.socket.listenerCount('close'))
    response.end('Hello')
  })
  yield* serving(server, function* () {
    for (let count = 0; count < 3; count++) yield* (yield* fetch(urlOf(server))).text()
  })
  assert.equal(new Set(counts).size, 1)
})
