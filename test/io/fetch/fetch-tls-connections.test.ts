import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer as createHttpServer } from 'node:http'
import { createServer, type Server } from 'node:https'
import { connect, type AddressInfo } from 'node:net'
import { test } from 'node:test'
import { Connections, environmentProxy, fetch, run, type ConnectionTimes } from 'gvent'
import { cert, key } from '../tls-fixture.js'

async function serve(context: { after(fn: () => void): void }): Promise<Server> {
  const server = createServer({ cert, key }, (request, response) => response.end(request.headers.host))
  await once(server.listen(0, '127.0.0.1'), 'listening')
  context.after(() => {
    server.close()
    server.closeAllConnections()
  })
  return server
}

const portOf = (server: { address(): unknown }): number => (server.address() as AddressInfo).port

test('connections trust the certificates that they are given, and no others', async (context) => {
  const port = portOf(await serve(context))
  await run(function* () {
    using strict = new Connections()
    let code: unknown
    try {
      yield* fetch(`https://127.0.0.1:${port}/`, { connections: strict })
    } catch (error) {
      code = (error as { code?: string }).code
    }
    assert.equal(code, 'DEPTH_ZERO_SELF_SIGNED_CERT')
  })
})

test('each request tells how it came to its connection, with the times of the parts', async (context) => {
  const port = portOf(await serve(context))
  await run(function* () {
    const times: ConnectionTimes[] = []
    const resolve = (hostname: string): string | undefined => (hostname === 'localhost' ? '127.0.0.1' : undefined)
    using connections = new Connections({ tls: { ca: cert }, resolve })
    for (let count = 0; count < 2; count++) {
      const response = yield* fetch(`https://localhost:${port}/`, {
        connections,
        onConnection: (each) => times.push(each),
      })
      assert.equal(yield* response.text(), `localhost:${port}`)
    }
    assert.equal(times.length, 2)
    assert.equal(times[0]!.reused, false)
    for (const { reused, tls } of times) assert.equal(tls > 0, !reused)
  })
})

test('https goes through a tunnel of the proxy', async (context) => {
  const port = portOf(await serve(context))
  const asked: unknown[] = []
  const proxy = createHttpServer()
  proxy.on('connect', (request, client) => {
    asked.push([request.url, request.headers['proxy-authorization']])
    const upstream = connect(port, '127.0.0.1', () => {
      client.write('HTTP/1.1 200 OK\r\n\r\n')
      upstream.pipe(client).pipe(upstream)
    })
    client.on('error', () => upstream.destroy())
    upstream.on('error', () => client.destroy())
  })
  await once(proxy.listen(0, '127.0.0.1'), 'listening')
  context.after(() => proxy.close())
  await run(function* () {
    const choose = environmentProxy({ https_proxy: `http://me:pw@127.0.0.1:${portOf(proxy)}`, no_proxy: 'other.test' })
    using connections = new Connections({ tls: { ca: cert, servername: 'localhost' }, proxy: choose })
    const response = yield* fetch(`https://localhost:${port}/`, { connections })
    assert.equal(yield* response.text(), `localhost:${port}`)
  })
  assert.deepEqual(asked, [[`localhost:${port}`, `Basic ${Buffer.from('me:pw').toString('base64')}`]])
})

test('the variables choose proxies by the kind of address, with exceptions', () => {
  const choose = environmentProxy({
    HTTP_PROXY: 'one:1',
    all_proxy: 'http://two:2',
    no_proxy: 'a.test,.b.test,c.test:81',
  })
  const ask = (url: string): string | undefined => choose(new URL(url))
  assert.deepEqual(
    [
      'http://x/',
      'https://x/',
      'http://a.test/',
      'http://y.a.test/',
      'http://y.b.test/',
      'http://c.test/',
      'http://c.test:81/',
    ].map(ask),
    ['http://one:1', 'http://two:2', undefined, undefined, undefined, 'http://one:1', undefined],
  )
})
