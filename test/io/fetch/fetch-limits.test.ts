import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { Event, LimitError, all, fetch, joinAll, run, sleep, spawn, type Coroutine } from 'gvent'
import { startPeer } from '../http-peer.js'

/** `/0` redirects to `/1`, and so on, with the status of `?status`; `/to?…` to where it says. */
const maze = await startPeer((request, response) => {
  const url = new URL(request.url!, 'http://x')
  const target = url.pathname === '/to' ? url.search.slice(1) : `/${Number(url.pathname.slice(1)) + 1}${url.search}`
  const end = Number(url.searchParams.get('end') ?? Infinity)
  if (Number(url.pathname.slice(1)) >= end || url.pathname === '/end') {
    let body = ''
    request.setEncoding('utf8').on('data', (text: string) => (body += text))
    request.on('end', () => {
      const { 'content-type': type, authorization, cookie } = request.headers
      response.end(JSON.stringify({ method: request.method, body, type, authorization, cookie }))
    })
  } else response.writeHead(Number(url.searchParams.get('status') ?? 302), { location: target }).end('elsewhere')
})

interface Seen {
  method: string
  body: string
  type?: string
  authorization?: string
  cookie?: string
}

test('redirects are followed up to a limit', async () => {
  const response = await fetch(`${maze.url}0?end=3`, { maxRedirects: 3 })
  assert.equal(response.status, 200)
  assert.equal(response.url, `${maze.url}3?end=3`)
  assert.equal(response.redirected, true)
  await response.text()
  await assert.rejects(async () => await fetch(`${maze.url}0?end=3`, { maxRedirects: 2 }), {
    name: 'LimitError',
    code: 'GVENT_LIMIT',
    message: `fetch failed: GET ${maze.url}2?end=*** was redirected more than 2 times`,
  })
  await assert.rejects(async () => await fetch(`${maze.url}0`, { maxRedirects: 0 }), LimitError)
  const direct = await fetch(`${maze.url}9?end=1`, { maxRedirects: 0 })
  assert.equal(direct.redirected, false)
  await direct.text()
})

test('a loop of redirects ends at the limit of the platform', async () => {
  await assert.rejects(async () => await fetch(`${maze.url}0`), /redirect count exceeded/)
})

test('what a redirect makes of a request is what the platform makes of it', async () => {
  const other = await startPeer((request, response) => {
    const { authorization, cookie } = request.headers
    response.end(JSON.stringify({ method: request.method, body: '', authorization, cookie }))
  })
  const headers = { authorization: 'secret', cookie: 'a=b', 'content-type': 'text/x' }
  for (const method of ['POST', 'PUT']) {
    for (const status of [301, 302, 303, 307, 308]) {
      for (const target of [`0?end=1&status=${status}`, `to?${other.url}&status=${status}`]) {
        const init = { method, body: 'body', headers }
        const platforms = (await (await globalThis.fetch(`${maze.url}${target}`, init)).json()) as Seen
        const ours = await (await fetch(`${maze.url}${target}`, { ...init, maxRedirects: 5 })).json<Seen>()
        assert.deepEqual(ours, platforms, `${method} ${status} ${target}`)
      }
    }
  }
})

test('redirects that cannot be followed, and those that are not to be, are left to the caller', async () => {
  const bad = ['to?http://[', 'to?ftp://127.0.0.1/']
  for (const path of bad) await assert.rejects(async () => await fetch(maze.url + path, { maxRedirects: 5 }), TypeError)
  const body = new Blob(['x']).stream()
  const url = `${maze.url}0?end=1&status=307`
  await assert.rejects(async () => await fetch(url, { method: 'POST', body, maxRedirects: 5 }), TypeError)
  const manual = await fetch(`${maze.url}0`, { redirect: 'manual', maxRedirects: 5 })
  assert.equal(manual.status, 302)
  await manual.text()
})

test('a body may have so many bytes, decompressed, and no more', async () => {
  const bomb = gzipSync(Buffer.alloc(1_000_000))
  const peer = await startPeer((_request, response) => {
    response.writeHead(200, { 'content-encoding': 'gzip', 'content-type': 'text/plain' }).end(bomb)
  })
  const text = await (await fetch(peer.url, { maxBodySize: 1_000_000 })).text()
  assert.equal(text.length, 1_000_000)
  for (const read of ['text', 'bytes', 'arrayBuffer', 'blob', 'json'] as const) {
    const response = await fetch(peer.url, { maxBodySize: 999_999 })
    await assert.rejects(async (): Promise<unknown> => await response[read](), {
      name: 'LimitError',
      limit: 999_999,
    })
  }
  const chunked = await fetch(peer.url, { maxBodySize: 100 })
  await assert.rejects(async () => {
    for await (const chunk of chunked.chunks()) assert.ok(chunk.length > 0)
  }, LimitError)
})

test('a body that comes compressed is limited also when nobody has said so', async () => {
  // Zeros compress by a factor of a thousand: of 129 MiB some 130 KiB go over the wire.
  const bomb = gzipSync(Buffer.alloc(129 * 1024 * 1024), { level: 1 })
  const peer = await startPeer((_request, response) => {
    response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb)
  })
  const response = await fetch(peer.url)
  await assert.rejects(async () => await response.bytes(), { name: 'LimitError', limit: 128 * 1024 * 1024 })
})

test('each body method gives the same with a limit as without', async () => {
  const body = JSON.stringify({ title: 'ä' })
  const peer = await startPeer((_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' }).end(body)
  })
  const get = (): ReturnType<typeof fetch> => fetch(peer.url, { maxBodySize: 100 })
  assert.equal(await (await get()).text(), body)
  assert.deepEqual(await (await get()).json(), { title: 'ä' })
  assert.deepEqual(Buffer.from(await (await get()).bytes()), Buffer.from(body))
  const blob = await (await get()).blob()
  assert.equal(blob.type, 'application/json')
  const response = await get()
  await response.text()
  await assert.rejects(async () => await response.text(), TypeError)
})

test('so many requests to an origin are under way at a time, and the others wait in line', async () => {
  let underWay = 0
  let most = 0
  const peer = await startPeer((_request, response) => {
    most = Math.max(most, ++underWay)
    response.on('close', () => underWay--)
    setImmediate(() => response.end('done'))
  })
  await run(function* () {
    const get = function* (index: number): Coroutine<void> {
      yield* (yield* fetch(`${peer.url}${index}`, { maxPerOrigin: 3 })).text()
    }
    yield* joinAll(
      Array.from({ length: 20 }, (_, index) => spawn(get, index)),
      { raiseError: true },
    )
  })
  assert.equal(peer.paths.length, 20)
  assert.ok(most <= 3, String(most))
})

test('a place is free again after a failure, a kill, and a response that was disposed of', async () => {
  const peer = await startPeer((request, response) => {
    if (request.url === '/silent') return
    if (request.url === '/break') response.destroy()
    else if (request.url === '/half') response.write('half')
    else response.end('whole')
  })
  const one = { maxPerOrigin: 1 }
  await assert.rejects(async () => await fetch(`${peer.url}break`, one), TypeError)
  const silent = peer.request('/silent')
  const victim = spawn(function* () {
    yield* fetch(`${peer.url}silent`, one)
  })
  await silent
  const waiting = spawn(function* () {
    yield* fetch(`${peer.url}never`, one)
  })
  await sleep(0)
  await waiting.kill()
  await victim.kill()
  await assert.rejects(async () => await fetch(peer.url, { ...one, signal: AbortSignal.abort() }))
  const half = await fetch(`${peer.url}half`, one)
  half[Symbol.dispose]()
  assert.equal(await (await fetch(`${peer.url}head`, { ...one, method: 'HEAD' })).text(), '')
  assert.equal(await (await fetch(`${peer.url}last`, one)).text(), 'whole')
  assert.ok(!peer.paths.includes('/never'))
})

test('all() of fetches with a limit goes through', async () => {
  const peer = await startPeer()
  const ready = new Event()
  ready.set()
  await run(function* () {
    const responses = yield* all([1, 2].map((index) => fetch(`${peer.url}${index}`, { maxPerOrigin: 5 })))
    for (const response of responses) yield* response.text()
  })
})
