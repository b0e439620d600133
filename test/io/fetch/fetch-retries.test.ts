import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer as createHTTPServer } from 'node:http'
import { createServer, type AddressInfo } from 'node:net'
import { after, test } from 'node:test'
import { Timeout, fetch, spawn, type FetchRetryOptions } from 'gvent'
import { startPeer, type Peer } from '../http-peer.js'

const quick: FetchRetryOptions = { limit: 3, backoff: 1 }

/** A peer that answers with each of `statuses` in turn, and then with 200; it notes the bodies that it got. */
async function startMoody(
  statuses: readonly number[],
  headers: Record<string, string> = {},
): Promise<Peer & { bodies: string[] }> {
  const bodies: string[] = []
  const peer = await startPeer((request, response) => {
    const status = statuses[bodies.length] ?? 200
    let body = ''
    const index = bodies.push(body) - 1
    request.setEncoding('utf8').on('data', (text: string) => (bodies[index] = body += text))
    request.on('end', () => {
      response.writeHead(status, status === 200 ? {} : headers).end(`answer ${status}`)
    })
  })
  return { ...peer, bodies }
}

test('a server that is busy is asked again, until it has an answer', async () => {
  const peer = await startMoody([503, 429, 500])
  const response = await fetch(peer.url, { retries: quick })
  assert.equal(response.status, 200)
  assert.equal(await response.text(), 'answer 200')
  assert.equal(peer.bodies.length, 4)
})

test('the last response is given as it is, and so is one that says nothing of another attempt', async () => {
  const busy = await startMoody([503, 503, 503])
  const last = await fetch(busy.url, { retries: { limit: 1, backoff: 1 } })
  assert.equal(last.status, 503)
  assert.equal(await last.text(), 'answer 503')
  assert.equal(busy.bodies.length, 2)
  const missing = await startMoody([404])
  assert.equal((await fetch(missing.url, { retries: quick })).status, 404)
  assert.equal(missing.bodies.length, 1)
})

test('nothing is tried again unless asked for, nor what must not be done twice', async () => {
  const once = await startMoody([503])
  assert.equal((await fetch(once.url)).status, 503)
  const posted = await startMoody([503])
  assert.equal((await fetch(posted.url, { method: 'POST', body: 'order', retries: quick })).status, 503)
  assert.equal(posted.bodies.length, 1)
  const allowed = await startMoody([503])
  const response = await fetch(allowed.url, { method: 'POST', body: 'order', retries: { ...quick, methods: ['post'] } })
  assert.equal(response.status, 200)
  assert.deepEqual(allowed.bodies, ['order', 'order'])
})

test('a body goes out again as it was, if that can be', async () => {
  const peer = await startMoody([503])
  await fetch(peer.url, { method: 'PUT', body: 'text', retries: quick })
  assert.deepEqual(peer.bodies, ['text', 'text'])
  const made = await startMoody([503])
  const body = function* (): Generator<string, void, undefined> {
    yield 'one '
    yield 'two'
  }
  await fetch(made.url, { method: 'PUT', body, retries: quick })
  assert.deepEqual(made.bodies, ['one two', 'one two'])
  const stream = await startMoody([503])
  const response = await fetch(stream.url, { method: 'PUT', body: new Blob(['once']).stream(), retries: quick })
  assert.equal(response.status, 503)
  const request = await startMoody([503])
  const input = new Request(request.url, { method: 'PUT', body: 'once' })
  assert.equal((await fetch(input, { retries: quick })).status, 503)
})

test('Retry-After says how long to wait; a server that asks for too long is not asked again', async () => {
  const soon = await startMoody([503], { 'retry-after': '0' })
  // The usual time would not be over before the test is.
  assert.equal((await fetch(soon.url, { retries: { limit: 1, backoff: 1e9, maxDelay: 1e9 } })).status, 200)
  const past = await startMoody([503], { 'retry-after': new Date(0).toUTCString() })
  assert.equal((await fetch(past.url, { retries: { limit: 1, backoff: 1e9, maxDelay: 1e9 } })).status, 200)
  const late = await startMoody([503], { 'retry-after': '3600' })
  assert.equal((await fetch(late.url, { retries: quick })).status, 503)
})

test('a Retry-After that is neither seconds nor a date asks for nothing', async () => {
  // Date.parse takes most of these for dates that are long past, and with that the server would be asked at once.
  const values = ['1.5', '-5', '1e3', '0x10', ' 7 seconds', 'soon', '2001', 'Jan 1', '2001-01-01', '1/2/3', '']
  for (const value of values) {
    const peer = await startMoody([503], { 'retry-after': value })
    const url = peer.url
    const asked = spawn(function* () {
      yield* fetch(url, { retries: { limit: 1, backoff: 1e9, maxDelay: 1e9 } })
    })
    await peer.request('/')
    assert.equal(await asked.join({ timeout: 50 }), false, value)
    await asked.kill()
    assert.equal(peer.bodies.length, 1, value)
  }
})

test('Retry-After may be a date in each form that HTTP has', async () => {
  for (const date of ['Sun, 06 Nov 1994 08:49:37 GMT', 'Sunday, 06-Nov-94 08:49:37 GMT', 'Sun Nov  6 08:49:37 1994']) {
    const peer = await startMoody([503], { 'retry-after': date })
    const response = await fetch(peer.url, { retries: { limit: 1, backoff: 1e9, maxDelay: 1e9 } })
    assert.equal(response.status, 200, date)
    await response.text()
  }
})

test('a busy server whose answer stands still is asked again, and that connection is closed', async () => {
  for (const head of [{ 'content-length': 100 }, {}] as Record<string, number>[]) {
    let asked = 0
    const peer = await startPeer((_request, response) => {
      if (++asked > 1) response.end('answer')
      else response.writeHead(503, head).write('half')
    })
    const response = await fetch(peer.url, { retries: quick })
    assert.equal(await response.text(), 'answer')
    await peer.gone('/')
  }
})

test('a busy server whose answer breaks off, or is larger than allowed, is asked again', async () => {
  let asked = 0
  const peer = await startPeer((_request, response) => {
    asked++
    if (asked === 1) response.writeHead(503, { 'content-length': 100 }).write('half', () => response.destroy())
    else if (asked === 2) response.writeHead(503, { 'content-length': 100 }).end('x'.repeat(100))
    else response.end('answer')
  })
  const response = await fetch(peer.url, { retries: quick, maxBodySize: 10 })
  assert.equal(await response.text(), 'answer')
})

test('a connection that is refused, or breaks before there is a response, is tried again', async () => {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address() as AddressInfo
  probe.close()
  await once(probe, 'close')
  const url = `http://127.0.0.1:${port}/`
  await assert.rejects(async () => await fetch(url, { retries: quick }), { code: 'ECONNREFUSED' })
  let attempts = 0
  const server = createHTTPServer((_request, response) => {
    if (++attempts === 1) response.destroy()
    else response.end('there')
  }).listen(0, '127.0.0.1')
  after(() => server.close())
  await once(server, 'listening')
  const response = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`, { retries: quick })
  assert.equal(await response.text(), 'there')
  assert.equal(attempts, 2)
})

test('an address that is none is not tried again', async () => {
  await assert.rejects(async () => await fetch('nowhere', { retries: { limit: 1, backoff: 1e9 } }), TypeError)
})

test('the timeout, the signal and a kill end all attempts', async () => {
  const peer = await startMoody(Array<number>(1000).fill(503))
  const patient = { limit: Infinity, backoff: 1e9, maxDelay: 1e9 }
  await assert.rejects(async () => await fetch(peer.url, { retries: patient, timeout: 50 }), Timeout)
  const controller = new AbortController()
  const aborted = assert.rejects(
    async () => await fetch(`${peer.url}signal`, { retries: patient, signal: controller.signal }),
    /enough/,
  )
  await peer.request('/signal')
  controller.abort(new Error('enough'))
  await aborted
  const greenlet = spawn(function* () {
    yield* fetch(`${peer.url}kill`, { retries: patient })
  })
  await peer.request('/kill')
  await greenlet.kill()
  assert.equal(peer.paths.filter((path) => path === '/kill').length, 1)
})

test('options that mean nothing are refused', () => {
  assert.throws(() => fetch('http://x/', { retries: -1 }), /retries.*got -1/)
  assert.throws(() => fetch('http://x/', { retries: '3' as never }), /retries.*got "3"/)
  assert.throws(() => fetch('http://x/', { retries: { backoff: -1 } }), /backoff/)
  assert.throws(() => fetch('http://x/', { maxRedirects: 1.5 }), /maxRedirects.*got 1\.5/)
  assert.throws(() => fetch('http://x/', { maxBodySize: -1 }), /maxBodySize/)
  assert.throws(() => fetch('http://x/', { maxPerOrigin: 0 }), /maxPerOrigin/)
})
