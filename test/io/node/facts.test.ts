/** What is known of the insides of Node, asked of Node itself: a version that fails here has changed one of them. */
import assert from 'node:assert/strict'
import { ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { Socket, connect, createServer, type AddressInfo } from 'node:net'
import { Duplex, Readable, finished } from 'node:stream'
import { test } from 'node:test'
import { TLSSocket, connect as connectTLS, createServer as createTLSServer } from 'node:tls'
import { startPeer } from '../http-peer.js'
import { cert, key } from '../tls-fixture.js'

test('undici, of a version that is known, sends through a global dispatcher, with handlers that can abort', async () => {
  assert.match(process.versions['undici']!, /^[678]\./)
  const peer = await startPeer()
  await (await fetch(peer.url)).text()
  const globals = globalThis as unknown as Record<symbol, { dispatch(...args: unknown[]): boolean } | undefined>
  const [newer, older] = [2, 1].map((version) => globals[Symbol.for(`undici.globalDispatcher.${version}`)])
  const target = newer ?? older
  assert.ok(target)
  type Handler = Record<string, unknown> & { abort: ((reason: unknown) => void) | null }
  let handler: Handler | undefined
  const dispatcher = {
    dispatch(options: { origin: string; path: string; method: string }, given: Handler) {
      assert.deepEqual([`${options.origin}${options.path}`, options.method], [`${peer.url}half`, 'GET'])
      handler = given
      assert.equal(given.abort, null)
      assert.equal(typeof (given['onConnect'] ?? given['onRequestStart']), 'function')
      assert.equal(typeof (given['onHeaders'] ?? given['onResponseStart']), 'function')
      return target.dispatch(options, given)
    },
  }
  const response = await fetch(`${peer.url}half`, { dispatcher } as unknown as RequestInit)
  handler!.abort!(new Error('enough'))
  await peer.gone('/half')
  await assert.rejects(response.text(), TypeError)
  handler!.abort!(new Error('again'))
})

test('an error of a dispatcher is the cause of the one of fetch', async () => {
  const cause = new Error('refused')
  const dispatcher = {
    dispatch: () => {
      throw cause
    },
  }
  await assert.rejects(fetch('http://127.0.0.1:8080/', { dispatcher } as unknown as RequestInit), {
    name: 'TypeError',
    cause,
  })
})

test('finished() sees the end of a stream of the web, whoever reads, cancels or breaks it', async () => {
  const endOf = (stream: ReadableStream): Promise<unknown> =>
    new Promise((resolve) => {
      finished(stream as unknown as NodeJS.ReadableStream, resolve)
    })
  const make = (): ReadableStream => new Response('text').body!
  const [read, cancelled, branched] = [make(), make(), make()]
  const ends = [read, cancelled, branched].map(endOf)
  await new Response(read).text()
  await cancelled.cancel()
  const [one, other] = branched.tee()
  await Promise.all([one.cancel(), other.cancel()])
  await Promise.all(ends)
  const broken = new ReadableStream({
    start: (controller) => {
      controller.error(new Error('broken'))
    },
  })
  await endOf(broken)
})

test('a socket keeps the buffer and the callback of onread under symbols, for a handle that can use them', async () => {
  const buffer = Buffer.alloc(8)
  const callback = (): boolean => true
  const socket = new Socket({ onread: { buffer, callback } } as object) as unknown as Record<symbol, unknown>
  const kept = Object.getOwnPropertySymbols(socket).map((symbol) => socket[symbol])
  assert.ok(kept.includes(buffer) && kept.includes(callback))
  const server = createServer((peer) => peer.destroy()).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1')
  await once(client, 'connect')
  const { _handle: handle } = client as unknown as { _handle: { useUserBuffer?: unknown } }
  assert.equal(typeof handle.useUserBuffer, 'function')
  client.destroy()
  server.close()
})

test('a stream reads by _read() and writes by _write(), past its buffers', async () => {
  const server = createServer((peer) => peer.pipe(peer)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1')
  await once(client, 'connect')
  client._write(Buffer.from('hello'), 'buffer' as BufferEncoding, () => undefined)
  assert.equal(client.writableLength, 0)
  client._read(0)
  await once(client, 'readable')
  assert.equal(String(client.read()), 'hello')
  client.destroy()
  server.close()
  assert.equal(typeof Readable.prototype._read, 'function')
})

test('a TLS socket knows the one below, and whether it shakes hands', async () => {
  const server = createTLSServer({ key, cert }, (peer) => peer.end()).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const below = connect((server.address() as AddressInfo).port, '127.0.0.1')
  await once(below, 'connect')
  const client = connectTLS({ socket: below, ca: cert, servername: 'localhost' })
  const inner = client as unknown as { _parent: unknown; secureConnecting: unknown }
  assert.ok(client instanceof TLSSocket)
  assert.equal(inner._parent, below)
  assert.equal(inner.secureConnecting, true)
  await once(client, 'secureConnect')
  assert.equal(inner.secureConnecting, false)
  client.destroy()
  server.close()
})

test('a handle of the system has a descriptor, and one over a stream in JavaScript has none', async (t) => {
  if (process.platform === 'win32') {
    t.skip('sockets have none there')
    return
  }
  const descriptorOf = (socket: Socket): unknown => (socket as unknown as { _handle: { fd: unknown } })._handle.fd
  const server = createTLSServer({ key, cert }, (peer) => peer.end()).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const below = connect((server.address() as AddressInfo).port, '127.0.0.1')
  await once(below, 'connect')
  const client = connectTLS({ socket: below, ca: cert, servername: 'localhost' })
  assert.ok(Number(descriptorOf(below)) >= 0)
  assert.equal(descriptorOf(client), descriptorOf(below))
  const overJavaScript = connectTLS({ socket: new Duplex({ read: () => undefined, write: () => undefined }) })
  assert.ok(Number(descriptorOf(overJavaScript)) < 0)
  overJavaScript.destroy()
  client.destroy()
  server.close()
})

test('starting a process passes through ChildProcess.prototype.spawn, which gives the error of the system', async () => {
  const prototype = ChildProcess.prototype as unknown as { spawn(options: unknown): number | undefined }
  // eslint-disable-next-line @typescript-eslint/unbound-method -- it is called on a process
  const { spawn: original } = prototype
  const results: (number | undefined)[] = []
  prototype.spawn = function (this: ChildProcess, options) {
    const result = original.call(this, options)
    results.push(result)
    return result
  }
  try {
    const missing = spawn('no-such-program')
    assert.equal(missing.pid, undefined)
    await once(missing, 'error')
    await once(spawn(process.execPath, ['--version'], { stdio: 'ignore' }), 'exit')
  } finally {
    prototype.spawn = original
  }
  assert.equal(results.length, 2)
  assert.ok(results[0]! < 0 && !results[1])
})
