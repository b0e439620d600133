import 'gvent/monkey/all'
import assert from 'node:assert/strict'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import Koa from 'koa'
import { all, run, spawn } from 'gvent'
import { startPeer } from '../io/http-peer.js'
import { printedPlainly } from './plainly.js'

const plain = `
import Koa from 'koa'
import { once } from 'node:events'
import { Readable } from 'node:stream'
const app = new Koa({ silent: true })
app.use(async (context, next) => {
  await next()
  context.set('x-after', context.path)
})
app.use(async (context) => {
  await new Promise((resolve) => setTimeout(resolve, 1))
  if (context.path === '/json') context.body = { path: context.path }
  if (context.path === '/stream') context.body = Readable.from(['a', 'b'])
  if (context.path === '/fails') context.throw(418)
  if (context.path === '/web') context.body = new Response('from the platform')
})
const server = app.listen(0, '127.0.0.1')
await once(server, 'listening')
for (const path of ['/json', '/stream', '/fails', '/web', '/missing']) {
  const response = await fetch('http://127.0.0.1:' + server.address().port + path)
  console.log(response.status, response.headers.get('x-after'), await response.text())
}
server.close()
server.closeAllConnections()
`

test('koa: a program with async/await does what it did', async () => {
  assert.equal(
    await printedPlainly(plain),
    `200 /json {"path":"/json"}
200 /stream ab
418 null I'm a Teapot
200 /web from the platform
404 /missing Not Found
`,
  )
})

const peer = await startPeer()

test('koa: middleware in greenlets; a client that leaves takes the requests along that were made for it', () =>
  run(function* () {
    const app = new Koa()
    app.use((context) => {
      const greenlet = spawn(function* () {
        const page = yield* fetch(peer.url + context.path.slice(1))
        context.body = (yield* page.json()) as unknown
      })
      context.res.once('close', () => void greenlet.kill())
      return greenlet
    })
    const server = yield* app.listen(0, '127.0.0.1')
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const get = function* (path: string) {
      const response = yield* fetch(url + path)
      return (yield* response.json()) as unknown
    }
    assert.deepEqual(yield* all([get('/one'), get('/two')]), [[{ title: '/one' }], [{ title: '/two' }]])
    const killed = spawn(get, '/silent')
    yield* peer.request('/silent')
    yield* killed.kill()
    yield* peer.gone('/silent')
    assert.deepEqual(yield* get('/three'), [{ title: '/three' }])
    server.close()
    server.closeAllConnections()
  }))
