/** Plain requests, which go to undici's dispatcher directly, beside those that need the platform's `fetch`. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { createServer as createTLSServer } from 'node:https'
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { test, type TestContext } from 'node:test'
import { promisify } from 'node:util'
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib'
import { Connections, fetch, run, sleep, spawn, type Coroutine, type FetchOptions, type GreenResponse } from 'gvent'
import { root } from '../../package/consumer.js'
import { startPeer } from '../http-peer.js'
import { cert, key } from '../tls-fixture.js'
import { moduleArguments } from '../program.js'

/** Has a server listen that ends with the test, with its connections. @returns the port. */
async function listen(context: TestContext, server: Server): Promise<number> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => sockets.add(socket))
  await once(server.listen(0, '127.0.0.1'), 'listening')
  context.after(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  return (server.address() as AddressInfo).port
}

/** A server that sends the same bytes for each request, and notes the requests. */
async function serve(
  context: TestContext,
  bytes: () => Buffer | string,
  then: 'close' | 'keep open' = 'keep open',
): Promise<{ url: string; sockets: Socket[]; requests: string[] }> {
  const sockets: Socket[] = []
  const requests: string[] = []
  const server = createServer((socket) => {
    sockets.push(socket)
    socket.on('error', () => undefined)
    socket.on('data', (data) => {
      requests.push(data.toString('latin1'))
      socket.write(bytes())
      if (then === 'close') socket.end()
    })
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  context.after(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, sockets, requests }
}

function outcomeOf(call: () => unknown): unknown {
  try {
    return call()
  } catch (error) {
    return (error as Error).name
  }
}

/** All that a response says of itself, or why there is none. */
function* factsOf(url: string, options: FetchOptions): Coroutine<unknown> {
  try {
    const response: GreenResponse = yield* fetch(url, options)
    const { status, statusText, ok, type, redirected, headers } = response
    const hasBody = response.body !== null
    const facts = {
      url: response.url,
      status,
      statusText,
      ok,
      type,
      redirected,
      hasBody,
      headers: [...headers],
      cookies: headers.getSetCookie(),
      change: outcomeOf(() => headers.set('x-a', '1')),
      isHeaders: headers instanceof Headers && headers === response.headers,
      cloned: outcomeOf(() => {
        const clone = response.clone()
        return [clone.url, clone.status, clone.type, [...clone.headers]]
      }),
      names: Object.keys(response),
    }
    try {
      return { ...facts, text: yield* response.text() }
    } catch (error) {
      return { ...facts, error: (error as Error).message }
    }
  } catch (error) {
    return { error: (error as Error).message }
  }
}

/** An option that means nothing here, and that only the platform's `fetch` understands. */
const byPlatform: FetchOptions = { mode: 'cors' }

/** The facts by the platform's way, by the short one, and by the short one over connections of one's own. */
function* byAllWays(url: string, options: FetchOptions = {}): Coroutine<[unknown, unknown, unknown]> {
  using connections = new Connections()
  return [
    yield* factsOf(url, { ...options, ...byPlatform }),
    yield* factsOf(url, options),
    yield* factsOf(url, { ...options, connections }),
  ]
}

const encoded = (coding: string, body: Buffer): Buffer =>
  Buffer.concat([
    Buffer.from(`HTTP/1.1 200 OK\r\nContent-Encoding: ${coding}\r\nContent-Length: ${body.length}\r\n\r\n`),
    body,
  ])

const text = 'the page '.repeat(20_000)

const answers: Readonly<Record<string, Buffer | string>> = {
  'a page': 'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nX-A: 1\r\nX-A: 2\r\nContent-Length: 4\r\n\r\npage',
  'a page in chunks': 'HTTP/1.1 200 Fine\r\nTransfer-Encoding: chunked\r\n\r\n2\r\npa\r\n2\r\nge\r\n0\r\n\r\n',
  'a page that ends with its connection': 'HTTP/1.1 200 OK\r\n\r\npage',
  'an empty page': 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n',
  'a redirect that leads nowhere': 'HTTP/1.1 302 Found\r\nLocation: http://[\r\nContent-Length: 2\r\n\r\ngo',
  'a redirect without an address': 'HTTP/1.1 302 Found\r\nContent-Length: 2\r\n\r\ngo',
  'a redirect that goes on':
    'HTTP/1.1 307 Found\r\nLocation: ftp://127.0.0.1/\r\nTransfer-Encoding: chunked\r\n\r\n2\r\ngo\r\n',
  'a strange status': 'HTTP/1.1 799 Strange\r\nContent-Length: 4\r\n\r\npage',
  'a redirect': 'HTTP/1.1 302 Found\r\nLocation: /there\r\nContent-Length: 2\r\n\r\ngo',
  'no content': 'HTTP/1.1 204 No Content\r\n\r\n',
  'not modified': 'HTTP/1.1 304 Not Modified\r\nETag: "1"\r\n\r\n',
  'a failure': 'HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nContent-Length: 4\r\n\r\nbusy',
  'hints before': 'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\npage',
  cookies: 'HTTP/1.1 200 OK\r\nSet-Cookie: a=1; Path=/\r\nSet-Cookie: b=2\r\nContent-Length: 0\r\n\r\n',
  'letters of Latin': Buffer.from('HTTP/1.1 200 gr\xfcn\r\nX-A: gr\xfcn\r\nContent-Length: 0\r\n\r\n', 'latin1'),
  'half a page': 'HTTP/1.1 200 OK\r\n\r\n',
  gzip: encoded('gzip', gzipSync(text)),
  'gzip by its other name': encoded('X-GZip', gzipSync(text)),
  deflate: encoded('deflate', deflateSync(text)),
  'deflate without a head': encoded('deflate', deflateRawSync(text)),
  brotli: encoded('br', brotliCompressSync(text)),
  'two codings': encoded('deflate, gzip', gzipSync(deflateSync(text))),
  'an unknown coding': encoded('rot13', Buffer.from('cntr')),
  'what is not compressed': encoded('gzip', Buffer.from('page')),
  'half of what was compressed': encoded('gzip', gzipSync(text).subarray(0, 100)),
  'a body of nothing, compressed': encoded('gzip', Buffer.alloc(0)),
  'no HTTP': 'hello\r\n\r\n',
  'a head that is cut off': 'HTTP/1.1 200 OK\r\nContent-Le',
}

/** Those that end with their connection. */
const ending = [
  'a redirect that goes on',
  'a page that ends with its connection',
  'half a page',
  'no HTTP',
  'a head that is cut off',
]

for (const [name, answer] of Object.entries(answers)) {
  test(`the response is the same by all ways: ${name}`, async (context) => {
    const { url } = await serve(context, () => answer, ending.includes(name) ? 'close' : 'keep open')
    for (const redirect of ['manual', 'follow', 'error'] as const) {
      // It leads to itself: more often than once is enough.
      if (name === 'a redirect' && redirect === 'follow') continue
      for (const method of ['GET', 'POST']) {
        const [long, ...short] = await run(() => byAllWays(`${url}a?b#c`, { method, redirect }))
        for (const each of short) assert.deepEqual(each, long, `${method} ${redirect}`)
      }
    }
  })
}

test('a body that is cut off is the same error by all ways', async (context) => {
  const server = createServer((socket) => {
    socket.on('error', () => undefined)
    socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\npage'))
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  context.after(() => server.close())
  const [long, ...short] = await run(() => byAllWays(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`))
  for (const each of short) assert.deepEqual(each, long)
  assert.match((long as { error: string }).error, /^terminated: GET http/)
})

test('HEAD has no body', async (context) => {
  const { url } = await serve(context, () => 'HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 9\r\n\r\n')
  const [long, ...short] = await run(() => byAllWays(url, { method: 'HEAD' }))
  for (const each of short) assert.deepEqual(each, long)
})

test('the request is the same by all ways', async (context) => {
  const { url, requests } = await serve(context, () => 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n')
  const requestsOf: Readonly<Record<string, FetchOptions>> = {
    plain: {},
    headers: { headers: { 'X-A': '1', Accept: 'text/html', 'user-agent': 'robot', 'ACCEPT-encoding': 'identity' } },
    text: { method: 'POST', body: 'grün' },
    bytes: { method: 'PUT', body: Buffer.from('page'), headers: { 'Content-Type': 'image/png' } },
    'no body': { method: 'POST' },
    'no text': { method: 'POST', body: '' },
    other: { method: 'DELETE' },
    'headers that are there twice': { headers: { 'X-A': '1', 'x-a': '2', Cookie: 'a=1', cookie: 'b=2' } },
    'headers with spaces': { headers: { 'X-A': ' 1\t', 'X-B': '' } },
    'a list of headers': { headers: [['X-A', '1']] },
  }
  const toPlatform: Readonly<Record<string, FetchOptions>> = {
    'a part': { headers: { Range: 'bytes=1-2' } },
    'what has changed': { headers: { 'If-None-Match': '"1"' } },
    host: { headers: { Host: 'example.com' } },
  }
  for (const [name, options] of Object.entries({ ...requestsOf, ...toPlatform })) {
    for (const path of ['', 'a%20b?c=d', 'a#b', '?', '?#', 'ä']) {
      requests.length = 0
      await run(() => byAllWays(url + path, options))
      const [long, short, own] = requests.map((request) => {
        const [head = '', body] = request.split('\r\n\r\n')
        const [line, ...headers] = head.split('\r\n').map((each) => each.replace(/^[^:]*:/, (all) => all.toLowerCase()))
        return { line, headers: headers.sort(), body }
      })
      assert.deepEqual(short, long, name)
      if (!(name in toPlatform)) assert.deepEqual(own, long, name)
    }
  }
})

test('what only the platform understands takes its way', async (context) => {
  const { url } = await serve(context, () => 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\npage')
  await run(function* () {
    using connections = new Connections()
    const form = yield* fetch(url, {
      connections,
      redirect: 'manual',
      method: 'POST',
      body: new URLSearchParams({ a: 'b' }),
    })
    assert.equal(yield* form.text(), 'page')
    for (const input of ['data:,page', new Request(url)]) {
      assert.equal(yield* (yield* fetch(input, { connections, redirect: 'manual' })).text(), 'page')
    }
    for (const wrong of ['http://a:b@127.0.0.1/', 'http://127.0.0.1:6000/', 'nonsense', 'ftp://127.0.0.1/']) {
      yield* rejects(() => fetch(wrong, { connections, redirect: 'manual' }), wrong)
    }
    yield* rejects(() => fetch(url, { connections, redirect: 'manual', headers: { 'X-A': 'a\nb' } }), 'a header')
    yield* rejects(() => fetch(url, { connections, redirect: 'manual', method: 'TRACE' }), 'TRACE')
    yield* rejects(() => fetch(url, { connections, redirect: 'manual', body: 'a' }), 'GET with a body')
  })
})

function* rejects(make: () => ReturnType<typeof fetch>, what: string): Coroutine<void> {
  try {
    yield* make()
  } catch (error) {
    assert.ok(error instanceof TypeError, what)
    return
  }
  assert.fail(`${what} was fetched`)
}

test('a connection whose response was given up after any byte is not used again', async (context) => {
  const whole = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nwhole'
  let answer = whole
  const { url, sockets, requests } = await serve(context, () => answer)
  await run(function* () {
    using connections = new Connections()
    for (let size = 0; size < whole.length; size++) {
      answer = whole.slice(0, size)
      requests.length = 0
      const victim = spawn(function* () {
        yield* (yield* fetch(url, { connections, redirect: 'manual' })).text()
      })
      while (requests.length === 0) yield* sleep(1)
      const used = sockets.at(-1)!
      yield* victim.kill()
      while (!used.destroyed) yield* sleep(1)
      answer = whole
      const next = yield* fetch(url, { connections, redirect: 'manual' })
      assert.equal(yield* next.text(), 'whole', `after ${size} bytes`)
    }
  })
})

test('a request that is killed before it has a connection is never sent', async () => {
  const peer = await startPeer()
  await run(function* () {
    using connections = new Connections()
    const victim = spawn(function* () {
      yield* fetch(`${peer.url}half`, { connections, redirect: 'manual' })
    })
    yield* sleep(0)
    yield* victim.kill()
    const response = yield* fetch(peer.url, { connections, redirect: 'manual' })
    yield* response.text()
  })
})

test('a signal stops a response, with its reason', async () => {
  const peer = await startPeer()
  await run(function* () {
    using connections = new Connections()
    const control = new AbortController()
    const response = yield* fetch(`${peer.url}half`, { connections, redirect: 'manual', signal: control.signal })
    const reading = spawn(() => response.text())
    yield* sleep(0)
    control.abort(new RangeError('enough'))
    try {
      yield* reading.get()
      assert.fail('it was read')
    } catch (error) {
      assert.ok(error instanceof RangeError)
    }
  })
  await peer.gone('/half')
})

test('a large body comes no faster than it is read', async (context) => {
  const size = 64 * 1024 * 1024
  let sent = 0
  const server = createServer((socket) => {
    socket.on('error', () => undefined)
    socket.once('data', () => {
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${size}\r\n\r\n`)
      const part = Buffer.alloc(65_536)
      const more = (): void => {
        while (sent < size) {
          sent += part.length
          if (!socket.write(part)) return void socket.once('drain', more)
        }
      }
      more()
    })
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  context.after(() => server.close())
  await run(function* () {
    using connections = new Connections()
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
    const response = yield* fetch(url, { connections, redirect: 'manual' })
    // The buffers of the system take some; when they are full nothing more is sent.
    let before = -1
    while (sent !== before) {
      before = sent
      yield* sleep(50)
    }
    assert.ok(sent < size)
    let got = 0
    for (const next of response.chunks()) {
      const part = yield* next
      if (part.done === true) break
      got += part.value.length
    }
    assert.equal(got, size)
  })
})

test('of a bomb no more is decompressed than is read', async (context) => {
  const bomb = encoded('gzip', gzipSync(Buffer.alloc(200 * 1024 * 1024)))
  const { url } = await serve(context, () => bomb)
  await run(function* () {
    using connections = new Connections()
    const before = process.memoryUsage().arrayBuffers
    using response = yield* fetch(url, { connections, redirect: 'manual' })
    for (const next of response.chunks()) {
      const part = yield* next
      assert.ok((part.value as Uint8Array).length <= 1024 * 1024)
      break
    }
    assert.ok(process.memoryUsage().arrayBuffers - before < 50 * 1024 * 1024)
  })
})

test('a body can be read bytes by bytes, and twice by a clone', async (context) => {
  const { url } = await serve(context, () => 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\npage')
  await run(function* () {
    using connections = new Connections()
    const response = yield* fetch(url, { connections, redirect: 'manual' })
    const clone = response.clone()
    assert.deepEqual([clone.url, clone.type, clone.status], [response.url, response.type, 200])
    assert.deepEqual([yield* response.text(), yield* clone.text()], ['page', 'page'])
    assert.ok(response instanceof Response)
  })
  using connections = new Connections()
  const { body } = await fetch(url, { connections, redirect: 'manual' })
  const reader = (body as ReadableStream<Uint8Array>).getReader({ mode: 'byob' })
  let read = ''
  for (let done = false; !done;) {
    const result = await reader.read(new Uint8Array(3))
    done = result.done
    read += Buffer.from(result.value ?? []).toString()
  }
  assert.equal(read, 'page')
})

test('over TLS the request is the same by all ways', async (context) => {
  const requests: unknown[] = []
  const server = createTLSServer({ key, cert }, (request, response) => {
    requests.push([request.url, Object.entries(request.headers).sort()])
    response.end('page')
  })
  const port = await listen(context, server)
  const url = `https://localhost:${port}/a?b`
  await run(function* () {
    using connections = new Connections({ tls: { ca: cert }, resolve: () => '127.0.0.1' })
    for (const options of [byPlatform, {}]) {
      assert.equal(yield* (yield* fetch(url, { ...options, connections })).text(), 'page')
    }
  })
  assert.equal(requests.length, 2)
  assert.deepEqual(requests[1], requests[0])
})

test('a redirect is followed also where it comes bit by bit, and goes on after its head', async (context) => {
  const target = await startPeer()
  const head = `HTTP/1.1 302 Found\r\nLocation: ${target.url}end\r\nTransfer-Encoding: chunked\r\n\r\n2\r\ngo\r\n`
  for (const split of [10, head.length - 7, head.length]) {
    const server = createServer((socket) => {
      socket.on('error', () => undefined)
      socket.once('data', () => {
        socket.write(head.slice(0, split), () => socket.write(head.slice(split)))
      })
    })
    const port = await listen(context, server)
    const response = await fetch(`http://127.0.0.1:${port}/`)
    assert.deepEqual([response.url, response.redirected, response.status], [`${target.url}end`, true, 200])
    await response.text()
  }
})

test('a request that is given up while a redirect is followed reaches no other server, or is broken off there', async (context) => {
  const target = await startPeer()
  let redirected = 0
  const server = createServer((socket) => {
    socket.on('error', () => undefined)
    socket.on('data', () => {
      redirected++
      socket.write(`HTTP/1.1 302 Found\r\nLocation: ${target.url}silent\r\nContent-Length: 0\r\n\r\n`)
    })
  })
  const port = await listen(context, server)
  const url = `http://127.0.0.1:${port}/`
  await run(function* () {
    const victim = spawn(function* () {
      yield* fetch(url)
    })
    while (!target.paths.includes('/silent')) yield* sleep(1)
    yield* victim.kill()
  })
  await target.gone('/silent')
  assert.equal(redirected, 1)
  const control = new AbortController()
  const reason = new RangeError('enough')
  const refused = assert.rejects(async () => await fetch(url, { signal: control.signal }), reason)
  while (target.paths.filter((path) => path === '/silent').length < 2) await sleep(1)
  control.abort(reason)
  await refused
})

test('a fetch that stands in for the platform from before the library was loaded is the one that is called', async () => {
  const peer = await startPeer()
  const program = `
    let calls = 0
    const platformFetch = globalThis.fetch
    globalThis.fetch = (...args) => (calls++, platformFetch(...args))
    const { fetch, run, spawn, sleep } = await import('gvent')
    for (let count = 0; count < 3; count++) await (await fetch(process.argv.at(-1))).text()
    console.log(calls)
    const victim = spawn(function* () { yield* fetch(process.argv.at(-1) + 'silent') })
    await sleep(0)
    await victim.kill()
    process.exit()`
  const { stdout } = await promisify(execFile)(process.execPath, [...moduleArguments(program), peer.url], {
    cwd: root,
  })
  assert.equal(stdout, '3\n')
})

test('a dispatcher that a test has put in the place of undici is called by the fetch of the platform', async () => {
  await (await fetch((await startPeer()).url)).text()
  const globals = globalThis as unknown as Record<symbol, unknown>
  const place = [2, 1].map((version) => Symbol.for(`undici.globalDispatcher.${version}`)).find((each) => globals[each])!
  const original = globals[place]
  const seen: unknown[] = []
  globals[place] = {
    dispatch(_options: unknown, handler: object) {
      seen.push('abort' in handler)
      throw new Error('mocked')
    },
  }
  try {
    await assert.rejects(async () => await fetch('http://localhost:8080/'), /fetch failed.*mocked/)
  } finally {
    globals[place] = original
  }
  assert.deepEqual(seen, [true])
})

test('performance has the same entries for a request in all ways', async (context) => {
  const { url } = await serve(context, () => encoded('gzip', gzipSync('page')))
  const entries: Record<string, number>[] = []
  const observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) entries.push(entry.toJSON() as Record<string, number>)
  })
  observer.observe({ entryTypes: ['resource'] })
  await run(() => byAllWays(`${url}a?b#c`))
  while (entries.length < 3) await sleep(1)
  observer.disconnect()
  const order = ['startTime', 'fetchStart', 'connectEnd', 'requestStart', 'responseStart', 'responseEnd']
  for (const entry of entries) {
    const times = order.map((name) => entry[name]!)
    assert.deepEqual(
      times,
      times.toSorted((one, other) => one - other),
    )
  }
  // What is not a time that differs from one to the next.
  const [long, ...short] = entries.map((entry) =>
    Object.entries(entry).map(([name, value]) => [
      name,
      value === Math.trunc(value) || typeof value === 'string' ? value : 'a time',
    ]),
  )
  for (const each of short) assert.deepEqual(each, long)
})
