import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type AddressInfo, type Server } from 'node:net'
import { test } from 'node:test'
import { Client, startCommand, startExample, without } from './example.js'

/** A server that hashes what comes in until its end, and then sends the hash. */
async function startHasher(host = '127.0.0.1'): Promise<{ server: Server; port: number }> {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    const hash = createHash('sha1')
    socket.on('data', (chunk) => hash.update(chunk))
    socket.on('end', () => socket.end(hash.digest('hex')))
    socket.on('error', () => undefined)
  })
  server.listen(0, host)
  await once(server, 'listening')
  return { server, port: (server.address() as AddressInfo).port }
}

async function freePort(): Promise<number> {
  const { server, port } = await startHasher()
  server.close()
  await once(server, 'close')
  return port
}

function digest(data: Uint8Array): string {
  return createHash('sha1').update(data).digest('hex')
}

const MUCH = Buffer.alloc(2 ** 23, 'much ')

test('the port forwarder hands on both directions and their ends', async () => {
  const target = await startHasher()
  const forwarder = startExample('port-forwarder', 0, `127.0.0.1:${target.port}`)
  const port = await forwarder.port()
  const clients = await Promise.all([Client.connect(port), Client.connect(port)])
  for (const client of clients) client.socket.end(MUCH)
  for (const client of clients) {
    await client.closed
    assert.equal(client.text, digest(MUCH))
  }
  const { stdout, stderr } = await forwarder.stop()
  assert.equal(stdout.match(/is connected to/g)?.length, 2)
  assert.equal(stdout.match(/is done/g)?.length, 2)
  assert.equal(stderr, '')
  target.server.close()
})

test('the port forwarder breaks off what it cannot forward, says why, and goes on', async () => {
  const forwarder = startExample('port-forwarder', 0, `127.0.0.1:${await freePort()}`)
  const port = await forwarder.port()
  for (const time of [1, 2]) {
    const client = await Client.connect(port)
    await client.closed
    assert.equal(client.error?.code, 'ECONNRESET')
    await forwarder.printed('connect ECONNREFUSED 127', time)
  }
  assert.equal((await forwarder.stop()).stderr, '')
})

test('the port forwarder ends the other side when one breaks off', async () => {
  const server = createServer((socket) => socket.on('error', () => undefined))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const forwarder = startExample('port-forwarder', 0, `127.0.0.1:${(server.address() as AddressInfo).port}`)
  const accepting = once(server, 'connection') as Promise<[{ resetAndDestroy(): void }]>
  const client = await Client.connect(await forwarder.port())
  const [accepted] = await accepting
  accepted.resetAndDestroy()
  await client.closed
  assert.equal(client.error?.code, 'ECONNRESET')
  assert.equal((await forwarder.stop()).stderr, '')
  server.close()
})

test('the port forwarder says how it is used', async () => {
  for (const args of [[], ['8080'], ['8080', 'nowhere'], ['x', 'example.org:80']]) {
    const { stderr, code } = await startExample('port-forwarder', ...args).end()
    assert.deepEqual([stderr, code], ['usage: node port-forwarder.js port host:port\n', 2])
  }
})

/** A request as RFC 1928 has it. */
function request(type: number, host: number[], port: number, command = 1): Buffer {
  return Buffer.from([5, command, 0, type, ...host, port >> 8, port & 255])
}

const byName = (name: string): number[] => [name.length, ...Buffer.from(name)]

async function ask(port: number, message: Buffer): Promise<{ client: Client; reply: number }> {
  const client = await Client.connect(port, { allowHalfOpen: true })
  client.say(Buffer.from([5, 2, 1, 0]))
  await client.heard('\x05\x00')
  client.text = ''
  client.say(message)
  while (client.text.length < 10) await once(client.socket, 'data')
  const reply = client.text.charCodeAt(1)
  assert.deepEqual([client.text[0], client.text[3]], ['\x05', '\x01'])
  client.text = client.text.slice(10)
  return { client, reply }
}

test('the SOCKS proxy connects by address and by name', async () => {
  const [four, six] = [await startHasher(), await startHasher('::1')]
  const proxy = startExample('socks-proxy', 0)
  const port = await proxy.port()
  const messages = [
    request(1, [127, 0, 0, 1], four.port),
    request(3, byName('127.0.0.1'), four.port),
    request(3, byName('localhost'), four.port),
    request(4, [...Array<number>(15).fill(0), 1], six.port),
  ]
  for (const message of messages) {
    const { client, reply } = await ask(port, message)
    assert.equal(reply, 0)
    client.socket.end(MUCH)
    await once(client.socket, 'end')
    assert.equal(client.text, digest(MUCH))
  }
  assert.equal((await proxy.stop()).stderr, '')
  four.server.close()
  six.server.close()
})

test('the SOCKS proxy takes a request in single bytes', async () => {
  const target = await startHasher()
  const proxy = startExample('socks-proxy', 0)
  const client = await Client.connect(await proxy.port(), { allowHalfOpen: true, noDelay: true })
  for (const byte of Buffer.concat([Buffer.from([5, 1, 0]), request(1, [127, 0, 0, 1], target.port)])) {
    client.say(Buffer.from([byte]))
    await new Promise((resolve) => setImmediate(resolve))
  }
  client.socket.end('in pieces')
  await once(client.socket, 'end')
  assert.equal(client.text.slice(12), digest(Buffer.from('in pieces')))
  await proxy.stop()
  target.server.close()
})

test('the SOCKS proxy answers each failure with its number', async () => {
  const proxy = startExample('socks-proxy', 0)
  const port = await proxy.port()
  const closed = await freePort()
  const failures: [Buffer, number][] = [
    [request(1, [127, 0, 0, 1], closed), 5],
    [request(3, byName('x'.repeat(70)), 80), 4],
    [request(1, [127, 0, 0, 1], 80, 2), 7],
    [request(9, [], 80), 8],
  ]
  for (const [message, expected] of failures) {
    const { client, reply } = await ask(port, message)
    assert.equal(reply, expected)
    client.socket.destroy()
  }
  const proud = await Client.connect(port)
  proud.say(Buffer.from([5, 1, 2]))
  await proud.heard('\x05\xff')
  await proud.closed
  const old = await Client.connect(port)
  old.say(Buffer.from([4, 1, 0, 80]))
  await old.closed
  assert.equal(old.text, '')
  const brief = await Client.connect(port)
  brief.socket.end(Buffer.from([5, 7]))
  await brief.closed
  assert.equal((await proxy.stop()).stderr, '')
})

test('the SOCKS proxy talks with curl', { skip: without('curl', '--version') }, async () => {
  const server = createServer((socket) => {
    socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello'))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const proxy = startExample('socks-proxy', 0)
  const url = `http://localhost:${(server.address() as AddressInfo).port}/`
  for (const scheme of ['socks5', 'socks5h']) {
    const curl = startCommand(
      'curl',
      '--silent',
      '--noproxy',
      '',
      '--proxy',
      `${scheme}://127.0.0.1:${await proxy.port()}`,
      url,
    )
    assert.equal((await curl.end()).stdout, 'hello')
  }
  await proxy.stop()
  server.close()
})
