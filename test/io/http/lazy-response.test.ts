import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HTTPServer, Response as LightResponse, type Coroutine } from 'gvent'
import { greenTest } from '../green-test.js'
import { exchange } from './raw-client.js'
import { reported, serving } from './serving.js'

const Platform = globalThis.Response
type Arguments = ConstructorParameters<typeof Response>

/** What both classes have to make the same of. */
const cases: Record<string, Arguments> = {
  nothing: [],
  'a null body': [null],
  text: ['hello'],
  'an empty text': [''],
  'text that is not ASCII': ['hellö €'],
  bytes: [new TextEncoder().encode('hello')],
  'no bytes': [new Uint8Array()],
  'a status': ['made', { status: 201, statusText: 'Made' }],
  'headers as an object': ['hello', { headers: { 'X-One': '1', 'content-type': 'text/x' } }],
  'headers as pairs': [
    'hello',
    {
      headers: [
        ['x-one', '1'],
        ['X-One', '2'],
        ['Set-Cookie', 'a'],
        ['Set-Cookie', 'b'],
      ],
    },
  ],
  'headers of the platform': ['hello', { headers: new Headers({ 'x-one': '1' }) }],
  'a length of its own': ['hello', { headers: { 'Content-Length': '5' } }],
  'no content': [null, { status: 204 }],
  'not modified': [null, { status: 304, headers: { etag: '"x"' } }],
  'a blob': [new Blob(['hello'], { type: 'text/x' })],
  'a form': [new URLSearchParams({ a: 'b c' })],
}

/** The status and the headers but for the date, and the body, as they are on the wire. */
function* answers(make: () => Response, method: string): Coroutine<string> {
  const server = new HTTPServer({ host: '127.0.0.1', port: 0 }, make)
  let answer = ''
  yield* serving(server, function* () {
    answer = yield* exchange(server, `${method} / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`)
  })
  const end = answer.indexOf('\r\n\r\n')
  const [first, ...fields] = answer.slice(0, end).split('\r\n') as [string, ...string[]]
  const kept = fields.filter((field) => !field.startsWith('Date:')).map(normalized)
  return [first, ...kept.sort(), answer.slice(end)].join('\n')
}

// Names have no case.
function normalized(field: string): string {
  const colon = field.indexOf(':')
  return field.slice(0, colon).toLowerCase() + field.slice(colon)
}

for (const [name, parameters] of Object.entries(cases)) {
  greenTest(`${name}: goes out as the platform's does, looked at before or not`, function* () {
    for (const method of ['GET', 'HEAD']) {
      const expected = yield* answers(() => new Platform(...parameters), method)
      assert.equal(yield* answers(() => new LightResponse(...parameters), method), expected)
      const looked = (): Response => {
        const response = new LightResponse(...parameters)
        assert.equal(response.headers.get('nothing'), null)
        return response
      }
      assert.equal(yield* answers(looked, method), expected)
      const opened = (): Response => {
        const response = new LightResponse(...parameters)
        assert.equal(response.bodyUsed, false)
        assert.equal(response.body === null, new Platform(...parameters).body === null)
        return response
      }
      assert.equal(yield* answers(opened, method), expected)
    }
  })

  test(`${name}: is what the platform's is to those who look`, async () => {
    const [light, platforms] = [new LightResponse(...parameters), new Platform(...parameters)]
    assert.ok(light instanceof Platform)
    assert.equal(Object.prototype.toString.call(light), '[object Response]')
    for (const key of ['status', 'statusText', 'ok', 'type', 'url', 'redirected', 'bodyUsed'] as const) {
      assert.equal(light[key], platforms[key], key)
    }
    assert.deepEqual([...light.headers], [...platforms.headers])
    assert.equal(await light.clone().text(), await platforms.clone().text())
    const blob = await light.clone().blob()
    assert.equal(blob.type, (await platforms.clone().blob()).type)
    assert.deepEqual(await light.arrayBuffer(), await platforms.arrayBuffer())
    assert.equal(light.bodyUsed, platforms.bodyUsed)
    if (platforms.bodyUsed) await assert.rejects(() => light.text(), TypeError)
  })
}

test('a header that is set later is there, and goes along when the body is asked for', async () => {
  const response = new LightResponse('hello', { headers: { a: '1' } })
  response.headers.set('b', '2')
  assert.equal(response.headers.get('a'), '1')
  assert.ok(response.body !== null)
  assert.equal(response.headers.get('b'), '2')
  assert.equal(await response.text(), 'hello')
})

test('what the platform refuses is refused', () => {
  const wrong: unknown[][] = [
    ['', { status: 199 }],
    ['', { status: 600 }],
    ['body', { status: 204 }],
    ['', { statusText: 'a\nb' }],
    ['', 5],
  ]
  for (const parameters of wrong) {
    assert.throws(() => new Platform(...(parameters as Arguments)), String(parameters))
    assert.throws(() => new LightResponse(...(parameters as Arguments)), String(parameters))
  }
})

test('json, redirect and error are there as well', async () => {
  const json = LightResponse.json({ a: [1] }, { status: 201 })
  assert.equal(json.status, 201)
  assert.equal(json.headers.get('content-type'), 'application/json')
  assert.deepEqual(await json.json(), { a: [1] })
  const typed = LightResponse.json(1, { headers: { 'Content-Type': 'application/x' } })
  assert.equal(typed.headers.get('content-type'), 'application/x')
  assert.throws(() => LightResponse.json(undefined), TypeError)
  const redirect = LightResponse.redirect('http://127.0.0.1/', 301)
  assert.equal(redirect.headers.get('location'), 'http://127.0.0.1/')
  assert.equal(LightResponse.error().type, 'error')
  assert.deepEqual(await new LightResponse('{"a":1}').json(), { a: 1 })
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- it is there
  const form = await new LightResponse(new URLSearchParams({ a: 'b' })).formData()
  assert.equal(form.get('a'), 'b')
  const { bytes } = new LightResponse('a') as Response & { bytes?: () => Promise<Uint8Array> }
  assert.equal(typeof bytes, 'function')
})

greenTest('a header that would be two is an error of the handler', function* () {
  const errors = yield* reported(function* () {
    const make = (): Response => new LightResponse('x', { headers: { 'x-a': 'a\r\nx-b: b' } })
    assert.match(yield* answers(make, 'GET'), /^HTTP\/1\.1 500 /)
  })
  assert.match(String(errors[0]), /Invalid character in header content/)
})
