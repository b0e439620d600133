import assert from 'node:assert/strict'
import { getEventListeners } from 'node:events'
import { Readable, Writable } from 'node:stream'
import { test } from 'node:test'
import { each, fetch, run, sleep, spawn, until, type Coroutine, type GreenResponse } from 'gvent'
import { startPeer, type Peer } from '../http-peer.js'

const BODY = 'some text\n'.repeat(100_000)
const startPage = (): Promise<Peer> =>
  startPeer((request, response) => {
    if (request.url === '/broken')
      response.writeHead(200, { 'content-length': 10 }).write('12345', () => response.destroy())
    else if (request.url === '/empty') response.writeHead(204).end()
    else response.end(BODY)
  })
const peer = await startPage()

const drop = (): WritableStream => new WritableStream({ write: () => undefined })

/** Every way in which a program may come to the end of a body, or give it up. */
const readers: Readonly<Record<string, (response: GreenResponse) => unknown>> = {
  'response.text()': async (response) => await response.text(),
  'response.bytes()': async (response) => await response.bytes(),
  'response.chunks()': async (response) => {
    for await (const chunk of response.chunks()) assert.ok(chunk.length > 0)
  },
  'response.chunks(), left early': async (response) => {
    for await (const chunk of response.chunks()) return assert.ok(chunk.length > 0)
  },
  'response.lines()': async (response) => {
    for await (const line of response.lines()) assert.equal(line, 'some text')
  },
  'response[Symbol.dispose]()': (response) => {
    response[Symbol.dispose]()
  },
  'each(response.body)': (response) =>
    run(function* () {
      for (const next of each(response.body!)) {
        if ((yield* next).done) break
      }
    }),
  'each(response.body), left early': (response) =>
    run(function* () {
      for (const next of each(response.body!)) {
        yield* next
        break
      }
    }),
  'for await (… of response.body)': async (response) => {
    for await (const chunk of response.body! as AsyncIterable<Uint8Array>) assert.ok(chunk.length > 0)
  },
  'response.body.pipeTo()': (response) => response.body!.pipeTo(drop()),
  'response.body.pipeThrough()': (response) => response.body!.pipeThrough(new TextDecoderStream()).pipeTo(drop()),
  'Readable.fromWeb(response.body)': (response) =>
    new Promise((resolve, reject) => {
      const writable = new Writable({ write: (_chunk, _encoding, written) => written() })
      Readable.fromWeb(response.body as never)
        .on('error', reject)
        .pipe(writable)
        .on('finish', resolve)
    }),
  'new Response(response.body)': (response) => new Response(response.body).text(),
  'response.body.cancel()': (response) => response.body!.cancel(),
  'a reader to the end': async (response) => {
    const reader = response.body!.getReader()
    while (!(await reader.read()).done);
    reader.releaseLock()
  },
  'a reader, cancelled': (response) => response.body!.getReader().cancel(),
  'response.body.tee()': (response) => Promise.all(response.body!.tee().map((branch) => new Response(branch).text())),
  'response.clone(), both read': (response) => Promise.all([response.clone().body!.pipeTo(drop()), response.text()]),
  'response.clone(), both given up': async (response) => {
    const copy = response.clone()
    await Promise.all([copy.body!.cancel(), response.body!.cancel()])
  },
}

for (const [name, read] of Object.entries(readers)) {
  for (const extra of [{}, { maxBodySize: BODY.length }, { maxRedirects: 3 }]) {
    test(`the end of a response is seen by ${name} with ${JSON.stringify(extra)}`, { timeout: 60_000 }, async () => {
      const { signal } = new AbortController()
      const options = { maxPerOrigin: 1, signal, ...extra }
      // One of its own: a place that is never free is missing nowhere else.
      const { url } = await startPage()
      await read(await fetch(`${url}first`, options))
      // It waits for the place of the first one.
      const second = await fetch(`${url}second`, options)
      assert.equal((await second.text()).length, BODY.length)
      while (getEventListeners(signal, 'abort').length > 0) await sleep(1)
    })
  }
}

test('a body that breaks off, and one that is not there, is at its end', { timeout: 60_000 }, async () => {
  const options = { maxPerOrigin: 1 }
  const broken = await fetch(`${peer.url}broken`, options)
  await assert.rejects(new Response(broken.body).text())
  assert.equal((await fetch(`${peer.url}empty`, options)).body, null)
  await (await fetch(peer.url, options)).text()
})

test(
  'a kill of one reader leaves the connection to who reads a clone by other means',
  { timeout: 60_000 },
  async () => {
    const slow = await startPeer((request, response) => {
      response.write('first half, ')
      if (request.url === '/kept') setImmediate(() => response.end('second half'))
    })
    await run(function* (): Coroutine<void> {
      const response = yield* fetch(`${slow.url}kept`)
      const copy = new Response(response.clone().body).text()
      const victim = spawn(function* () {
        yield* response.text()
      })
      yield* sleep(0)
      yield* victim.kill()
      assert.equal(yield* until(copy), 'first half, second half')
    })
  },
)

test('the limit of a body holds for whoever reads it', async () => {
  const tooMuch = { name: 'LimitError', code: 'GVENT_LIMIT', limit: 1000 }
  for (const [name, read] of Object.entries(readers)) {
    if (/early|cancel|dispose|given up/.test(name)) continue
    const response = await fetch(peer.url, { maxBodySize: 1000 })
    await assert.rejects(async () => await read(response), tooMuch, name)
  }
})

test('a response with a limit is the one that there is without', async () => {
  const shown = (response: GreenResponse): unknown => {
    const { status, statusText, ok, url, type, redirected, bodyUsed } = response
    const headers = [...response.headers].filter(([key]) => key !== 'date')
    return { status, statusText, ok, url, type, redirected, bodyUsed, headers }
  }
  const [limited, plain] = [await fetch(peer.url, { maxBodySize: 10_000_000 }), await fetch(peer.url)]
  assert.deepEqual(shown(limited), shown(plain))
  assert.deepEqual(shown(limited.clone()), shown(plain.clone()))
  assert.throws(() => {
    limited.headers.set('x', 'y')
  }, TypeError)
  const reader = limited.body!.getReader({ mode: 'byob' })
  assert.equal((await reader.read(new Uint8Array(4))).value?.length, 4)
  assert.equal(limited.bodyUsed, true)
  void reader.cancel()
  await plain.text()
})
