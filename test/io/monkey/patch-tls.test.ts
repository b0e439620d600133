import assert from 'node:assert/strict'
import net from 'node:net'
import { after } from 'node:test'
import tls from 'node:tls'
import type { Coroutine } from 'gvent'
import { patchNet, patchTls, unpatchAll } from 'gvent/monkey'
import { greenTest, raised, start, turns } from '../green-test.js'
import { cert, key } from '../tls-fixture.js'

patchNet()
patchTls()
after(unpatchAll)

function portOf(server: net.Server): number {
  return (server.address() as net.AddressInfo).port
}

function connecting(socket: tls.TLSSocket) {
  return start(function* (): Coroutine<tls.TLSSocket> {
    return yield* socket
  })
}

greenTest('a TLS socket is waited for until the handshake is done', function* () {
  const server = yield* tls.createServer({ key, cert }).listen(0, '127.0.0.1')
  const serving = start(function* () {
    const socket = yield* server.accept()
    yield* socket.sendAll((yield* socket.recvExactly(4)).toString().toUpperCase())
    socket.end()
  })
  const socket = yield* tls.connect({ port: portOf(server), host: '127.0.0.1', ca: cert })
  assert.equal(Object.getPrototypeOf(socket), tls.TLSSocket.prototype)
  assert.equal(socket.authorized, true)
  assert.equal(yield* socket, socket)
  yield* socket.sendAll('name')
  assert.equal(String(yield* socket.recvExactly(4)), 'NAME')
  yield* serving
  socket.destroy()
  server.close()
})

greenTest('a certificate that is not trusted raises, as does a peer that speaks no TLS', function* () {
  const server = yield* tls.createServer({ key, cert }).listen(0, '127.0.0.1')
  const error = yield* raised(connecting(tls.connect({ port: portOf(server), host: '127.0.0.1' })))
  assert.equal((error as NodeJS.ErrnoException).code, 'DEPTH_ZERO_SELF_SIGNED_CERT')
  server.close()
  const plain = yield* net.createServer((socket) => socket.resume().end('hello\n')).listen(0, '127.0.0.1')
  const other = yield* raised(connecting(tls.connect({ port: portOf(plain), host: '127.0.0.1' })))
  assert.match((other as NodeJS.ErrnoException).code!, /^ERR_SSL/)
  plain.close()
})

greenTest('a kill during the handshake destroys the socket', function* () {
  const silent = yield* net.createServer().listen(0, '127.0.0.1')
  const socket = tls.connect({ port: portOf(silent), host: '127.0.0.1' })
  const waiting = connecting(socket)
  const peer = yield* silent.accept()
  yield* turns()
  yield* waiting.kill()
  assert.equal(socket.destroyed, true)
  while ((yield* peer.recv()) !== null);
  peer.destroy()
  silent.close()
})
