import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket as NodeSocket } from 'node:net'
import { after, test } from 'node:test'
import { Event, Queue, fetch, run, sleep, spawn, type Coroutine } from 'gvent'
import { startPeer } from '../http-peer.js'

const answer = 'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nwhole'
const inChunks = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nwhole\r\n0\r\n\r\n'

/** A server that answers `/whole` as it should, and anything else with the text that is set at the time. */
async function startHalting(): Promise<{ url: string; text: string; requests: NodeSocket[] }> {
  const state = { url: '', text: '', requests: [] as NodeSocket[] }
  const server = createServer((socket) => {
    socket.on('error', () => undefined)
    socket.on('data', (data: Buffer) => {
      state.requests.push(socket)
      socket.write(data.includes('/whole') ? answer : state.text)
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  after(() => server.close())
  state.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  return state
}

for (const [name, text] of Object.entries({ 'a length': answer, chunks: inChunks })) {
  test(`with ${name}: a connection whose response was given up after any byte is not used again`, async () => {
    const server = await startHalting()
    for (let size = 0; size < text.length; size++) {
      server.text = text.slice(0, size)
      server.requests.length = 0
      await run(function* () {
        const victim = spawn(function* () {
          yield* (yield* fetch(`${server.url}part`)).text()
        })
        while (server.requests.length === 0) yield* sleep(1)
        const [used] = server.requests as [NodeSocket]
        yield* victim.kill()
        while (!used.destroyed) yield* sleep(1)
        const next = yield* fetch(`${server.url}whole`)
        assert.equal(yield* next.text(), 'whole', `after ${size} bytes`)
        assert.notEqual(server.requests[1], used)
      })
    }
  })
}

test('a connection whose response was read is used again', async () => {
  const server = await startHalting()
  await run(function* () {
    for (let turn = 0; turn < 5; turn++) yield* (yield* fetch(`${server.url}whole`)).text()
  })
  // Node may not have it back yet when its response is there.
  assert.ok(new Set(server.requests).size < 5)
})

test('a body is made while it is sent, and no faster than it is taken', async () => {
  const arrived = new Queue<string>()
  const peer = await startPeer((request, response) => {
    request.setEncoding('utf8').on('data', (text: string) => {
      arrived.putNowait(text)
    })
    request.on('end', () => response.end('thanks'))
  })
  await run(function* () {
    const response = yield* fetch(peer.url, {
      method: 'POST',
      *body() {
        for (const word of ['one', 'two', 'three']) {
          yield word
          // The next one is only made when this one has arrived.
          assert.equal(yield* arrived.get(), word)
        }
        yield Buffer.from('last')
      },
    })
    assert.equal(yield* response.text(), 'thanks')
  })
})

test('async iterables of text and bytes, streams and what Node takes are bodies, too', async () => {
  const echo = await startPeer((request, response) => void request.pipe(response))
  const bodies = [
    (async function* () {
      yield 'te'
      await sleep(1)
      yield Buffer.from('xt')
    })(),
    (function* (): Coroutine<void> {
      yield 'te'
      yield* sleep(1)
      yield 'xt'
    })(),
    () => ['te', 'xt'],
    new Blob(['text']).stream(),
    new Blob(['text']),
    Buffer.from('text'),
    'text',
  ]
  for (const body of bodies) {
    assert.equal(await (await fetch(echo.url, { method: 'POST', body })).text(), 'text')
  }
  const form = new URLSearchParams({ a: 'b' })
  assert.equal(await (await fetch(echo.url, { method: 'POST', body: form })).text(), 'a=b')
})

test('a body that fails is the reason why there is no response', async () => {
  const peer = await startPeer(() => undefined)
  const failing = function* (): Coroutine<void> {
    yield 'one'
    throw new Error('no more of it')
  }
  await assert.rejects(async () => await fetch(peer.url, { method: 'POST', body: failing }), /no more of it/)
  const wrong = function* (): Coroutine<void> {
    yield [5]
  }
  await assert.rejects(async () => await fetch(peer.url, { method: 'POST', body: wrong }), TypeError)
})

test('the one who makes a body is killed when the request is given up', async () => {
  const begun = new Event()
  const cleaned = new Event()
  const peer = await startPeer(() => undefined)
  const greenlet = spawn(function* () {
    yield* fetch(`${peer.url}upload`, {
      method: 'POST',
      *body() {
        try {
          yield 'one'
          begun.set()
          yield* sleep(1e9)
        } finally {
          cleaned.set()
        }
      },
    })
  })
  await begun.wait()
  await greenlet.kill()
  await cleaned.wait()
})
