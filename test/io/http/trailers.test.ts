import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HTTPServer, sleep, withTrailers, type Coroutine } from 'gvent'
import { greenTest } from '../green-test.js'
import { exchange } from './raw-client.js'
import { reported, serving } from './serving.js'

const local = { host: '127.0.0.1', port: 0 }

function* ask(handler: () => Response, method = 'GET', version = '1.1'): Coroutine<string> {
  const server = new HTTPServer(local, handler)
  let answer = ''
  yield* serving(server, function* () {
    answer = yield* exchange(server, `${method} / HTTP/${version}\r\nHost: x\r\nConnection: close\r\n\r\n`)
  })
  return answer
}

function pieces(...texts: string[]): ReadableStream<Uint8Array> {
  return new ReadableStream({
    async pull(controller) {
      await sleep(1)
      const text = texts.shift()
      if (text === undefined) controller.close()
      else controller.enqueue(Buffer.from(text))
    },
  })
}

greenTest('trailers come after a body, whether it is whole or a stream', function* () {
  const trailers = { 'X-Checksum': '42' }
  const bodies: (() => Response)[] = [
    () => new Response('hello'),
    () => new Response(pieces('hello')),
    () => new Response('hello', { headers: { 'content-length': '5' } }),
  ]
  for (const make of bodies) {
    const answer = yield* ask(() => withTrailers(make(), trailers))
    assert.match(answer, /^HTTP\/1\.1 200 OK\r\n/)
    assert.match(answer, /\r\ntrailer: X-Checksum\r\n/i)
    assert.doesNotMatch(answer, /content-length/i)
    assert.ok(answer.endsWith('\r\n\r\n5\r\nhello\r\n0\r\nX-Checksum: 42\r\n\r\n'), answer)
  }
})

greenTest('trailers may be made when the body was sent', function* () {
  let sent = 0
  const answer = yield* ask(() => {
    const counting = new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        sent += chunk.length
        controller.enqueue(chunk)
      },
    })
    return withTrailers(new Response(pieces('one', 'two').pipeThrough(counting)), () => ({ 'X-Size': String(sent) }))
  })
  assert.ok(answer.endsWith('\r\n0\r\nX-Size: 6\r\n\r\n'), answer)
})

greenTest('a client of HTTP/1.0 and a HEAD get no trailers', function* () {
  const make = (): Response => withTrailers(new Response('hello'), { 'X-Checksum': '42' })
  const old = yield* ask(make, 'GET', '1.0')
  assert.ok(old.endsWith('\r\n\r\nhello'), old)
  assert.ok((yield* ask(make, 'HEAD')).endsWith('\r\n\r\n'))
})

test('a field that has to come before the body is refused', () => {
  for (const name of ['Content-Length', 'transfer-encoding', 'Set-Cookie', 'Host']) {
    assert.throws(() => withTrailers(new Response(''), { [name]: '1' }), {
      name: 'TypeError',
      message: /cannot be a trailer/,
    })
  }
  assert.throws(() => withTrailers(new Response(''), { 'a b': '1' }), TypeError)
})

greenTest('a trailer that cannot be sent is an error of the handler', function* () {
  const errors = yield* reported(function* () {
    const answer = yield* ask(() => withTrailers(new Response(pieces('hello')), () => ({ X: 'a\r\nb: c' })))
    assert.doesNotMatch(answer, /b: c/)
    assert.ok(!answer.endsWith('0\r\n\r\n'), answer)
  })
  assert.match(String(errors[0]), /Invalid character in header content/)
})
