import assert from 'node:assert/strict'
import { EventEmitter, getEventListeners, once } from 'node:events'
import { test } from 'node:test'
import { GreenletExit, Timeout, all, fetch, green, race, run, sleep, spawn, until, type GreenResponse } from 'gvent'
import { startPeer } from '../http-peer.js'
import { freePort } from '../servers/server-program.js'
import { reasons } from './reasons.js'

const peer = await startPeer()

test('a greenlet waits for the response and for its body', async () => {
  const title = await run(function* () {
    const response = yield* fetch(`${peer.url}a`)
    const items = yield* response.json<{ title: string }[]>()
    return `${response.status} ${items[0]!.title}`
  })
  assert.equal(title, '200 /a')
})

test('outside of greenlets the same is awaited', async () => {
  const response = await fetch(new URL('b', peer.url))
  assert.equal(await response.text(), '[{"title":"/b"}]')
})

test('many requests are under way at the same time', async () => {
  const paths = Array.from({ length: 20 }, (_, index) => `/silent/${index}`)
  const requests = Promise.all(paths.map((path) => peer.request(path)))
  const texts = run(function* () {
    return yield* all(
      paths.map((path) =>
        spawn(function* () {
          const response = yield* fetch(peer.url + path.slice(1))
          return yield* response.text()
        }),
      ),
    )
  })
  for (const [index, response] of (await requests).entries()) response.end(`answer ${index}`)
  assert.deepEqual(
    await texts,
    paths.map((_, index) => `answer ${index}`),
  )
})

test('the response is a Response in all but its body methods', async () => {
  const response = await fetch(`${peer.url}shape`)
  assert.ok(response instanceof Response)
  assert.equal(response.constructor, Response)
  const { status, statusText, ok, redirected, type, url, bodyUsed } = response
  assert.deepEqual(
    { status, statusText, ok, redirected, type, url, bodyUsed },
    {
      status: 200,
      statusText: 'OK',
      ok: true,
      redirected: false,
      type: 'basic',
      url: `${peer.url}shape`,
      bodyUsed: false,
    },
  )
  assert.equal(response.headers.get('content-type'), 'application/json')
  assert.ok(response.body instanceof ReadableStream)
  await response.text()
  assert.equal(response.bodyUsed, true)
})

test('each body method gives what the platform gives', async () => {
  const get = (): PromiseLike<GreenResponse> => fetch(`${peer.url}x`)
  const text = '[{"title":"/x"}]'
  const bytes = new TextEncoder().encode(text)
  assert.deepEqual(await (await get()).json(), [{ title: '/x' }])
  assert.equal(await (await get()).text(), text)
  assert.deepEqual(await (await get()).bytes(), bytes)
  assert.deepEqual(new Uint8Array(await (await get()).arrayBuffer()), bytes)
  const blob = await (await get()).blob()
  assert.equal(blob.type, 'application/json')
  assert.equal(await blob.text(), text)
  const forms = await startPeer((_request, response) => {
    response.setHeader('Content-Type', 'application/x-www-form-urlencoded').end('a=1&b=2')
  })
  const form = await (await fetch(forms.url)).formData()
  assert.equal(form.get('b'), '2')
})

test('a body can be read once; a second time raises what the platform raises', async () => {
  const response = await fetch(`${peer.url}once`)
  await response.text()
  await assert.rejects(async () => await response.text(), TypeError)
})

test('nothing is requested before somebody waits, and each wait is a request of its own', async () => {
  const operation = fetch(`${peer.url}lazy`)
  const count = (): number => peer.paths.filter((path) => path === '/lazy').length
  await (await fetch(`${peer.url}other`)).text()
  assert.equal(count(), 0)
  await (await operation).text()
  await (await operation).text()
  assert.equal(count(), 2)
})

test('all of the options of the platform arrive', async () => {
  const echo = await startPeer((request, response) => {
    response.setHeader('x-method', request.method!)
    response.setHeader('x-color', request.headers['x-color'] ?? '')
    request.pipe(response)
  })
  const response = await fetch(echo.url, { method: 'PUT', body: 'hello', headers: { 'x-color': 'green' } })
  assert.equal(response.headers.get('x-method'), 'PUT')
  assert.equal(response.headers.get('x-color'), 'green')
  assert.equal(await response.text(), 'hello')
  const request = new Request(echo.url, { method: 'POST', body: 'request' })
  assert.equal(await (await fetch(request)).text(), 'request')
  const options = new Request('http://unused.test', { method: 'PATCH', body: 'options' })
  const patched = await fetch(echo.url, options)
  assert.equal(patched.headers.get('x-method'), 'PATCH')
  assert.equal(await patched.text(), 'options')
  // A stream, without the word that Node wants with it.
  class Options {
    readonly body = new Blob(['class']).stream()
    // eslint-disable-next-line @typescript-eslint/class-literal-property-style -- an option that the prototype has
    get method(): string {
      return 'PUT'
    }
  }
  const put = await fetch(echo.url, new Options())
  assert.equal(put.headers.get('x-method'), 'PUT')
  assert.equal(await put.text(), 'class')
})

test('a kill while waiting for the response aborts the request', async () => {
  const arrived = peer.request('/silent/kill')
  const greenlet = spawn(function* () {
    yield* fetch(`${peer.url}silent/kill`)
  })
  await arrived
  greenlet.kill()
  await peer.gone('/silent/kill')
  assert.ok((greenlet.value as unknown) instanceof GreenletExit)
})

test('a timeout aborts the request and raises Timeout', async () => {
  await assert.rejects(async () => await fetch(`${peer.url}silent/timeout`, { timeout: 50 }), Timeout)
  await peer.gone('/silent/timeout')
})

test('the timeout may be a Timeout, which is what is raised', async () => {
  const timeout = new Timeout(50)
  const url = `${peer.url}silent/object`
  await assert.rejects(
    async () => await fetch(url, { timeout }),
    (error) => error === timeout,
  )
  await peer.gone('/silent/object')
})

test('the loser of a race is aborted', async () => {
  const arrived = peer.request('/silent/loser')
  await race([fetch(`${peer.url}silent/loser`), until(arrived)])
  await peer.gone('/silent/loser')
})

test('an aborted signal raises its reason and aborts the request', async () => {
  const controller = new AbortController()
  const reason = new Error('enough')
  const arrived = peer.request('/silent/signal')
  const result = assert.rejects(
    async () => await fetch(`${peer.url}silent/signal`, { signal: controller.signal }),
    (error) => error === reason,
  )
  await arrived
  controller.abort(reason)
  await result
  await peer.gone('/silent/signal')
})

test('the signal of a Request counts, unless the options have another or none', async () => {
  const { signal } = new AbortController()
  const aborted = AbortSignal.abort(new Error('before'))
  const request = (): Request => new Request(`${peer.url}own`, { signal: aborted })
  await assert.rejects(async () => await fetch(request()), /before/)
  assert.equal((await fetch(request(), { signal })).status, 200)
  assert.equal((await fetch(request(), { signal: null })).status, 200)
})

test('the signal goes on to stop the body, and is left alone once that is read', async () => {
  const controller = new AbortController()
  const { signal } = controller
  const whole = await fetch(`${peer.url}whole`, { signal })
  await whole.text()
  assert.equal(getEventListeners(signal, 'abort').length, 0)
  const half = await fetch(`${peer.url}half/signal`, { signal })
  const text = assert.rejects(async () => await half.text(), /enough/)
  controller.abort(new Error('enough'))
  await text
  await peer.gone('/half/signal')
  assert.equal(getEventListeners(signal, 'abort').length, 0)
})

test('one signal for a great many requests is not taken for a leak', async (context) => {
  const warnings = context.mock.method(process, 'emitWarning', () => undefined)
  const { signal } = new AbortController()
  const responses = await Promise.all(Array.from({ length: 30 }, () => fetch(`${peer.url}half/many`, { signal })))
  assert.equal(warnings.mock.callCount(), 0)
  for (const response of responses) response[Symbol.dispose]()
  assert.equal(getEventListeners(signal, 'abort').length, 0)
})

test('a kill while reading the body aborts the connection', async () => {
  const reading = new EventEmitter()
  const greenlet = spawn(function* () {
    const response = yield* fetch(`${peer.url}half/kill`)
    reading.emit('now')
    yield* response.text()
  })
  await once(reading, 'now')
  greenlet.kill()
  await peer.gone('/half/kill')
})

test('a timeout while reading the body aborts the connection', async () => {
  const response = await fetch(`${peer.url}half/timeout`)
  await assert.rejects(async () => await response.text({ timeout: 20 }), Timeout)
  await peer.gone('/half/timeout')
})

test('a response that arrives for a greenlet that is killed before it sees it is aborted', async () => {
  const arrived = peer.request('/silent/undelivered')
  const victim = spawn(function* () {
    yield* fetch(`${peer.url}silent/undelivered`)
  })
  ;(await arrived).write('half')
  const wake = victim.wake.bind(victim)
  victim.wake = () => {
    wake()
    victim.kill()
  }
  await peer.gone('/silent/undelivered')
  await victim.join()
  assert.ok((victim.value as unknown) instanceof GreenletExit)
})

test('a response that goes out of scope unread is aborted', async () => {
  await run(function* () {
    using response = yield* fetch(`${peer.url}half/disposed`)
    assert.equal(response.status, 200)
  })
  await peer.gone('/half/disposed')
})

test('the reader of a clone is not disturbed by the end of another reader', async () => {
  const arrived = peer.request('/half/clone')
  const response = await fetch(`${peer.url}half/clone`)
  const clone = response.clone()
  assert.ok(clone instanceof Response)
  const first = spawn(function* () {
    yield* response.text()
  })
  const second = spawn(function* () {
    return yield* clone.text()
  })
  await sleep(0)
  first.kill()
  ;(await arrived).end('"rest"')
  assert.equal(await second, '[{"ti"rest"')
})

test('a refused connection says where, why and with which code', async () => {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}/page`
  await assert.rejects(
    async () => await fetch(url, { method: 'POST' }),
    (error: TypeError & { code: string; cause: NodeJS.ErrnoException }) => {
      assert.ok(error instanceof TypeError)
      assert.equal(error.message, `fetch failed: POST ${url}: ${reasons.refused(port)}`)
      assert.equal(error.code, 'ECONNREFUSED')
      assert.ok(error.cause instanceof Error)
      assert.equal(error.stack!.split('\n')[0], `TypeError: ${error.message}`)
      return true
    },
  )
})

test("an error's stack leads to the place where the greenlet waited", async () => {
  const port = await freePort()
  const inner = green(function* inner() {
    yield* fetch(`http://127.0.0.1:${port}/`)
  })
  const greenlet = spawn(function* outer() {
    yield* inner()
  })
  await assert.rejects(
    async () => await greenlet,
    ({ stack }: Error) => {
      const frames = stack!.split('\n').filter((line) => line.includes('fetch.test'))
      assert.equal(frames.length, 2, stack)
      assert.match(frames[0]!, /at inner/)
      assert.match(frames[1]!, /at outer/)
      return true
    },
  )
})

test('a connection that breaks in the middle of the body says so', async () => {
  const broken = await startPeer((_request, response) => {
    response.write('half', () => response.destroy())
  })
  const response = await fetch(broken.url)
  await assert.rejects(
    async () => await response.text(),
    (error: TypeError & { code: string }) => {
      assert.equal(error.message, `terminated: GET ${broken.url}: ${reasons.broken}`)
      assert.equal(error.code, 'UND_ERR_SOCKET')
      return true
    },
  )
})

test('an address that is none raises what the platform raises', async () => {
  for (const address of ['/relative', null, undefined, {}]) {
    await assert.rejects(async () => await fetch(address as string), {
      name: 'TypeError',
      message: /Failed to parse URL|Invalid URL/,
    })
  }
  await assert.rejects(async () => await fetch(Symbol('address') as never), TypeError)
  assert.equal((await fetch(`${peer.url}x`, null as never)).status, 200)
})

test('a global fetch that was replaced is the one that is called', async (context) => {
  context.mock.method(globalThis, 'fetch', async () => new Response('mocked'))
  assert.equal(await (await fetch('http://mocked.test/')).text(), 'mocked')
})
