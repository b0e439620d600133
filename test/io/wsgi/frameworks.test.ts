import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { once } from 'node:events'
import { gunzipSync } from 'node:zlib'
import express from 'express'
import Koa from 'koa'
import {
  Event,
  HTTPServer,
  WSGIServer,
  fetch,
  fromNode,
  gzip,
  mount,
  sleep,
  toNode,
  until,
  type Coroutine,
  type WSGIApp,
} from 'gvent'
import { greenTest, turns } from '../green-test.js'
import { dial, exchange, urlOf } from '../http/raw-client.js'
import { reported, serving } from '../http/serving.js'

const local = { host: '127.0.0.1', port: 0 }

function makeExpress(): express.Express {
  const app = express()
  app.set('env', 'test')
  app.use(express.json())
  app.get('/hello/:name', (request, response) => {
    response.set('X-Query', request.query['q'] as string).send(`hello ${request.params.name}`)
  })
  app.post('/sum', (request, response) => {
    response.status(201).json({ sum: (request.body as number[]).reduce((a, b) => a + b, 0) })
  })
  app.get('/stream', (_request, response) => {
    response.type('text/plain')
    let count = 0
    const write = (): void => {
      while (count < 200) {
        count++
        if (!response.write('x'.repeat(10_000))) return void response.once('drain', write)
      }
      response.end()
    }
    write()
  })
  app.get('/redirect', (_request, response) => {
    response.redirect('/hello/you')
  })
  app.get('/broken', () => {
    throw new Error('broken')
  })
  return app
}

function makeKoa(): Koa {
  const app = new Koa()
  app.use(async (context, next) => {
    await next()
    context.set('X-Framework', 'koa')
  })
  app.use(async (context) => {
    if (context.method === 'POST') {
      const chunks: Buffer[] = []
      for await (const chunk of context.req) chunks.push(chunk as Buffer)
      context.body = Buffer.concat(chunks)
    } else context.body = { path: context.path }
  })
  return app
}

const servers: [name: string, make: (app: (...args: never[]) => unknown) => HTTPServer | WSGIServer][] = [
  ['HTTPServer', (app) => new HTTPServer(local, app as never)],
  ['WSGIServer', (app) => new WSGIServer(local, fromNode(app as never))],
]
for (const [name, make] of servers) {
  greenTest(`Express runs unchanged under ${name}`, function* () {
    const server = make(makeExpress())
    yield* serving(server, function* () {
      const hello = yield* fetch(urlOf(server, '/hello/you%20there?q=1'))
      assert.equal(hello.headers.get('x-query'), '1')
      assert.equal(hello.headers.get('x-powered-by'), 'Express')
      assert.equal(yield* hello.text(), 'hello you there')
      const sum = yield* fetch(urlOf(server, '/sum'), {
        method: 'POST',
        body: '[1,2,3]',
        headers: { 'content-type': 'application/json' },
      })
      assert.equal(sum.status, 201)
      assert.deepEqual(yield* sum.json(), { sum: 6 })
      assert.equal((yield* (yield* fetch(urlOf(server, '/stream'))).text()).length, 2_000_000)
      assert.equal(yield* (yield* fetch(urlOf(server, '/redirect'))).text(), 'hello you')
      const broken = yield* fetch(urlOf(server, '/broken'))
      assert.equal(broken.status, 500)
      yield* broken.text()
      const missing = yield* fetch(urlOf(server, '/missing'))
      assert.equal(missing.status, 404)
      yield* missing.text()
      const cached = yield* fetch(urlOf(server, '/hello/x'), {
        headers: { 'if-none-match': hello.headers.get('etag')! },
      })
      yield* cached.text()
      const head = yield* exchange(server, 'HEAD /hello/x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
      assert.match(head, /Content-Length: 7\r\n/)
      assert.ok(head.endsWith('\r\n\r\n'))
    })
  })

  greenTest(`Koa runs unchanged under ${name}`, function* () {
    const server = make(makeKoa().callback())
    yield* serving(server, function* () {
      const response = yield* fetch(urlOf(server, '/path'))
      assert.equal(response.headers.get('x-framework'), 'koa')
      assert.deepEqual(yield* response.json(), { path: '/path' })
      const echo = yield* fetch(urlOf(server), { method: 'POST', body: 'x'.repeat(500_000) })
      assert.equal((yield* echo.text()).length, 500_000)
    })
  })
}

greenTest('middleware of WSGI works around an application of Express', function* () {
  const server = new WSGIServer(local, gzip()(mount({ '/app': fromNode(makeExpress()) })))
  yield* serving(server, function* () {
    const answer = yield* exchange(server, 'GET /app/hello/you HTTP/1.0\r\nHost: x\r\nAccept-Encoding: gzip\r\n\r\n')
    assert.match(answer, /Content-Encoding: gzip/)
    const body = answer.slice(answer.indexOf('\r\n\r\n') + 4)
    assert.equal(gunzipSync(Buffer.from(body, 'latin1')).toString(), 'hello you')
  })
})

greenTest('a response of Node under WSGI hears that its client has left', function* () {
  const closed = new Event()
  const server = new WSGIServer(
    local,
    fromNode((_request, response) => {
      response.write('x')
      response.on('close', () => {
        closed.set()
      })
    }),
  )
  yield* serving(server, function* () {
    const socket = yield* dial(server)
    yield* socket.sendAll('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
    yield* socket.recvUntil('x\r\n')
    socket.close()
    yield* closed.wait()
  })
})

greenTest('a promise of an application of Node that rejects is an error of the application', function* () {
  const server = new WSGIServer(
    local,
    fromNode(async () => {
      throw new Error('rejected')
    }),
  )
  yield* serving(server, function* () {
    const errors = yield* reported(function* () {
      assert.match(yield* exchange(server, 'GET / HTTP/1.1\r\nHost: x\r\n\r\n'), /^HTTP\/1\.1 500/)
    })
    assert.equal((errors[0] as Error).message, 'rejected')
  })
})

const app: WSGIApp = function* ({ SCRIPT_NAME, PATH_INFO, 'wsgi.input': input }, startResponse) {
  if (PATH_INFO === '/broken') throw new Error('broken')
  const body = yield* input.read()
  yield* sleep(1)
  startResponse('200 OK', [['Content-Type', 'text/plain']])
  yield `${SCRIPT_NAME}|${PATH_INFO}|${body.toString()}`
}

greenTest('a WSGI application mounts into Express', function* () {
  const outer = express()
  outer.use((_request, response, next) => {
    response.set('X-Outer', 'yes')
    next()
  })
  outer.use('/wsgi', toNode(app))
  outer.use(((error, _request, response, _next) => {
    response.status(503).send((error as Error).message)
  }) satisfies express.ErrorRequestHandler)
  const node = createServer(outer).listen(0, '127.0.0.1')
  yield* until(once(node, 'listening'))
  const server = { address: () => node.address() }
  try {
    const response = yield* fetch(urlOf(server, '/wsgi/a?b'), { method: 'POST', body: 'body' })
    assert.equal(response.headers.get('x-outer'), 'yes')
    assert.equal(yield* response.text(), '/wsgi|/a|body')
    const broken = yield* fetch(urlOf(server, '/wsgi/broken'))
    assert.equal(broken.status, 503)
    assert.equal(yield* broken.text(), 'broken')
  } finally {
    node.close()
    node.closeAllConnections()
  }
})

greenTest("a WSGI application runs under Node's own server", function* () {
  const node = createServer(toNode(app)).listen(0, '127.0.0.1')
  yield* until(once(node, 'listening'))
  const server = { address: () => node.address() }
  const get = function* (path: string): Coroutine<[number, string]> {
    const response = yield* fetch(urlOf(server, path))
    return [response.status, yield* response.text()]
  }
  try {
    assert.deepEqual(yield* get('/a'), [200, '|/a|'])
    const errors = yield* reported(function* () {
      assert.deepEqual(yield* get('/broken'), [500, 'Internal Server Error\n'])
      // The answer may be there before its greenlet has ended.
      yield* turns()
    })
    assert.equal(errors.length, 1)
  } finally {
    node.close()
    node.closeAllConnections()
  }
})
