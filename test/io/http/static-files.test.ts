import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after } from 'node:test'
import {
  HTTPServer,
  fetch,
  sleep,
  staticFiles,
  type Coroutine,
  type GreenResponse,
  type StaticFilesOptions,
} from 'gvent'
import { greenTest, raised } from '../green-test.js'
import { exchange, urlOf } from './raw-client.js'
import { reported, serving } from './serving.js'

const local = { host: '127.0.0.1', port: 0 }
const outside = mkdtempSync(join(tmpdir(), 'gvent-'))
const folder = join(outside, 'public')
const text = 'The quick brown fox jumps over the lazy dog.'
const long = Buffer.alloc(300_000, '0123456789')
const changed = new Date('2020-02-02T12:00:00.500Z')

mkdirSync(join(folder, 'sub'), { recursive: true })
mkdirSync(join(folder, '.git'))
mkdirSync(join(folder, 'empty'))
writeFileSync(join(outside, 'secret.txt'), 'secret')
writeFileSync(join(folder, 'index.html'), '<h1>index</h1>')
writeFileSync(join(folder, 'fox.txt'), text)
writeFileSync(join(folder, 'ä b.txt'), 'umlaut')
writeFileSync(join(folder, 'long.bin'), long)
writeFileSync(join(folder, 'nothing'), '')
writeFileSync(join(folder, 'model.glb'), 'model')
writeFileSync(join(folder, '.git', 'config'), 'secret')
writeFileSync(join(folder, 'sub', 'index.html'), '<h1>sub</h1>')
symlinkSync(join(outside, 'secret.txt'), join(folder, 'link.txt'))
symlinkSync(outside, join(folder, 'up'))
symlinkSync(join(folder, 'fox.txt'), join(folder, 'inner.txt'))
utimesSync(join(folder, 'fox.txt'), changed, changed)
after(() => {
  rmSync(outside, { recursive: true })
})

function* showing(
  body: (get: (path: string, init?: RequestInit) => Coroutine<GreenResponse>, server: HTTPServer) => Coroutine<void>,
  options?: StaticFilesOptions,
): Coroutine<void> {
  const server = new HTTPServer(local, staticFiles(folder, options))
  yield* serving(server, () =>
    body(function* (path, init) {
      return yield* fetch(urlOf(server, path), { redirect: 'manual', ...init })
    }, server),
  )
}

greenTest('a file is sent with its type, its length and what tells one state of it from another', function* () {
  yield* showing(function* (get) {
    const response = yield* get('/fox.txt')
    assert.equal(response.status, 200)
    assert.equal(response.headers.get('content-type'), 'text/plain; charset=utf-8')
    assert.equal(response.headers.get('content-length'), String(text.length))
    assert.equal(response.headers.get('last-modified'), 'Sun, 02 Feb 2020 12:00:00 GMT')
    assert.equal(response.headers.get('accept-ranges'), 'bytes')
    assert.equal(response.headers.get('cache-control'), 'no-cache')
    assert.equal(response.headers.get('x-content-type-options'), 'nosniff')
    assert.match(response.headers.get('etag')!, /^"[0-9a-f]+-[0-9a-f]+"$/)
    assert.equal(yield* response.text(), text)
    assert.equal(yield* (yield* get('/%C3%A4%20b.txt')).text(), 'umlaut')
    assert.equal(yield* (yield* get('/inner.txt')).text(), text)
    assert.equal(yield* (yield* get('/nothing')).text(), '')
    assert.deepEqual(Buffer.from(yield* (yield* get('/long.bin')).bytes()), long)
  })
})

greenTest('HEAD gets what GET gets, without the body', function* () {
  yield* showing(function* (get) {
    for (const path of ['/fox.txt', '/long.bin', '/nothing', '/missing']) {
      const [head, whole] = [yield* get(path, { method: 'HEAD' }), yield* get(path)]
      assert.equal(head.status, whole.status)
      for (const name of ['content-length', 'content-type', 'etag', 'last-modified']) {
        assert.equal(head.headers.get(name), whole.headers.get(name), `${name} of ${path}`)
      }
      assert.equal(yield* head.text(), '')
      yield* whole.text()
    }
  })
})

greenTest('a folder is answered with its index, and redirected to its slash', function* () {
  yield* showing(function* (get) {
    assert.equal(yield* (yield* get('/')).text(), '<h1>index</h1>')
    assert.equal(yield* (yield* get('/sub/')).text(), '<h1>sub</h1>')
    const redirect = yield* get('/sub?a=b')
    assert.equal(redirect.status, 301)
    assert.equal(redirect.headers.get('location'), '/sub/?a=b')
    yield* redirect.text()
    assert.equal((yield* get('/empty/')).status, 404)
    assert.equal((yield* get('/fox.txt/')).status, 404)
  })
  yield* showing(
    function* (get) {
      assert.equal((yield* get('/')).status, 404)
    },
    { index: null },
  )
})

greenTest('no path leads out of the folder, to what is hidden, or to another site', function* () {
  yield* showing(function* (_get, server) {
    const paths = [
      '/../secret.txt',
      '/%2e%2e/secret.txt',
      '/..%2fsecret.txt',
      '/sub/..%2f..%2fsecret.txt',
      '/%2e%2e%2fsecret.txt',
      '/..\\secret.txt',
      '/..%5csecret.txt',
      `/${outside}/secret.txt`,
      `/${encodeURIComponent(join(outside, 'secret.txt'))}`,
      '/link.txt',
      '/up/secret.txt',
      '/.git/config',
      '/%2egit/config',
      '/fox.txt%00.html',
      '/%ff',
      '/%',
      '//sub',
      '/sub//index.html',
      '/sub%2findex.html',
    ]
    for (const path of paths) {
      const answer = yield* exchange(server, `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`)
      assert.match(answer, /^HTTP\/1\.1 404 /, `${path}: ${answer}`)
      assert.doesNotMatch(answer, /secret\r?$/m)
    }
  })
  yield* showing(
    function* (get) {
      assert.equal(yield* (yield* get('/.git/config')).text(), 'secret')
    },
    { hidden: true },
  )
})

greenTest('what is no file is not opened', function* () {
  const pipe = join(folder, 'pipe')
  execFileSync('mkfifo', [pipe])
  try {
    yield* showing(function* (get) {
      assert.equal((yield* get('/pipe')).status, 404)
    })
  } finally {
    rmSync(pipe)
  }
})

greenTest('other methods are refused', function* () {
  yield* showing(function* (get) {
    const response = yield* get('/fox.txt', { method: 'POST', body: 'x' })
    assert.equal(response.status, 405)
    assert.equal(response.headers.get('allow'), 'GET, HEAD')
    yield* response.text()
  })
})

greenTest('a client that has the file already is told so', function* () {
  yield* showing(function* (get) {
    const whole = yield* get('/fox.txt')
    yield* whole.text()
    const etag = whole.headers.get('etag')!
    const modified = whole.headers.get('last-modified')!
    const before = 'Sun, 02 Feb 2020 11:59:59 GMT'
    const cases: [status: number, headers: Record<string, string>][] = [
      [304, { 'if-none-match': etag }],
      [304, { 'if-none-match': `"x", W/${etag}` }],
      [304, { 'if-none-match': '*' }],
      [200, { 'if-none-match': '"x"' }],
      [200, { 'if-none-match': '"x"', 'if-modified-since': modified }],
      [304, { 'if-modified-since': modified }],
      [200, { 'if-modified-since': before }],
      [200, { 'if-modified-since': 'yesterday' }],
      [200, { 'if-match': etag }],
      [200, { 'if-match': '*' }],
      [412, { 'if-match': '"x"' }],
      [412, { 'if-match': `W/${etag}` }],
      [412, { 'if-unmodified-since': before }],
      [200, { 'if-unmodified-since': modified }],
      [200, { 'if-match': etag, 'if-unmodified-since': before }],
    ]
    for (const [status, headers] of cases) {
      // Otherwise the platform's fetch adds conditions of its own.
      const response = yield* get('/fox.txt', { headers: { ...headers, 'cache-control': 'no-cache' } })
      assert.equal(response.status, status, JSON.stringify(headers))
      assert.equal(yield* response.text(), status === 200 ? text : status === 304 ? '' : 'Precondition Failed\n')
      if (status === 304) assert.equal(response.headers.get('etag'), etag)
    }
  })
})

greenTest('a part of a file is sent to those who ask for one', function* () {
  yield* showing(function* (get) {
    const size = text.length
    const cases: [range: string, part: string | null, contentRange?: string][] = [
      ['bytes=0-3', text.slice(0, 4), `bytes 0-3/${size}`],
      ['bytes=4-', text.slice(4), `bytes 4-${size - 1}/${size}`],
      ['bytes=-4', text.slice(-4), `bytes ${size - 4}-${size - 1}/${size}`],
      ['bytes=-1000', text, `bytes 0-${size - 1}/${size}`],
      ['bytes=40-1000', text.slice(40), `bytes 40-${size - 1}/${size}`],
      [`bytes=${size - 1}-`, '.', `bytes ${size - 1}-${size - 1}/${size}`],
      ['bytes=44-', null],
      ['bytes=-0', null],
      ['bytes=99999999999999999999999-', null],
      // What is not understood, and several parts at once, get the whole.
      ['bytes=3-1', text],
      ['bytes=-', text],
      ['bytes=a-b', text],
      [`bytes=${' '.repeat(4000)}x`, text],
      [`bytes=1${' '.repeat(4000)}x`, text],
      ['bytes = 4 - ', text.slice(4), `bytes 4-${size - 1}/${size}`],
      ['bytes=1-2-3', text],
      ['bytes=1-2=3', text],
      ['lines=0-1', text],
      ['bytes=0-1,4-5', text],
    ]
    for (const [range, part, contentRange] of cases) {
      const response = yield* get('/fox.txt', { headers: { range } })
      const status = part === null ? 416 : contentRange === undefined ? 200 : 206
      assert.equal(response.status, status, range)
      const expected = part === null ? `bytes */${size}` : (contentRange ?? null)
      assert.equal(response.headers.get('content-range'), expected, range)
      assert.equal(yield* response.text(), part ?? 'Range Not Satisfiable\n', range)
    }
    const large = yield* get('/long.bin', { headers: { range: 'bytes=5-200004' } })
    assert.deepEqual(Buffer.from(yield* large.bytes()), long.subarray(5, 200_005))
    const head = yield* get('/fox.txt', { method: 'HEAD', headers: { range: 'bytes=0-3' } })
    assert.equal(head.status, 200)
  })
})

greenTest('a part is only sent of the state that the client has', function* () {
  yield* showing(function* (get) {
    const whole = yield* get('/fox.txt')
    yield* whole.text()
    const etag = whole.headers.get('etag')!
    const cases: [condition: string, status: number][] = [
      [etag, 206],
      ['Sun, 02 Feb 2020 12:00:00 GMT', 206],
      ['"x"', 200],
      [`W/${etag}`, 200],
      ['Sun, 02 Feb 2020 11:59:59 GMT', 200],
      ['nonsense', 200],
    ]
    for (const [condition, status] of cases) {
      const response = yield* get('/fox.txt', { headers: { range: 'bytes=0-3', 'if-range': condition } })
      assert.equal(response.status, status, condition)
      yield* response.text()
    }
  })
})

greenTest('prefix, maxAge and types are for the caller to say', function* () {
  yield* showing(
    function* (get) {
      const response = yield* get('/assets/model.glb')
      assert.equal(response.headers.get('content-type'), 'model/gltf-binary')
      assert.equal(response.headers.get('cache-control'), 'max-age=3600')
      yield* response.text()
      assert.equal((yield* get('/model.glb')).status, 404)
    },
    { prefix: '/assets', maxAge: 3600, types: { glb: 'model/gltf-binary' } },
  )
  assert.throws(() => staticFiles(5 as never), { name: 'TypeError', message: /expected a path, got 5/ })
  assert.throws(() => staticFiles(folder, { prefix: 'x' }), { name: 'TypeError', message: /must begin with a slash/ })
  assert.throws(() => staticFiles(folder, { maxAge: -1 }), { name: 'RangeError', message: /maxAge/ })
})

greenTest('another handler can call it, and answer what is missing itself', function* () {
  const files = staticFiles(folder)
  const server = new HTTPServer(local, function* (request) {
    const response = yield* files(request)
    return response.status === 404 ? new Response('else') : response
  })
  yield* serving(server, function* () {
    assert.equal(yield* (yield* fetch(urlOf(server, '/fox.txt'))).text(), text)
    assert.equal(yield* (yield* fetch(urlOf(server, '/missing'))).text(), 'else')
  })
})

greenTest('a file that becomes another one while it is sent breaks the response off', function* () {
  const path = join(folder, 'shrinking.bin')
  const files = staticFiles(folder)
  const server = new HTTPServer(local, function* (request) {
    writeFileSync(path, long)
    const response = yield* files(request)
    truncateSync(path, 100_000)
    return response
  })
  const errors = yield* reported(function* () {
    yield* serving(server, function* () {
      const response = yield* fetch(urlOf(server, '/shrinking.bin'))
      // The head may have gone out before the file was opened.
      if (response.status === 500) yield* response.text()
      else assert.ok((yield* raised(response.bytes())) instanceof TypeError)
    })
  })
  assert.match(String(errors[0]), /shrinking\.bin changed while it was being sent/)
})

greenTest('a client that leaves in the middle of a large file leaves no descriptor open', function* () {
  const path = join(folder, 'huge.bin')
  writeFileSync(path, '')
  truncateSync(path, 50_000_000)
  yield* showing(function* (get, server) {
    const response = yield* get('/huge.bin')
    for (const next of response.chunks()) {
      yield* next
      break
    }
    while (server.stats().handling > 0) yield* sleep(1)
    while (openFiles().includes(path)) yield* sleep(1)
  })
})

/** The files that this process has open, where the platform tells. */
function openFiles(): string[] {
  const descriptors = '/proc/self/fd'
  if (!existsSync(descriptors)) return []
  return readdirSync(descriptors).flatMap((name) => {
    try {
      return [readlinkSync(join(descriptors, name))]
    } catch {
      return []
    }
  })
}
