import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fetch, run, type LinesOptions } from 'gvent'
import { startPeer } from '../http-peer.js'

/** A peer that sends `pieces`, each in a packet of its own as far as that can be said. */
async function lines(pieces: readonly (string | Buffer)[], options?: LinesOptions): Promise<string[]> {
  const peer = await startPeer((_request, response) => {
    const rest = [...pieces]
    const next = (): void => {
      const piece = rest.shift()
      if (piece === undefined) response.end()
      else response.write(piece, () => setImmediate(next))
    }
    response.flushHeaders()
    next()
  })
  return run(function* () {
    const response = yield* fetch(peer.url)
    const seen: string[] = []
    for (const next of response.lines(options)) {
      const line = yield* next
      if (line.done) break
      seen.push(line.value)
    }
    return seen
  })
}

test('lines come as they arrive, wherever the pieces end', async () => {
  assert.deepEqual(await lines(['one\ntwo\n']), ['one', 'two'])
  assert.deepEqual(await lines(['one\r\n\r\ntwo']), ['one', '', 'two'])
  assert.deepEqual(await lines([]), [])
  assert.deepEqual(await lines(['\n']), [''])
  const bytes = Buffer.from('ä\r\nö €\n\nlast')
  assert.deepEqual(await lines(Array.from(bytes, (byte) => Buffer.from([byte]))), ['ä', 'ö €', '', 'last'])
})

test('a line that is too long is an error, and the connection goes', async () => {
  assert.deepEqual(await lines(['12345\n12345'], { limit: 5 }), ['12345', '12345'])
  for (const text of ['123456\n', '123456', '1\n123456']) {
    await assert.rejects(() => lines([text], { limit: 5 }), { name: 'LimitError', limit: 5 })
  }
  const peer = await startPeer((_request, response) => void response.write('x'.repeat(100)))
  const response = await fetch(`${peer.url}endless`)
  await assert.rejects(async () => {
    for await (const line of response.lines({ limit: 10 })) assert.fail(line)
  }, /a line has more than 10 characters/)
  await peer.gone('/endless')
})

test('JSON lines come as values, and a line that is none says which it is', async () => {
  const peer = await startPeer((request, response) => {
    response.end(request.url === '/good' ? '{"a":1}\n\n[2]\r\nnull' : '{"a":1}\n\n{"a":\n')
  })
  const seen: unknown[] = []
  for await (const value of (await fetch(`${peer.url}good`)).jsonLines()) seen.push(value)
  assert.deepEqual(seen, [{ a: 1 }, [2], null])
  await assert.rejects(
    async () => {
      for await (const value of (await fetch(`${peer.url}bad`)).jsonLines()) assert.deepEqual(value, { a: 1 })
    },
    { name: 'SyntaxError', message: new RegExp(`^jsonLines\\(\\) of GET ${peer.url}bad: line 3: `) },
  )
})

test('leaving the loop early aborts the connection', async () => {
  const peer = await startPeer((_request, response) => void response.write('one\ntwo\n'))
  await run(function* () {
    const response = yield* fetch(`${peer.url}early`)
    for (const next of response.lines()) {
      yield* next
      break
    }
  })
  await peer.gone('/early')
})
