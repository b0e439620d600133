import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import {
  HTTPServer,
  WSGIServer,
  fetch,
  joinAll,
  run,
  sleep,
  spawn,
  type Coroutine,
  type HTTPServerOptions,
  type WSGIApp,
} from 'gvent'
import { nginx, startNginx } from './nginx.js'
import { portOf } from './raw-client.js'

const skip = nginx === undefined ? 'nginx is not installed' : false
const size = 3_000_000

const app: WSGIApp = function* (environ, startResponse) {
  const { PATH_INFO, REQUEST_METHOD, HTTP_HOST, HTTP_X_FORWARDED_FOR } = environ
  const bytes = yield* environ['wsgi.input'].read()
  startResponse('200 OK', [['Content-Type', 'text/plain']])
  if (PATH_INFO === '/upload') yield String(bytes.length)
  else if (PATH_INFO === '/stream') {
    for (let part = 1; part <= 3; part++) {
      yield `part ${part}\n`
      yield* sleep(1)
    }
  } else yield [REQUEST_METHOD, HTTP_HOST, HTTP_X_FORWARDED_FOR].join(' ')
}

const servers = {
  HTTPServer: (options: HTTPServerOptions) =>
    new HTTPServer(options, function* (request) {
      const { pathname } = new URL(request.url)
      if (pathname === '/upload') return new Response(String((yield* request.bytes()).length))
      if (pathname === '/stream') {
        let part = 0
        return new Response(
          new ReadableStream({
            async pull(controller) {
              await sleep(1)
              if (++part > 3) controller.close()
              else controller.enqueue(Buffer.from(`part ${part}\n`))
            },
          }),
        )
      }
      const { headers, method } = request
      return new Response(`${method} ${headers.get('host')} ${headers.get('x-forwarded-for')}`)
    }),
  WSGIServer: (options: HTTPServerOptions) => new WSGIServer(options as object, app),
}

for (const [name, make] of Object.entries(servers)) {
  for (const kind of ['TCP', 'a Unix socket']) {
    test(`${name} behind nginx over ${kind}`, { skip }, async () => {
      const folder = mkdtempSync(join(tmpdir(), 'gvent-'))
      // nginx may run as somebody else, who has to get in.
      const path = join(folder, 'socket')
      const server = make(kind === 'TCP' ? { host: '127.0.0.1', port: 0 } : { path, writableAll: true })
      await server.start()
      const proxy = await startNginx(kind === 'TCP' ? `127.0.0.1:${portOf(server)}` : `unix:${path}`)
      try {
        await run(function* () {
          const ask = function* (): Coroutine<void> {
            const response = yield* fetch(`${proxy.url}/who`)
            assert.equal(yield* response.text(), 'GET 127.0.0.1 127.0.0.1')
          }
          yield* joinAll(
            Array.from({ length: 100 }, () => spawn(ask)),
            { raiseError: true },
          )
          for (let turn = 0; turn < 20; turn++) yield* ask()
          const upload = yield* fetch(`${proxy.url}/upload`, { method: 'POST', body: Buffer.alloc(size) })
          assert.equal(yield* upload.text(), String(size))
          const stream = yield* fetch(`${proxy.url}/stream`)
          assert.equal(yield* stream.text(), 'part 1\npart 2\npart 3\n')
        })
        const { handled, accepted, failed } = server.stats()
        assert.equal(handled, 122)
        assert.equal(failed, 0)
        // Connections are kept open and used again.
        assert.ok(accepted < handled, `${accepted} connections for ${handled} requests`)
      } finally {
        await proxy.stop()
        await server.stop()
        rmSync(folder, { recursive: true })
      }
    })
  }
}
