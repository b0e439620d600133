import 'gvent/monkey/all'
import assert from 'node:assert/strict'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import express, { type Request as ExpressRequest, type Response as ExpressResponse } from 'express'
import { all, run, spawn, type Coroutine } from 'gvent'
import { startPeer } from '../io/http-peer.js'
import { printedPlainly } from './plainly.js'

const plain = `
import express from 'express'
import { once } from 'node:events'
const app = express()
app.use(express.json())
app.get('/sync/:name', (request, response) => response.json(request.params))
app.get('/async', async (request, response) => {
  await new Promise((resolve) => setTimeout(resolve, 1))
  response.type('text').send('later')
})
app.post('/echo', (request, response) => response.status(201).json(request.body))
app.get('/stream', (request, response) => { response.write('a'); response.end('b') })
app.get('/fails', async () => { throw Object.assign(new Error('teapot'), { status: 418 }) })
app.use((error, request, response, next) => response.status(error.status).send(error.message))
const server = app.listen(0, '127.0.0.1')
await once(server, 'listening')
const url = 'http://127.0.0.1:' + server.address().port
for (const path of ['/sync/ada', '/async', '/stream', '/fails', '/missing']) {
  const response = await fetch(url + path)
  console.log(response.status, response.headers.get('content-type'), (await response.text()).length)
}
const response = await fetch(url + '/echo', { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"a":1}' })
console.log(response.status, await response.json())
server.close()
server.closeAllConnections()
`

test('express: a program with async/await does what it did', async () => {
  const lines = (await printedPlainly(plain)).trim().split('\n')
  assert.deepEqual(
    lines.map((line) => line.split(' ')[0]),
    ['200', '200', '200', '418', '404', '201'],
  )
})

const peer = await startPeer()

/** A handler of Express in a greenlet, which is killed when the client leaves. */
function inGreenlet(handle: (request: ExpressRequest, response: ExpressResponse) => Coroutine<unknown>) {
  return async (request: ExpressRequest, response: ExpressResponse): Promise<void> => {
    const greenlet = spawn(handle, request, response)
    response.once('close', () => void greenlet.kill())
    await greenlet
  }
}

function makeApp(): express.Express {
  const app = express()
  app.get(
    '/pages/*names',
    inGreenlet(function* (request, response) {
      const pages = yield* all(
        (request.params['names'] as unknown as string[]).map(function* (name) {
          const page = yield* fetch(peer.url + name)
          return (yield* page.json()) as unknown
        }),
      )
      response.json(pages)
    }),
  )
  return app
}

test('express: a handler in a greenlet fetches at the same time; who leaves takes its requests along', () =>
  run(function* () {
    const server: Server = yield* makeApp().listen(0, '127.0.0.1')
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/pages/`
    const response = yield* fetch(`${url}one/two`)
    assert.deepEqual(yield* response.json(), [[{ title: '/one' }], [{ title: '/two' }]])

    const killed = spawn(function* () {
      yield* fetch(`${url}silent-one/silent-two`)
      assert.fail('it was not killed')
    })
    yield* all([peer.request('/silent-one'), peer.request('/silent-two')])
    yield* killed.kill()
    yield* all([peer.gone('/silent-one'), peer.gone('/silent-two')])

    const after = yield* fetch(`${url}three`)
    assert.deepEqual(yield* after.json(), [[{ title: '/three' }]])
    server.close()
    server.closeAllConnections()
  }))
