import assert from 'node:assert/strict'
import { request as httpsRequest } from 'node:https'
import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { mkdtempSync, rmSync } from 'node:fs'
import { request as httpRequest } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  connect,
  Event,
  GreenletExit,
  HTTPServer,
  Queue,
  Response as QuickResponse,
  Timeout,
  fetch,
  joinAll,
  sleep,
  spawn,
  until,
  type AccessEntry,
  type Coroutine,
  type Operation,
  type Socket,
} from 'gvent'
import { greenTest } from '../green-test.js'
import { cert, key } from '../tls-fixture.js'
import { reported, serving } from './serving.js'
import { dial, exchange, portOf, readToEnd, urlOf } from './raw-client.js'

const local = { host: '127.0.0.1', port: 0 }

function* assertRaises(wait: () => Operation<unknown>, error: new () => Error): Coroutine<void> {
  try {
    yield* wait()
  } catch (raised) {
    assert.ok(raised instanceof error)
    return
  }
  assert.fail('nothing was raised')
}

greenTest('a handler gets a Request and gives a Response', function* () {
  const server = new HTTPServer(local, function* (request) {
    assert.ok(request instanceof Request)
    yield* sleep(0)
    const { method, url } = request
    const name = yield* request.text()
    return new Response(`${method} ${new URL(url).pathname} ${request.headers.get('x-test')} ${name}`, {
      status: 201,
      headers: { 'X-Answer': '42' },
    })
  })
  yield* serving(server, function* () {
    const response = yield* fetch(urlOf(server, '/a?b=c'), {
      method: 'POST',
      body: 'you',
      headers: { 'X-Test': 'yes' },
    })
    assert.equal(response.status, 201)
    assert.equal(response.headers.get('x-answer'), '42')
    assert.equal(response.headers.get('content-length'), '15')
    assert.equal(yield* response.text(), 'POST /a yes you')
  })
})

greenTest('a plain function and an async function are handlers as well', function* () {
  for (const handler of [() => new Response('same'), async () => new Response('same')]) {
    const server = new HTTPServer(local, handler)
    yield* serving(server, function* () {
      assert.equal(yield* (yield* fetch(urlOf(server))).text(), 'same')
    })
  }
})

greenTest('a handler with two parameters speaks in the terms of Node', function* () {
  const server = new HTTPServer(local, function* (request, response) {
    yield* sleep(0)
    response.setHeader('X-Path', request.url!)
    response.end('node')
  })
  yield* serving(server, function* () {
    const response = yield* fetch(urlOf(server, '/path'))
    assert.equal(response.headers.get('x-path'), '/path')
    assert.equal(yield* response.text(), 'node')
  })
})

greenTest('the option api says in which terms a handler speaks whose parameters do not', function* () {
  const handler = (...args: unknown[]): void => {
    ;(args[1] as { end(text: string): void }).end('told')
  }
  const server = new HTTPServer({ ...local, api: 'node' }, handler)
  yield* serving(server, function* () {
    assert.equal(yield* (yield* fetch(urlOf(server))).text(), 'told')
  })
})

greenTest('a body is read piece by piece, by recv, by a stream, and as bytes, JSON, form and blob', function* () {
  const server = new HTTPServer(local, function* (request) {
    switch (new URL(request.url).pathname) {
      case '/recv': {
        let text = ''
        for (let chunk = yield* request.recv(2); chunk !== null; chunk = yield* request.recv(2))
          text += `[${chunk.toString()}]`
        return new Response(text)
      }
      case '/stream':
        return new Response(request.body)
      case '/bytes':
        return new Response(yield* request.bytes())
      case '/json':
        return Response.json((yield* request.json<{ a: number }>()).a)
      case '/form':
        return new Response((yield* request.formData()).get('a') as string)
      case '/blob':
        return new Response(yield* request.blob())
      default:
        return new Response(yield* request.arrayBuffer())
    }
  })
  yield* serving(server, function* () {
    const post = function* (path: string, body: string, type = 'text/plain'): Coroutine<string> {
      const response = yield* fetch(urlOf(server, path), { method: 'POST', body, headers: { 'content-type': type } })
      return yield* response.text()
    }
    assert.equal(yield* post('/recv', 'abcde'), '[ab][cd][e]')
    assert.equal(yield* post('/stream', 'abcde'), 'abcde')
    assert.equal(yield* post('/bytes', 'abcde'), 'abcde')
    assert.equal(yield* post('/json', '{"a":1}'), '1')
    assert.equal(yield* post('/form', 'a=b%20c', 'application/x-www-form-urlencoded'), 'b c')
    assert.equal(yield* post('/blob', 'abcde'), 'abcde')
    assert.equal(yield* post('/buffer', 'abcde'), 'abcde')
  })
})

greenTest('a response whose body is a stream waits for its client', function* () {
  let made = 0
  const size = 65536
  const total = 400
  const server = new HTTPServer(local, function* () {
    const body = new ReadableStream({
      pull(controller) {
        if (made === total) controller.close()
        else {
          made++
          controller.enqueue(new Uint8Array(size))
        }
      },
    })
    return new Response(body)
  })
  yield* serving(server, function* () {
    const socket = yield* dial(server)
    yield* socket.sendAll('GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
    yield* socket.recvUntil('\r\n\r\n')
    let before = -1
    while (made !== before) {
      before = made
      yield* sleep(20)
    }
    assert.ok(made < total, `the handler ran ahead of a client that does not read: ${made} of ${total} pieces`)
    const rest = yield* readToEnd(socket)
    assert.equal(made, total)
    assert.ok(rest.length > size * total)
    socket.close()
  })
})

greenTest('a request body that nobody reads stops its client', function* () {
  const release = new Event()
  const server = new HTTPServer(local, function* (request) {
    yield* release.wait()
    return new Response(String((yield* request.bytes()).length))
  })
  yield* serving(server, function* () {
    const socket = yield* dial(server)
    const size = 64 * 1024 * 1024
    yield* socket.sendAll(`POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: ${size}\r\n\r\n`)
    yield* assertRaises(() => socket.sendAll(Buffer.alloc(size), { timeout: 200 }), Timeout)
    release.set()
    socket.close()
  })
})

greenTest('a client that leaves kills its handler, whose cleanup runs', function* () {
  const events = new Queue<string>()
  const server = new HTTPServer(local, function* (request) {
    try {
      yield* events.put('started')
      yield* sleep(Infinity)
    } catch (error) {
      assert.ok(error instanceof GreenletExit)
      throw error
    } finally {
      yield* sleep(1)
      yield* events.put(`cleaned ${request.signal.aborted}`)
    }
    return new Response()
  })
  yield* serving(server, function* () {
    const socket = yield* dial(server)
    yield* socket.sendAll('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
    assert.equal(yield* events.get(), 'started')
    socket.close()
    assert.match(yield* events.get(), /^cleaned/)
    assert.equal(server.stats().disconnected, 1)
    assert.equal(server.stats().failed, 0)
  })
})

greenTest('a stream whose client leaves is cancelled', function* () {
  const cancelled = new Event()
  const server = new HTTPServer(local, function* () {
    return new Response(
      new ReadableStream({
        pull(controller) {
          controller.enqueue(new Uint8Array(1000))
        },
        cancel() {
          cancelled.set()
        },
      }),
    )
  })
  yield* serving(server, function* () {
    const socket = yield* dial(server)
    yield* socket.sendAll('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
    yield* socket.recv()
    socket.close()
    yield* cancelled.wait()
  })
})

greenTest('a handler that fails is reported, and answered with 500 once', function* () {
  const failure = new Error('broken')
  const server = new HTTPServer(local, function* () {
    yield* sleep(0)
    throw failure
  })
  yield* serving(server, function* () {
    const errors = yield* reported(function* () {
      const text = yield* exchange(server, 'GET / HTTP/1.1\r\nHost: x\r\n\r\n')
      assert.match(text, /^HTTP\/1\.1 500 Internal Server Error\r\n/)
      assert.match(text, /\r\nConnection: close\r\n/)
      assert.ok(text.endsWith('\r\n\r\nInternal Server Error\n'))
      assert.equal(text.split('HTTP/1.1').length, 2)
    })
    assert.deepEqual(errors, [failure])
    assert.equal(server.stats().failed, 1)
  })
})

greenTest('a handler that fails when its response has begun breaks the connection off', function* () {
  const server = new HTTPServer(local, function* (_request, response) {
    response.writeHead(200, { 'Content-Length': 100 })
    response.write('begin')
    yield* sleep(0)
    throw new Error('broken')
  })
  yield* serving(server, function* () {
    const errors = yield* reported(function* () {
      const text = yield* exchange(server, 'GET / HTTP/1.1\r\nHost: x\r\n\r\n')
      assert.ok(text.endsWith('\r\n\r\nbegin'))
    })
    assert.equal(errors.length, 1)
  })
})

for (const [name, Made] of [
  ["the platform's Response", Response],
  ["gvent's Response", QuickResponse],
] as const) {
  greenTest(`${name} with a length that its body has not is an error, and answered with 500`, function* () {
    const bodies: [body: string | null, length: string][] = [
      ['abc', '5'],
      ['abc', '2'],
      [null, '1'],
    ]
    for (const [body, length] of bodies) {
      const server = new HTTPServer(local, () => new Made(body, { headers: { 'content-length': length } }))
      yield* serving(server, function* () {
        const errors = yield* reported(function* () {
          const answer = yield* exchange(server, 'GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
          assert.match(answer, /^HTTP\/1\.1 500 /)
        })
        assert.match(String(errors), new RegExp(`Content-Length of a response is ${length}`))
        const head = yield* exchange(server, 'HEAD / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
        assert.match(head, new RegExp(`^HTTP/1\\.1 200 [^]*content-length: ${length}\r\n`))
      })
    }
  })

  greenTest(`a header of ${name} is sent as Latin-1, whatever the body is`, function* () {
    const server = new HTTPServer(local, () => new Made('\u20ac', { headers: { 'x-latin': '\xe9' } }))
    yield* serving(server, function* () {
      const answer = yield* exchange(server, 'GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
      assert.match(answer, /\r\nx-latin: \xe9\r\n[^]*\r\n\r\n\xe2\x82\xac$/)
    })
  })
}

greenTest('what is no Response is an error that says what to write', function* () {
  const server = new HTTPServer(local, () => 'text')
  yield* serving(server, function* () {
    const errors = yield* reported(function* () {
      assert.match(yield* exchange(server, 'GET / HTTP/1.1\r\nHost: x\r\n\r\n'), /^HTTP\/1\.1 500/)
    })
    assert.match(String(errors[0]), /has to return a Response, got "text"; write new Response\("text"\)/)
  })
})

greenTest('HEAD, 204 and 304 have no body', function* () {
  const server = new HTTPServer(local, function* (request) {
    const { pathname } = new URL(request.url)
    if (pathname === '/empty') return new Response(null, { status: Number(request.headers.get('x-status')) })
    if (pathname === '/stream') return new Response(new Blob(['0123456789']).stream())
    return new Response('0123456789')
  })
  yield* serving(server, function* () {
    const ask = (first: string, more = ''): Coroutine<string> =>
      exchange(server, `${first} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${more}\r\n`)
    const head = yield* ask('HEAD /')
    assert.match(head, /\r\ncontent-length: 10\r\n/i)
    assert.ok(head.endsWith('\r\n\r\n'))
    assert.ok((yield* ask('HEAD /stream')).endsWith('\r\n\r\n'))
    for (const status of [204, 304]) {
      const empty = yield* ask('GET /empty', `X-Status: ${status}\r\n`)
      assert.match(empty, new RegExp(`^HTTP/1.1 ${status}`))
      assert.ok(empty.endsWith('\r\n\r\n'))
      assert.doesNotMatch(empty, /content-length|transfer-encoding/i)
    }
  })
})

greenTest('a body in the terms of Node is left out where none may be', function* () {
  const server = new HTTPServer(local, (request, response) => {
    response.statusCode = Number(request.url!.slice(1))
    response.write('some ')
    response.end('body')
  })
  yield* serving(server, function* () {
    for (const line of ['HEAD /200', 'GET /204', 'GET /304']) {
      const answer = yield* exchange(server, `${line} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`)
      assert.match(answer, new RegExp(`^HTTP/1\\.1 ${line.slice(-3)} [^]*\r\n\r\n$`))
    }
  })
})

greenTest('requests that are sent without waiting are answered in order', function* () {
  const server = new HTTPServer(local, function* (request) {
    const number = Number(new URL(request.url).pathname.slice(1))
    yield* sleep((100 - number) / 5)
    return new Response(`<${number}>`)
  })
  yield* serving(server, function* () {
    let requests = ''
    for (let number = 0; number < 100; number++) {
      requests += `GET /${number} HTTP/1.1\r\nHost: x\r\n${number === 99 ? 'Connection: close\r\n' : ''}\r\n`
    }
    const text = yield* exchange(server, requests)
    assert.deepEqual(
      [...text.matchAll(/<(\d+)>/g)].map((match) => Number(match[1])),
      Array.from({ length: 100 }, (_, number) => number),
    )
  })
})

greenTest('100 Continue is sent when the body is read for the first time', function* () {
  const read = new Event()
  const server = new HTTPServer(local, function* (request) {
    yield* read.wait()
    return new Response(yield* request.text())
  })
  yield* serving(server, function* () {
    const socket = yield* dial(server)
    yield* socket.sendAll('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n')
    yield* sleep(5)
    read.set()
    assert.equal((yield* socket.recvUntil('\r\n\r\n')).toString(), 'HTTP/1.1 100 Continue\r\n\r\n')
    yield* socket.sendAll('ok')
    const head = (yield* socket.recvUntil('\r\n\r\n')).toString()
    assert.match(head, /^HTTP\/1\.1 200/)
    assert.match(head, /Connection: keep-alive/)
    assert.equal((yield* socket.recvExactly(2)).toString(), 'ok')
    socket.close()
  })
})

greenTest('a body that was announced and never asked for ends the connection', function* () {
  const server = new HTTPServer(local, () => new Response('no need'))
  yield* serving(server, function* () {
    const text = yield* exchange(
      server,
      'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n',
    )
    assert.match(text, /^HTTP\/1\.1 200 OK\r\n/)
    assert.match(text, /Connection: close/)
    assert.doesNotMatch(text, /100 Continue/)
  })
})

greenTest('too many headers, too large ones and too large bodies are refused without a handler', function* () {
  let handled = 0
  const server = new HTTPServer({ ...local, maxHeadersCount: 3, maxHeaderSize: 1000, maxBodySize: 10 }, function* (
    request,
  ) {
    handled++
    return new Response(yield* request.text())
  })
  yield* serving(server, function* () {
    const get = (more: string): Coroutine<string> => exchange(server, `GET / HTTP/1.1\r\nHost: x\r\n${more}\r\n`)
    assert.match(yield* get('A: 1\r\nB: 2\r\nC: 3\r\n'), /^HTTP\/1\.1 431/)
    assert.match(yield* get(`A: ${'a'.repeat(1000)}\r\n`), /^HTTP\/1\.1 431/)
    assert.match(yield* get('Content-Length: 11\r\n'), /^HTTP\/1\.1 413/)
    assert.equal(handled, 0)
    const chunked =
      'POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n6\r\nabcdef\r\n6\r\nabcdef\r\n0\r\n\r\n'
    assert.match(yield* exchange(server, chunked), /^HTTP\/1\.1 413/)
  })
})

greenTest('a client that is slow with its headers, its body or its next request is let go', function* () {
  const server = new HTTPServer({ ...local, headersTimeout: 50, requestTimeout: 100, keepAliveTimeout: 50 }, function* (
    request,
  ) {
    return new Response(yield* request.text())
  })
  yield* serving(server, function* () {
    assert.match(yield* exchange(server, 'GET / HTTP/1.1\r\nHost:'), /^HTTP\/1\.1 408/)
    assert.match(
      yield* exchange(server, 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nab'),
      /^HTTP\/1\.1 408/,
    )
    assert.match(yield* exchange(server, 'GET / HTTP/1.1\r\nHost: x\r\n\r\n'), /^HTTP\/1\.1 200/)
  })
})

greenTest('a client that does not take its response is cut off', function* () {
  const ended = new Event()
  const server = new HTTPServer({ ...local, sendTimeout: 50 }, function* () {
    try {
      yield* sleep(200)
      return new Response(
        new ReadableStream({
          pull(controller) {
            controller.enqueue(new Uint8Array(1_000_000))
          },
          cancel() {
            ended.set()
          },
        }),
      )
    } finally {
      yield* sleep(0)
    }
  })
  yield* serving(server, function* () {
    const socket = yield* dial(server)
    yield* socket.sendAll('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
    yield* ended.wait()
    socket.close()
  })
})

greenTest('a handler that takes too long is answered with 503', function* () {
  const server = new HTTPServer({ ...local, handlerTimeout: 20 }, function* () {
    yield* sleep(Infinity)
    return new Response()
  })
  yield* serving(server, function* () {
    const errors = yield* reported(function* () {
      assert.match(yield* exchange(server, 'GET / HTTP/1.1\r\nHost: x\r\n\r\n'), /^HTTP\/1\.1 503/)
    })
    assert.match(String(errors[0]), /Timeout/)
  })
})

greenTest('a pool limits how many handlers run at a time', function* () {
  let running = 0
  let most = 0
  const server = new HTTPServer({ ...local, spawn: 2 }, function* () {
    most = Math.max(most, ++running)
    yield* sleep(5)
    running--
    return new Response('x')
  })
  yield* serving(server, function* () {
    const one = 'GET / HTTP/1.1\r\nHost: x\r\n\r\n'
    const text = yield* exchange(server, one.repeat(9) + one.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n'))
    assert.equal(text.split('HTTP/1.1 200').length - 1, 10)
    assert.equal(most, 2)
  })
})

greenTest('stop lets requests finish, closes idle connections at once, and leaves nothing', function* () {
  const started = new Event()
  const release = new Event()
  const server = new HTTPServer(local, function* (request) {
    if (new URL(request.url).pathname === '/slow') {
      started.set()
      yield* release.wait()
    }
    return new Response('done')
  })
  yield* server.start()
  const idle = yield* dial(server)
  yield* idle.sendAll('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
  yield* idle.recvUntil('done')
  const busy = yield* dial(server)
  yield* busy.sendAll('GET /slow HTTP/1.1\r\nHost: x\r\n\r\n')
  yield* started.wait()
  const stopping = server.stop({ timeout: 10_000 }).then(() => 'stopped')
  assert.equal(yield* idle.recv(), null)
  release.set()
  const text = yield* readToEnd(busy)
  assert.match(text, /\r\nConnection: close\r\n/)
  assert.match(text, /done$/)
  assert.equal(yield stopping, 'stopped')
  idle.close()
  busy.close()
})

greenTest('stop waits for no connection that never asked, and answers a request that is on its way', function* () {
  for (const options of [local, { ...local, tls: { key, cert } }]) {
    const server = new HTTPServer(options, () => new Response('done'))
    yield* server.start()
    const dialled: Socket[] = []
    for (let count = 0; count < 3; count++) {
      const socket = yield* connect({
        host: '127.0.0.1',
        port: portOf(server),
        tls: 'tls' in options && { ca: cert, servername: 'localhost' },
      })
      dialled.push(socket)
    }
    const [silent, asking, slow] = dialled as [Socket, Socket, Socket]
    const stopping = server.stop({ timeout: 3_600_000 }).then(() => 'stopped')
    yield* asking.sendAll('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
    yield* slow.sendAll('GET / HTTP/1.1\r\n')
    assert.equal(yield* silent.recv(), null)
    yield* slow.sendAll('Host: x\r\n\r\n')
    for (const socket of [asking, slow]) assert.match(yield* readToEnd(socket), /^HTTP\/1\.1 200 OK\r\n[^]*done$/)
    assert.equal(yield stopping, 'stopped')
    for (const socket of dialled) socket.close()
  }
})

greenTest('stop kills what does not finish in time, and closes connections that never asked', function* () {
  let cleaned = false
  const started = new Event()
  const server = new HTTPServer(local, function* () {
    try {
      started.set()
      yield* sleep(Infinity)
      return new Response()
    } finally {
      cleaned = true
    }
  })
  yield* server.start()
  const silent = yield* dial(server)
  const busy = yield* dial(server)
  yield* busy.sendAll('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
  yield* started.wait()
  yield* server.stop({ timeout: 10 })
  assert.ok(cleaned)
  assert.match(yield* readToEnd(busy), /^HTTP\/1\.1 503/)
  assert.equal(yield* silent.recv(), null)
  silent.close()
  busy.close()
})

greenTest('it speaks TLS and listens on Unix sockets', function* () {
  const folder = mkdtempSync(join(tmpdir(), 'gvent-'))
  const path = join(folder, 'socket')
  const handler = function* (request: { url: string }): Coroutine<Response> {
    yield* sleep(0)
    return new Response(request.url)
  }
  const ask = async (request: ReturnType<typeof httpRequest>): Promise<string> => {
    const [response] = (await once(request.end(), 'response')) as [IncomingMessage]
    return (await response.setEncoding('utf8').toArray()).join('')
  }
  try {
    const secure = new HTTPServer({ ...local, tls: { key, cert } }, handler)
    yield* serving(secure, function* () {
      const options = {
        host: '127.0.0.1',
        port: portOf(secure),
        ca: cert,
        headers: { host: 'localhost' },
        agent: false as const,
      }
      assert.equal(yield* until(ask(httpsRequest(options))), 'https://localhost/')
    })
    const unix = new HTTPServer({ path }, handler)
    yield* serving(unix, function* () {
      assert.equal(yield* until(ask(httpRequest({ socketPath: path, path: '/x', agent: false }))), 'http://localhost/x')
    })
  } finally {
    rmSync(folder, { recursive: true })
  }
})

greenTest('a log hears of each request when it is over', function* () {
  const entries: AccessEntry[] = []
  const server = new HTTPServer({ ...local, log: (entry) => entries.push(entry) }, () => new Response('hello'))
  yield* serving(server, function* () {
    const text = yield* exchange(server, 'GET /x HTTP/1.1\r\nHost: x\r\nUser-Agent: me\r\nConnection: close\r\n\r\n')
    assert.equal(entries.length, 1)
    const { method, url, status, bytesSent, remoteAddress, userAgent } = entries[0]!
    assert.deepEqual(
      { method, url, status, bytesSent, remoteAddress, userAgent },
      { method: 'GET', url: '/x', status: 200, bytesSent: text.length, remoteAddress: '127.0.0.1', userAgent: 'me' },
    )
  })
})

greenTest('stop under load loses no request', function* () {
  const server = new HTTPServer(local, function* () {
    yield* sleep(1)
    return new Response('x')
  })
  yield* server.start()
  const served = new Event()
  let answered = 0
  const client = function* (): Coroutine<void> {
    const socket = yield* dial(server)
    try {
      for (let last = false; !last;) {
        yield* socket.sendAll('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
        const head = (yield* socket.recvUntil('\r\n\r\n')).toString()
        assert.equal((yield* socket.recvExactly(1)).toString(), 'x')
        if (++answered === 200) served.set()
        last = head.includes('Connection: close')
      }
    } finally {
      socket.close()
    }
  }
  const clients = Array.from({ length: 20 }, () => spawn(client))
  yield* served.wait()
  yield* server.stop({ timeout: 10_000 })
  yield* joinAll(clients, { raiseError: true })
  assert.equal(server.stats().handled, answered)
})
