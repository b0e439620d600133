import 'gvent/monkey/all'
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import type { AddressInfo } from 'node:net'
import { WebSocket, WebSocketServer } from 'ws'
import { joinAll, run, spawn, type Coroutine } from 'gvent'
import { printedPlainly } from './plainly.js'

const plain = `
import { once } from 'node:events'
import { WebSocket, WebSocketServer, createWebSocketStream } from 'ws'
const server = new WebSocketServer({ port: 0, host: '127.0.0.1' })
await once(server, 'listening')
server.on('connection', (socket) => socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary })))
const url = 'ws://127.0.0.1:' + server.address().port
const socket = new WebSocket(url)
await once(socket, 'open')
socket.send('hello')
const [data, isBinary] = await once(socket, 'message')
console.log(String(data), isBinary)
socket.ping()
await once(socket, 'pong')
socket.close(1000, 'done')
console.log(...(await once(socket, 'close')).map(String))
const stream = createWebSocketStream(new WebSocket(url), { encoding: 'utf8' })
stream.write('streamed')
for await (const chunk of stream) { console.log(chunk); break }
const refused = new WebSocket('ws://127.0.0.1:1')
console.log((await once(refused, 'error'))[0].code)
for (const client of server.clients) client.terminate()
server.close()
await once(server, 'close')
console.log("closed")
`

test('ws: a program with async/await does what it did', async () => {
  assert.equal(await printedPlainly(plain), 'hello false\n1000 done\nstreamed\nECONNREFUSED\nclosed\n')
})

/** A server each of whose connections has a greenlet of its own, which sends back what it gets, `silent` excepted. */
function* startEcho(): Coroutine<{ server: WebSocketServer; url: string }> {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' })
  yield* once(server, 'listening')
  server.on('connection', (socket) => {
    const greenlet = spawn(function* () {
      for (;;) {
        const [data] = (yield* once(socket, 'message')) as [Buffer]
        if (String(data) !== 'silent') socket.send(data)
      }
    })
    socket.on('close', () => void greenlet.kill())
  })
  return { server, url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}` }
}

function* ask(socket: WebSocket, text: string): Coroutine<string> {
  socket.send(text)
  const [data] = (yield* once(socket, 'message')) as [Buffer]
  return String(data)
}

test('ws: fifty greenlets talk to a server of greenlets', () =>
  run(function* () {
    const { server, url } = yield* startEcho()
    const talk = function* (number: number): Coroutine<string[]> {
      const socket = new WebSocket(url)
      yield* once(socket, 'open')
      const answers = [yield* ask(socket, `hello ${number}`), yield* ask(socket, `bye ${number}`)]
      socket.close()
      yield* once(socket, 'close')
      return answers
    }
    const greenlets = Array.from({ length: 50 }, (_, number) => spawn(talk, number))
    yield* joinAll(greenlets, { raiseError: true })
    assert.deepEqual(
      greenlets.map(({ value }) => value),
      greenlets.map((_, number) => [`hello ${number}`, `bye ${number}`]),
    )
    server.close()
    yield* once(server, 'close')
  }))

test('ws: a greenlet that is killed while it waits for a message leaves the connection usable', () =>
  run(function* () {
    const { server, url } = yield* startEcho()
    const socket = new WebSocket(url)
    yield* once(socket, 'open')
    const listeners = () => ['message', 'error'].map((name) => socket.listenerCount(name))
    const before = listeners()
    const killed = spawn(ask, socket, 'silent')
    assert.equal(yield* killed.join({ timeout: 1 }), false)
    yield* killed.kill()
    assert.deepEqual(listeners(), before)
    assert.equal(yield* ask(socket, 'are you there?'), 'are you there?')
    socket.close()
    yield* once(socket, 'close')
    server.close()
    yield* once(server, 'close')
  }))
