import assert from 'node:assert/strict'
import { inspect } from 'node:util'
import { gunzipSync } from 'node:zlib'
import {
  ErrorStream,
  GatewayError,
  Queue,
  WSGIServer,
  bodyOf,
  compose,
  fetch,
  green,
  gzip,
  makeServer,
  mount,
  sleep,
  validator,
  type Coroutine,
  type Environ,
  type Middleware,
  type WSGIApp,
} from 'gvent'
import { greenTest } from '../green-test.js'
import { dial, exchange, portOf, urlOf } from '../http/raw-client.js'
import { reported, serving } from '../http/serving.js'

const local = { host: '127.0.0.1', port: 0 }
const plain = [['Content-Type', 'text/plain']] as const

/** What comes back for `request` from a server with `app` alone. */
function* answerOf(app: WSGIApp, request = 'GET / HTTP/1.1\r\n', body = ''): Coroutine<string> {
  let answer = ''
  const server = new WSGIServer(local, app)
  yield* serving(server, function* () {
    answer = yield* exchange(server, `${request}Host: x\r\nConnection: close\r\n\r\n${body}`)
  })
  return answer
}

function bodyIn(answer: string): string {
  return answer.slice(answer.indexOf('\r\n\r\n') + 4)
}

// A response that is broken off in the turn in which it began: Node 26 has not sent anything by then.
const brokenOff = /^$|^HTTP\/1\.1 200 /

/** The one error that is reported when `app` answers. */
function* failureOf(app: WSGIApp, status = /^HTTP\/1\.1 500 /): Coroutine<Error> {
  const errors = yield* reported(function* () {
    assert.match(yield* answerOf(app), status)
  })
  assert.equal(errors.length, 1)
  return errors[0] as Error
}

greenTest('the stack of an error leads through the application and its middleware', function* () {
  const look = green(function* look(): Coroutine<void> {
    yield* sleep(1)
    throw new Error('not found')
  })
  const app: WSGIApp = function* app(_environ, startResponse) {
    startResponse('200 OK', plain)
    yield* look()
  }
  const { stack } = yield* failureOf(validator()(app))
  const names = stack!.split('\n').flatMap((line) => /at (?:Object\.)?(look|app|a plain) /.exec(line)?.[1] ?? [])
  assert.deepEqual(names, ['look', 'app'])
})

greenTest('a generator sends with yield and waits with yield*', function* () {
  const app: WSGIApp = function* (_environ, startResponse) {
    startResponse('200 OK', plain)
    yield 'one '
    yield* sleep(1)
    yield Buffer.from('two ')
    yield
    yield 'three'
  }
  const answer = yield* answerOf(app)
  assert.match(answer, /^HTTP\/1\.1 200 OK\r\nContent-Type: text\/plain\r\n/)
  assert.match(answer, /Transfer-Encoding: chunked/)
  // Node 26 joins what is written in one turn into one chunk.
  assert.match(bodyIn(answer), /^4\r\none \r\n(4\r\ntwo \r\n5\r\nthree|9\r\ntwo three)\r\n0\r\n\r\n$/)
})

greenTest('an app may return an array, a string, an iterable, an async iterable, and a promise of them', function* () {
  const bodies: (() => ReturnType<WSGIApp>)[] = [
    () => ['a', 'bc'],
    () => 'abc',
    () => new Set(['a', Buffer.from('bc')]),
    async function* () {
      yield 'a'
      yield 'bc'
    },
    async () => ['abc'],
  ]
  for (const body of bodies) {
    const answer = yield* answerOf((_environ, startResponse) => {
      startResponse('200 OK', plain)
      return body()
    }, 'GET / HTTP/1.0\r\n')
    assert.equal(bodyIn(answer), 'abc')
  }
})

greenTest('the length of a body that is there as a whole is told', function* () {
  const answer = yield* answerOf((_environ, startResponse) => {
    startResponse('200 OK', plain)
    return ['ä', 'b']
  })
  assert.match(answer, /\r\nContent-Length: 3\r\n/)
})

greenTest('an iterable is closed when it is done with, also when it fails', function* () {
  const closed: string[] = []
  const make =
    (fails: boolean): WSGIApp =>
    (_environ, startResponse) => {
      startResponse('200 OK', plain)
      return {
        *[Symbol.iterator]() {
          yield 'x'
          if (fails) throw new Error('broken')
        },
        close() {
          closed.push(String(fails))
        },
      }
    }
  yield* answerOf(make(false))
  yield* failureOf(make(true), brokenOff)
  assert.deepEqual(closed, ['false', 'true'])
})

greenTest('environ holds what PEP 3333 asks for', function* () {
  let seen: Environ | undefined
  const server = new WSGIServer({ ...local, environ: { 'my.key': 1 } }, function* (environ, startResponse) {
    seen = { ...environ }
    startResponse('200 OK', plain)
  })
  yield* serving(server, function* () {
    yield* exchange(
      server,
      'POST /a%20b/%c3%a4?x=%20 HTTP/1.1\r\nHost: example.org\r\nContent-Type: text/x\r\nContent-Length: 0\r\n' +
        'X-Two: 1\r\nX-Two: 2\r\nX_Two: 3\r\nCookie: a=1\r\nCookie: b=2\r\nConnection: close\r\n\r\n',
    )
    assert.ok(seen)
    const { REMOTE_PORT, 'wsgi.input': input, 'wsgi.errors': errors, ...rest } = seen
    assert.ok(Number(REMOTE_PORT) > 0)
    assert.equal(typeof input.read, 'function')
    assert.ok(errors instanceof ErrorStream)
    assert.deepEqual(rest, {
      REQUEST_METHOD: 'POST',
      SCRIPT_NAME: '',
      PATH_INFO: '/a b/\xc3\xa4',
      QUERY_STRING: 'x=%20',
      CONTENT_TYPE: 'text/x',
      CONTENT_LENGTH: '0',
      SERVER_NAME: '127.0.0.1',
      SERVER_PORT: String(portOf(server)),
      SERVER_PROTOCOL: 'HTTP/1.1',
      SERVER_SOFTWARE: 'gvent',
      GATEWAY_INTERFACE: 'CGI/1.1',
      REMOTE_ADDR: '127.0.0.1',
      HTTP_HOST: 'example.org',
      HTTP_X_TWO: '1,2',
      HTTP_COOKIE: 'a=1; b=2',
      HTTP_CONNECTION: 'close',
      'wsgi.version': [1, 0],
      'wsgi.url_scheme': 'http',
      'wsgi.multithread': false,
      'wsgi.multiprocess': false,
      'wsgi.run_once': false,
      'wsgi.input_terminated': true,
      'my.key': 1,
    })
  })
})

greenTest('an environ that is shown hides what may be secret', function* () {
  let shown = ''
  yield* answerOf((environ, startResponse) => {
    shown = inspect(environ)
    startResponse('200 OK', plain)
    return []
  }, 'GET /?token=secret HTTP/1.1\r\nCookie: secret\r\nAuthorization: secret\r\n')
  assert.doesNotMatch(shown, /secret/)
  assert.match(shown, /HTTP_COOKIE: '<MASKED>'/)
  assert.match(shown, /REMOTE_ADDR: '127\.0\.0\.1'/)
})

greenTest('wsgi.input reads bytes, lines and the rest, whether it comes in chunks or not', function* () {
  const app: WSGIApp = function* (environ, startResponse) {
    const input = environ['wsgi.input']
    const seen: string[] = []
    seen.push((yield* input.read(3)).toString())
    seen.push((yield* input.readline()).toString())
    seen.push((yield* input.readline(2)).toString())
    for (const next of input) {
      const line = yield* next
      if (line.done) break
      seen.push(line.value.toString())
      if (seen.length === 5) break
    }
    seen.push(...(yield* input.readlines()).map(String))
    seen.push(String((yield* input.read()).length + (yield* input.readline()).length))
    startResponse('200 OK', plain)
    yield JSON.stringify(seen)
  }
  const expected = JSON.stringify(['abc', 'd\n', 'ef', 'g\n', 'h\n', 'i\n', 'j', '0'])
  const body = 'abcd\nefg\nh\ni\nj'
  const whole = yield* answerOf(app, `POST / HTTP/1.0\r\nContent-Length: ${body.length}\r\n`, body)
  assert.equal(bodyIn(whole), expected)
  const chunks = Array.from(body, (character) => `1\r\n${character}\r\n`).join('')
  const chunked = yield* answerOf(app, 'POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n', `${chunks}0\r\n\r\n`)
  assert.ok(chunked.includes(expected))
})

greenTest('write sends before the body', function* () {
  const answer = yield* answerOf(function* (_environ, startResponse) {
    const write = startResponse('200 OK', plain)
    yield* write('first ')
    yield 'second'
  }, 'GET / HTTP/1.0\r\n')
  assert.equal(bodyIn(answer), 'first second')
})

greenTest('an error replaces a response that has not begun, and is raised when it has', function* () {
  const failure = new Error('broken')
  const answer = yield* answerOf((_environ, startResponse) => {
    startResponse('200 OK', plain)
    startResponse('500 Oops', plain, failure)
    return ['sorry']
  })
  assert.match(answer, /^HTTP\/1\.1 500 Oops\r\n/)
  const raised = yield* failureOf(function* (_environ, startResponse) {
    startResponse('200 OK', plain)
    yield 'begin'
    startResponse('500 Oops', plain, failure)
  }, brokenOff)
  assert.equal(raised, failure)
})

const wrong: [name: string, app: WSGIApp, message: RegExp][] = [
  ['no startResponse', () => [], /ended without calling startResponse/],
  ['a body before it', () => ['x'], /before it called startResponse/],
  ['two of them', (_, start) => (start('200 OK', plain), start('200 OK', plain), []), /it was already called/],
  ['a status without digits', (_, start) => (start('OK', []), []), /expected three digits and a name/],
  ['a line break in the status', (_, start) => (start('200 OK\r\nX: y', []), []), /expected three digits/],
  [
    'a line break in a value',
    (_, start) => (start('200 OK', [['X', 'a\r\nSet-Cookie: b']]), []),
    /not allowed in a header/,
  ],
  ['a line break in a name', (_, start) => (start('200 OK', [['X\r\nY', 'a']]), []), /cannot be the name of a header/],
  ['a character beyond Latin-1', (_, start) => (start('200 OK', [['X', '\u20ac']]), []), /encodeURIComponent/],
  ['a hop-by-hop header', (_, start) => (start('200 OK', [['Connection', 'close']]), []), /sent by the server/],
  ['a length that is none', (_, start) => (start('200 OK', [['Content-Length', '+1']]), ['x']), /Content-Length/],
  ['too much body', (_, start) => (start('200 OK', [['Content-Length', '1']]), ['xy']), /announced 1 bytes .* gave 2/],
  ['too little body', (_, start) => (start('200 OK', [['Content-Length', '3']]), ['x']), /announced 3 bytes .* gave 1/],
  ['a body with 204', (_, start) => (start('204 No Content', []), ['x']), /status 204 has no body/],
  ['a number as a body', (_, start) => (start('200 OK', []), 1 as never), /must return its body/],
  [
    'a number in a body',
    (_, start) => (start('200 OK', []), JSON.parse('[1]') as string[]),
    /consists of strings and bytes/,
  ],
  [
    'a number that is yielded',
    function* (_, start) {
      start('200 OK', [])
      yield 1
    },
    /only an operation, a coroutine or a promise/,
  ],
]
for (const [name, app, message] of wrong) {
  greenTest(`${name} is refused with an error that says why`, function* () {
    assert.match((yield* failureOf(app)).message, message)
  })
}

greenTest('a body that is too short breaks the connection off', function* () {
  const app: WSGIApp = (_environ, startResponse) => {
    startResponse('200 OK', [['Content-Length', '3']])
    return ['x'].values()
  }
  assert.match((yield* failureOf(app, /\r\n\r\nx$/)).message, /announced 3 bytes of body, and gave 1/)
})

greenTest('HEAD gets the head of what GET gets', function* () {
  const app: WSGIApp = (_environ, startResponse) => {
    startResponse('200 OK', plain)
    return ['abc']
  }
  const answer = yield* answerOf(app, 'HEAD / HTTP/1.1\r\n')
  assert.match(answer, /Content-Length: 3/)
  assert.equal(bodyIn(answer), '')
})

greenTest('HEAD is not told the length of a body that was not made for it', function* () {
  const app: WSGIApp = function* (_environ, startResponse) {
    startResponse('200 OK', plain)
  }
  assert.doesNotMatch(yield* answerOf(app, 'HEAD / HTTP/1.1\r\n'), /Content-Length/)
})

greenTest('a header is sent as Latin-1, whatever the body is', function* () {
  const head = [['X-Latin', '\xe9']] as const
  const apps: WSGIApp[] = [
    (_, start) => (start('200 \xc4h', head), ['\u20ac']),
    (_, start) => (start('200 \xc4h', head), ['\u20ac'].values()),
    (_, start) => (start('200 \xc4h', [...head, ['Content-Length', '3']]), ['\u20ac'].values()),
    (_, start) => (start('200 \xc4h', head), []),
  ]
  for (const app of apps) {
    const answer = yield* answerOf(app)
    assert.match(answer, /^HTTP\/1\.1 200 \xc4h\r\n/)
    assert.match(answer, /\r\nX-Latin: \xe9\r\n/)
  }
})

greenTest('an app whose client leaves is killed, and its cleanup may wait', function* () {
  const events = new Queue<string>()
  const server = new WSGIServer(local, function* (_environ, startResponse) {
    startResponse('200 OK', plain)
    try {
      for (;;) {
        yield 'x'
        yield* sleep(1)
      }
    } finally {
      yield* sleep(1)
      yield* events.put('cleaned')
    }
  })
  yield* serving(server, function* () {
    const socket = yield* dial(server)
    yield* socket.sendAll('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
    yield* socket.recvUntil('x\r\n')
    socket.close()
    assert.equal(yield* events.get(), 'cleaned')
  })
})

greenTest('makeServer listens where it is told', function* () {
  const server = makeServer('127.0.0.1', 0, function* (_environ, startResponse) {
    startResponse('200 OK', plain)
    yield 'Hello world!\n'
  })
  yield* serving(server, function* () {
    assert.equal(yield* (yield* fetch(urlOf(server))).text(), 'Hello world!\n')
  })
})

greenTest('middleware passes on what an application yields, waits included', function* () {
  const shout: Middleware = (app) =>
    function* (environ, startResponse) {
      yield '<'
      yield* bodyOf(app(environ, startResponse))
      yield '>'
    }
  const order: string[] = []
  const note =
    (name: string): Middleware =>
    (app) =>
    (environ, startResponse) => {
      order.push(name)
      return app(environ, startResponse)
    }
  const app: WSGIApp = function* () {
    yield* sleep(1)
    yield 'x'
  }
  const start: Middleware = (inner) => (environ, startResponse) => {
    startResponse('200 OK', plain)
    return inner(environ, startResponse)
  }
  const answer = yield* answerOf(compose(app, start, note('a'), note('b'), shout), 'GET / HTTP/1.0\r\n')
  assert.equal(bodyIn(answer), '<x>')
  assert.deepEqual(order, ['a', 'b'])
})

greenTest('mount gives each application its part of the path', function* () {
  const show: WSGIApp = ({ SCRIPT_NAME, PATH_INFO }, startResponse) => {
    startResponse('200 OK', plain)
    return [`${SCRIPT_NAME}|${PATH_INFO}`]
  }
  const app = validator()(mount({ '/a': show, '/a/b': show }))
  const ask = function* (path: string): Coroutine<string> {
    return bodyIn(yield* answerOf(app, `GET ${path} HTTP/1.0\r\n`))
  }
  assert.equal(yield* ask('/a'), '/a|')
  assert.equal(yield* ask('/a/c'), '/a|/c')
  assert.equal(yield* ask('/a/b/c'), '/a/b|/c')
  assert.equal(yield* ask('/ab'), 'Not Found\n')
})

greenTest('gzip compresses text for those who take it, chunk by chunk', function* () {
  const app: WSGIApp = function* (environ, startResponse) {
    const type = environ.PATH_INFO === '/png' ? 'image/png' : 'text/plain'
    startResponse('200 OK', [
      ['Content-Type', type],
      ['Content-Length', '2000'],
    ])
    yield 'a'.repeat(1000)
    yield* sleep(1)
    yield 'b'.repeat(1000)
  }
  const ask = (path: string, accept: string): Coroutine<string> =>
    answerOf(gzip()(app), `GET ${path} HTTP/1.0\r\nAccept-Encoding: ${accept}\r\n`)
  const compressed = yield* ask('/', 'deflate, gzip')
  assert.match(compressed, /Vary: Accept-Encoding\r\nContent-Encoding: gzip\r\n/)
  assert.doesNotMatch(compressed, /Content-Length/)
  const text = gunzipSync(Buffer.from(bodyIn(compressed), 'latin1')).toString()
  assert.equal(text, 'a'.repeat(1000) + 'b'.repeat(1000))
  for (const [path, accept] of [
    ['/', 'gzip;q=0'],
    ['/', 'br'],
    ['/png', 'gzip'],
  ] as const) {
    assert.equal(bodyIn(yield* ask(path, accept)).length, 2000)
  }
})

const careless: [name: string, app: WSGIApp, message: RegExp][] = [
  ['no Content-Type', (_, start) => (start('200 OK', []), ['x']), /there is no Content-Type/],
  ['no name of the status', (_, start) => (start('200', plain), ['x']), /has no name/],
  ['a type of a body that is not there', (_, start) => (start('204 No Content', plain), []), /no Content-Type/],
  ['a status among the headers', (_, start) => (start('200 OK', [...plain, ['Status', '200']]), []), /not a header/],
  ['a string', (_, start) => (start('200 OK', plain), 'x'), /returned a string/],
]
for (const [name, app, message] of careless) {
  greenTest(`the validator finds ${name}`, function* () {
    const failure = yield* failureOf(validator()(app))
    assert.ok(failure instanceof GatewayError)
    assert.match(failure.message, message)
  })
}
