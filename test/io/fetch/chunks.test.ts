import assert from 'node:assert/strict'
import { EventEmitter, once } from 'node:events'
import { test } from 'node:test'
import { Timeout, fetch, run, sleep, spawn, until, withTimeout } from 'gvent'
import { startPeer } from '../http-peer.js'
import { reasons } from './reasons.js'

const peer = await startPeer((_request, response) => void response.write('first'))
const decoder = new TextDecoder()

test('the body comes chunk by chunk, as it arrives', async () => {
  const arrived = peer.request('/slow')
  const texts = await run(function* () {
    const response = yield* fetch(`${peer.url}slow`)
    const server = yield* until(arrived)
    const seen = []
    for (const next of response.chunks()) {
      const chunk = yield* next
      if (chunk.done) break
      seen.push(decoder.decode(chunk.value))
      if (seen.length === 1) server.write('second')
      else server.end()
    }
    return seen
  })
  assert.deepEqual(texts, ['first', 'second'])
})

test('outside of greenlets `for await` does the same', async () => {
  const arrived = peer.request('/await')
  const response = await fetch(`${peer.url}await`)
  ;(await arrived).end()
  const seen = []
  for await (const chunk of response.chunks()) seen.push(decoder.decode(chunk))
  assert.deepEqual(seen, ['first'])
})

test('leaving the loop early aborts the connection', async () => {
  await run(function* () {
    const response = yield* fetch(`${peer.url}early`)
    for (const next of response.chunks()) {
      yield* next
      break
    }
  })
  await peer.gone('/early')
})

test('a kill while a chunk is being waited for aborts the connection, and so does one between chunks', async () => {
  for (const [path, wait] of [
    ['/kill/waiting', () => sleep(0)],
    ['/kill/between', () => sleep(10_000)],
  ] as const) {
    const events = new EventEmitter()
    const reading = once(events, 'reading')
    const greenlet = spawn(function* () {
      const response = yield* fetch(peer.url + path.slice(1))
      for (const next of response.chunks()) {
        yield* next
        events.emit('reading')
        yield* wait()
      }
    })
    await reading
    await sleep(5)
    greenlet.kill()
    await peer.gone(path)
  }
})

test('a timeout of one chunk loses nothing: it comes with the next wait', async () => {
  const arrived = peer.request('/patient')
  const texts = await run(function* () {
    const response = yield* fetch(`${peer.url}patient`)
    const server = yield* until(arrived)
    const seen: string[] = []
    for (const next of response.chunks()) {
      try {
        // Nothing comes until the timeout.
        const chunk = yield* seen.length === 1 ? withTimeout(10, next) : next
        if (chunk.done) break
        seen.push(decoder.decode(chunk.value))
      } catch (error) {
        assert.ok(error instanceof Timeout)
        seen.push('timeout')
        server.end('late')
      }
    }
    return seen
  })
  assert.deepEqual(texts, ['first', 'timeout', 'late'])
})

test('a connection that breaks says so', async () => {
  const arrived = peer.request('/broken')
  const response = await fetch(`${peer.url}broken`)
  const chunks = response.chunks()[Symbol.asyncIterator]()
  await chunks.next()
  ;(await arrived).destroy()
  await assert.rejects(chunks.next(), {
    message: `terminated: GET ${peer.url}broken: ${reasons.broken}`,
  })
})

test('a body that was read, and one that is being read, cannot be read in chunks', async () => {
  const arrived = peer.request('/read')
  const response = await fetch(`${peer.url}read`)
  ;(await arrived).end()
  await response.text()
  await assert.rejects(
    run(function* () {
      for (const next of response.chunks()) yield* next
    }),
    /the body was already read/,
  )
  const other = await fetch(`${peer.url}reading`)
  const chunks = other.chunks()
  const reader = chunks[Symbol.asyncIterator]()
  assert.throws(() => chunks[Symbol.asyncIterator](), TypeError)
  await reader.return!()
})

test('a response without a body has no chunks', async () => {
  const empty = await startPeer((_request, response) => void response.writeHead(204).end())
  const response = await fetch(empty.url)
  for await (const chunk of response.chunks()) assert.fail(String(chunk))
})

test('the reader of a clone is not disturbed when the loop over the other is left', async () => {
  const arrived = peer.request('/clone')
  const response = await fetch(`${peer.url}clone`)
  const text = spawn(function* () {
    return yield* response.clone().text()
  })
  await sleep(0)
  for await (const _chunk of response.chunks()) break
  ;(await arrived).end('rest')
  assert.equal(await text, 'firstrest')
})
