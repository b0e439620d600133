import assert from 'node:assert/strict'
import { spawnSync, type StdioOptions } from 'node:child_process'
import { closeSync, existsSync, openSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import express from 'express'
import {
  AsyncResult,
  HTTPRequestHandler,
  HTTPServer,
  Response as QuickResponse,
  WSGIServer,
  fromNode,
  sleep,
  type Coroutine,
  type HTTPServerStats,
  type NodeHandler,
} from 'gvent'
import { greenTest } from '../green-test.js'
import { dial, exchange } from './raw-client.js'
import { reported, serving } from './serving.js'
import { moduleArguments } from '../program.js'

const local = { host: '127.0.0.1', port: 0 }
const get = 'GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'
const root = fileURLToPath(new URL('../../../..', import.meta.url))

const post = (body: string, type = 'application/json'): string =>
  `POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: ${type}\r\nContent-Length: ${body.length}\r\n\r\n${body}`

/** What comes back for a request, which errors are reported meanwhile, and how the server stands then. */
function* outcome(
  server: HTTPServer,
  request: string,
): Coroutine<{ answer: string; errors: unknown[]; stats: HTTPServerStats }> {
  let answer = ''
  let errors: unknown[] = []
  let stats = server.stats()
  yield* serving(server, function* () {
    errors = yield* reported(function* () {
      answer = yield* exchange(server, request)
    })
    stats = server.stats()
  })
  return { answer, errors, stats }
}

for (const thrown of [undefined, null, 0, '', Symbol('thrown'), new Error('broken')]) {
  greenTest(`throw ${String(thrown)} in a handler is answered with 500, reported and counted`, function* () {
    const handlers = [
      () => {
        throw thrown
      },
      function* () {
        yield* sleep(0)
        throw thrown
      },
      async () => {
        throw thrown
      },
    ]
    for (const handler of handlers) {
      const { answer, errors, stats } = yield* outcome(new HTTPServer(local, handler), get)
      assert.match(answer, /^HTTP\/1\.1 500 /)
      assert.deepEqual(errors, [thrown])
      assert.equal(stats.failed, 1)
    }
  })
}

const malformed: Record<string, [request: string, read: (request: Request) => Promise<unknown>]> = {
  'JSON that is none': [post('{"a":'), (request) => request.json()],
  'no JSON at all': [post(''), (request) => request.json()],
  'a form that is none': [
    post('--x\r\nnonsense', 'multipart/form-data; boundary=x'),
    // eslint-disable-next-line @typescript-eslint/no-deprecated -- as handlers do
    (request) => request.formData(),
  ],
  'a form of another type': [
    post('a=b', 'text/plain'),
    // eslint-disable-next-line @typescript-eslint/no-deprecated -- as handlers do
    (request) => request.formData(),
  ],
}

for (const [name, [request, read]] of Object.entries(malformed)) {
  greenTest(`${name} from a client is answered with 400 and counted, and nothing is reported`, function* () {
    for (const handler of [
      async (incoming: Request) => Response.json(await read(incoming)),
      function* (incoming: Request): Coroutine<Response> {
        return Response.json(yield read(incoming))
      },
    ]) {
      const { answer, errors, stats } = yield* outcome(new HTTPServer(local, handler), request)
      assert.match(answer, /^HTTP\/1\.1 400 /)
      assert.deepEqual(errors, [])
      assert.deepEqual([stats.failed, stats.refused], [0, 1])
    }
  })
}

greenTest('a handler that catches the error of a bad body answers as it likes', function* () {
  const server = new HTTPServer(local, function* (request) {
    try {
      return Response.json(yield* request.json())
    } catch {
      return new Response('mine', { status: 422 })
    }
  })
  const { answer, stats } = yield* outcome(server, post('{'))
  assert.match(answer, /^HTTP\/1\.1 422 [^]*mine$/)
  assert.equal(stats.refused, 0)
})

greenTest('an error of the handler itself after a good body is its own fault', function* () {
  const server = new HTTPServer(local, function* (request) {
    yield* request.json()
    return Response.json(JSON.parse('{'))
  })
  const { answer, errors } = yield* outcome(server, post('{}'))
  assert.match(answer, /^HTTP\/1\.1 500 /)
  assert.equal(errors.length, 1)
})

/** Handlers of two parameters that do not answer by the second one. */
const unanswered: Record<string, [handler: (request: never, response: never) => unknown, told: RegExp]> = {
  'a generator function that returns a Response': [
    function* (_request, _info) {
      return new Response('hi')
    },
    /two parameters must answer with the second.* take one parameter, or write .*api: 'web'/,
  ],
  'a plain function that returns a Response': [
    (_request, _info) => new QuickResponse('hi'),
    /must answer with the second/,
  ],
  'an async function that returns a Response': [
    async (_request, _info) => new Response('hi'),
    /must answer with the second/,
  ],
  'a generator function that ends': [
    function* (_request, _info) {
      yield* sleep(0)
    },
    /ended without an answer; write response\.end/,
  ],
}

for (const [name, [handler, told]] of Object.entries(unanswered)) {
  greenTest(`${name}, but has two parameters, is reported and answered with 500`, function* () {
    const { answer, errors } = yield* outcome(new HTTPServer(local, handler as NodeHandler), get)
    assert.match(answer, /^HTTP\/1\.1 500 /)
    assert.equal(errors.length, 1)
    assert.match(String(errors[0]), told)
  })
}

/** Handlers in the terms of Node that are over before their response is. */
const later: Record<string, (request: IncomingMessage, response: ServerResponse) => unknown> = {
  'a plain function that answers later': (_request, response) => void setImmediate(() => response.end('later')),
  'an async function that answers later': async (_request, response) => void setImmediate(() => response.end('later')),
  *'a generator function that has set a header'(_request, response) {
    response.setHeader('X-A', '1')
    setImmediate(() => response.end('later'))
  },
  *'a generator function that reads the request'(request, response) {
    request.on('end', () => response.end('later')).resume()
  },
  *'a generator function that listens to the response'(_request, response) {
    response.on('close', () => undefined)
    setImmediate(() => response.end('later'))
  },
  *'a generator function that has begun its response'(_request, response) {
    response.write('lat')
    setImmediate(() => response.end('er'))
  },
  *'a generator function that pipes into the response'(_request, response) {
    Readable.from(['later']).pipe(response)
  },
}

for (const [name, handler] of Object.entries(later)) {
  greenTest(`${name} is waited for`, function* () {
    const { answer, errors } = yield* outcome(new HTTPServer({ ...local, api: 'node' }, handler), get)
    assert.match(answer, /^HTTP\/1\.1 200 /)
    assert.match(answer.replaceAll(/\r\n\d\r\n/g, ''), /later/)
    assert.deepEqual(errors, [])
  })
}

greenTest('under Express, each response and request of a connection emits its close', function* () {
  const closed: string[] = []
  const app = express()
  app.get('/{*path}', (request, response) => {
    for (const [name, emitter] of Object.entries({ request, response })) {
      emitter.on('close', () => closed.push(`${name} ${request.url}`))
    }
    if (request.url === '/last') response.write('begun')
    else response.send('hello')
  })
  const server = new HTTPServer({ ...local, api: 'node' }, app)
  yield* serving(server, function* () {
    const socket = yield* dial(server)
    for (const path of ['/1', '/2', '/3']) {
      yield* socket.sendAll(`GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`)
      yield* socket.recvUntil('hello')
    }
    yield* socket.sendAll('GET /last HTTP/1.1\r\nHost: x\r\n\r\n')
    yield* socket.recvUntil('begun')
    socket.close()
    while (closed.length < 8) yield* sleep(1)
    assert.deepEqual(
      closed.sort(),
      ['/1', '/2', '/3', '/last'].flatMap((path) => [`request ${path}`, `response ${path}`]).sort(),
    )
  })
})

greenTest('through fromNode, request and response emit their close as under Node', function* () {
  for (const body of ['', 'hello']) {
    const both = new AsyncResult<string[]>()
    const closed: string[] = []
    const note = (name: string): void => {
      closed.push(name)
      if (closed.length === 2) both.set(closed)
    }
    const app = (request: IncomingMessage, response: ServerResponse): void => {
      request.on('close', () => {
        note('request')
      })
      request.on('error', () => {
        note('error')
      })
      response.on('close', () => {
        note('response')
      })
      response.end('done')
    }
    const server = new WSGIServer(local, fromNode(app))
    yield* serving(server, function* () {
      yield* exchange(server, post(body))
      assert.deepEqual((yield* both.get()).sort(), ['request', 'response'])
    })
  }
})

/** What a proxy may have got from upstream: headers, and what must go out. */
const fields: [headers: Record<string, string>, sent: RegExp, never: RegExp][] = [
  [
    { 'transfer-encoding': 'chunked', connection: 'keep-alive', 'keep-alive': 'timeout=9' },
    /content-length: 2/i,
    /chunked|=9/i,
  ],
  [
    { upgrade: 'h2c', te: 'trailers', trailer: 'x', 'proxy-connection': 'keep-alive' },
    /content-length: 2/i,
    /h2c|^te:|trailer|proxy/im,
  ],
  [{ connection: 'close', 'x-a': '1' }, /x-a: 1\r\n[^]*Connection: close/i, /keep-alive/i],
  [{ 'content-length': '2', 'Transfer-Encoding': 'gzip, chunked' }, /content-length: 2/i, /chunked/i],
]

for (const [name, Made] of [
  ["the platform's Response", Response],
  ["gvent's Response", QuickResponse],
] as const) {
  greenTest(`headers about the connection in ${name} are left to the server`, function* () {
    for (const [headers, sent, never] of fields) {
      const server = new HTTPServer(local, () => new Made('hi', { headers }))
      yield* serving(server, function* () {
        const answer = yield* exchange(
          server,
          'GET / HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
        )
        const first = answer.slice(0, answer.indexOf('hi') + 2)
        assert.match(first, sent)
        assert.doesNotMatch(first.replace(/Connection: keep-alive\r\nKeep-Alive: timeout=5/, ''), never)
        assert.ok(first.endsWith('\r\n\r\nhi'))
      })
    }
  })

  greenTest(`a Content-Length in ${name} that could be read in two ways is an error`, function* () {
    for (const length of ['0x2', '2, 2', '+2', '2.0', '', '1e0', '-2']) {
      for (const request of [get, get.replace('GET', 'HEAD')]) {
        const handler = (): Response => new Made('hi', { headers: { 'content-length': length } })
        const { answer, errors } = yield* outcome(new HTTPServer(local, handler), request)
        assert.match(answer, /^HTTP\/1\.1 500 /, length)
        assert.match(String(errors[0]), /Content-Length/)
      }
    }
  })
}

greenTest('HTTPRequestHandler leaves headers about the connection to the server, too', function* () {
  for (const [name, value] of [
    ['Transfer-Encoding', 'chunked'],
    ['Upgrade', 'h2c'],
    ['Content-Length', '0x2'],
    ['Connection', 'Upgrade'],
  ] as const) {
    class Wrong extends HTTPRequestHandler {
      doGET(): void {
        this.sendResponse(200)
        this.sendHeader(name, value)
        this.endHeaders()
      }
      override logMessage(): void {
        // Not of interest.
      }
    }
    const { answer, errors } = yield* outcome(new HTTPServer(local, Wrong), get)
    assert.match(answer, /^HTTP\/1\.1 500 /)
    assert.match(String(errors[0]), new RegExp(`sendHeader: ${name}: .* cannot be sent; leave it out`))
  }
})

const wholeProgram = `
  import { HTTPServer, HTTPRequestHandler, WSGIServer, commonLog, fetch, getHub, outputLost, run, spawn, sleep } from 'gvent'
  class Handler extends HTTPRequestHandler { doGET() { this.sendResponse(200); this.endHeaders() } }
  const local = { host: '127.0.0.1', port: 0 }
  const servers = [
    new HTTPServer({ ...local, log: commonLog() }, () => new Response('ok')),
    new HTTPServer(local, Handler),
    new WSGIServer(local, function* (environ, start) {
      environ['wsgi.errors'].write('a line\\n')
      start('200 OK', [['Content-Type', 'text/plain']])
      yield 'ok'
    }),
  ]
  await run(function* () {
    for (const server of servers) {
      yield* server.start()
      for (let count = 0; count < 3; count++) yield* (yield* fetch('http://127.0.0.1:' + server.address().port)).text()
    }
    spawn(function* () { throw new Error('reported') })
    yield* sleep(20)
    for (const server of servers) yield* server.stop()
  })
  const lost = outputLost()
  process.exit(lost.stdout >= 3 && lost.stderr >= 7 ? 42 : 43)
`

function programStatus(stdio: StdioOptions): number | null {
  const options = { cwd: root, stdio, timeout: 60_000 }
  return spawnSync(process.execPath, moduleArguments(wholeProgram), options).status
}

greenTest('a server whose log and reports meet a full disk goes on, and counts what was lost', function* () {
  if (!existsSync('/dev/full')) return
  const full = openSync('/dev/full', 'w')
  try {
    assert.equal(programStatus(['ignore', full, full]), 42)
  } finally {
    closeSync(full)
  }
})

greenTest('a server whose log and reports nobody reads any more goes on, and counts what was lost', function* () {
  // The shell ends the readers at once.
  const command = `"$0" "$@" > >(exec true) 2> >(exec true)`
  const { status } = spawnSync(
    'bash',
    [
      '-c',
      command,
      process.execPath,
      ...moduleArguments(
        `await new Promise((r) => setTimeout(r, 300));${wholeProgram.replace(/import (.*) from 'gvent'/, "const $1 = await import('gvent')")}`,
      ),
    ],
    {
      cwd: root,
      stdio: 'ignore',
      timeout: 60_000,
    },
  )
  assert.equal(status, 42)
})
