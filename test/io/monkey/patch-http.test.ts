import assert from 'node:assert/strict'
import http, { type IncomingMessage } from 'node:http'
import https from 'node:https'
import type { AddressInfo } from 'node:net'
import { after, test } from 'node:test'
import { run, sleep, spawn, type Coroutine } from 'gvent'
import { isPatched, patchHttp, patchNet, patchStreams, unpatchAll } from 'gvent/monkey'
import { greenTest, raised, start } from '../green-test.js'
import { startPeer } from '../http-peer.js'

patchNet()
patchHttp()
patchStreams()
after(unpatchAll)
const peer = await startPeer()

function* chunksOf(message: IncomingMessage): Coroutine<string[]> {
  const chunks: string[] = []
  for (;;) {
    const chunk = (yield* message) as Buffer | null
    if (chunk === null) return chunks
    chunks.push(chunk.toString())
  }
}

greenTest('http.get gives the response, whose body comes in chunks', function* () {
  assert.equal(isPatched(https, 'get'), true)
  const request = http.get(`${peer.url}page`, { agent: false })
  assert.equal(Object.getPrototypeOf(request), http.ClientRequest.prototype)
  const response: IncomingMessage = yield* request
  assert.equal(response.statusCode, 200)
  assert.equal(String(yield* response), '[{"title":"/page"}]')
  assert.equal(yield* response, null)
  assert.equal(yield* response.recv(), null)
  assert.equal(yield* request, response)
})

greenTest('a server of Node reads and writes with its greenlets, chunk by chunk', function* () {
  const handler = function* (request: IncomingMessage, response: http.ServerResponse) {
    for (const chunk of yield* chunksOf(request)) yield* response.sendAll(chunk.toUpperCase())
    response.end()
  }
  const server = yield* http.createServer((...args) => void spawn(handler, ...args)).listen(0, '127.0.0.1')
  const { port } = server.address() as AddressInfo
  const request = http.request({ method: 'POST', port, host: '127.0.0.1', agent: false })
  yield* request.sendAll('one ')
  yield* request.sendAll('two')
  request.end()
  const response = yield* request
  assert.equal((yield* chunksOf(response)).join(''), 'ONE TWO')
  server.close()
})

greenTest("what has no response raises Node's error", function* () {
  const waiting = start(function* () {
    yield* http.get('http://127.0.0.1:1/', { agent: false })
  })
  const error = (yield* raised(waiting)) as NodeJS.ErrnoException
  assert.deepEqual([error.name, error.code], ['Error', 'ECONNREFUSED'])
})

void test('a kill while waiting for the response destroys the request, and says nothing more', async () => {
  const arrived = peer.request('/silent/kill')
  const waiting = spawn(function* () {
    yield* http.get(`${peer.url}silent/kill`)
  })
  await arrived
  await waiting.kill()
  await peer.gone('/silent/kill')
})

void test('a kill while reading a body leaves the response to its owner; destroyed, it raises', async () => {
  await run(function* () {
    const arrived = peer.request('/half/kill')
    const response = yield* http.get(`${peer.url}half/kill`)
    yield* response
    const reader = start(function* () {
      yield* response
    })
    yield* sleep(0)
    yield* reader.kill()
    assert.equal(response.destroyed, false)
    yield arrived
    response.destroy()
    const late = start(() => response.recv())
    assert.match(String(yield* raised(late)), /aborted|destroyed/)
  })
  await peer.gone('/half/kill')
})
