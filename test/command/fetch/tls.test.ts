import assert from 'node:assert/strict'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { createServer as createHttpServer } from 'node:http'
import { createServer, type ServerOptions } from 'node:https'
import { connect, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import type { TLSSocket } from 'node:tls'
import { cert, key } from '../../io/tls-fixture.js'
import { fetcher, type Outcome } from './command.js'
import { Peer, temporaryFolder, type Scope } from './peers.js'

/** A server with TLS that tells which name and which certificate its client has. @returns its port. */
async function serve(context: Scope, options: ServerOptions = {}): Promise<number> {
  const server = createServer({ cert, key, ...options }, (request, response) => {
    const socket = request.socket as TLSSocket
    const { subject } = socket.getPeerCertificate() as { subject?: { CN: string } }
    response.end(`${request.headers.host}, ${String(socket.servername)}, ${subject?.CN ?? 'nobody'}`)
  })
  new Peer(context, server)
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return (server.address() as AddressInfo).port
}

/** A folder with the certificate and the key, and both in a file. */
async function files(context: Scope): Promise<{ ca: string; key: string; both: string; wrong: string }> {
  const folder = await temporaryFolder(context)
  const paths = {
    ca: join(folder, 'ca.pem'),
    key: join(folder, 'key.pem'),
    both: join(folder, 'both.pem'),
    wrong: join(folder, 'wrong.pem'),
  }
  await Promise.all([
    writeFile(paths.ca, cert),
    writeFile(paths.key, key),
    writeFile(paths.both, cert + key),
    writeFile(paths.wrong, 'nothing of the kind'),
  ])
  return paths
}

const show = (args: readonly string[], environment: NodeJS.ProcessEnv = {}): Promise<Outcome> =>
  fetcher(['-q', '-o', '-', ...args], '', { environment })

test('a certificate that nobody vouches for is refused, unless it is given, or any is taken', async (context) => {
  const port = await serve(context)
  const { ca } = await files(context)
  const url = `https://localhost:${port}/`
  const refused = await fetcher([url])
  assert.equal(refused.status, 1)
  assert.match(refused.stdout[0]!, /^failed\t-\t.*TLS: self.signed certificate/)
  assert.match(refused.stderr.join('\n'), /errors: 1 tls/)
  const page = [`localhost:${port}, localhost, nobody`]
  for (const args of [['--cacert', ca], ['--insecure'], ['-k']]) {
    const { status, stdout } = await show([...args, url])
    assert.deepEqual([status, stdout], [0, page], args.join(' '))
  }
})

test('a certificate for another name is refused', async (context) => {
  const port = await serve(context)
  const { ca } = await files(context)
  const args = ['--cacert', ca, '--resolve', `other.test:${port}:127.0.0.1`, `https://other.test:${port}/`]
  const { status, stdout } = await fetcher(args)
  assert.equal(status, 1)
  assert.match(stdout[0]!, /TLS: .*other\.test/)
  assert.deepEqual((await show(['-k', ...args])).stdout, [`other.test:${port}, other.test, nobody`])
})

test('--cert and --key show who asks, from two files or one', async (context) => {
  const port = await serve(context, { requestCert: true, rejectUnauthorized: true, ca: cert })
  const { ca, key: keyFile, both } = await files(context)
  const url = `https://localhost:${port}/`
  assert.equal((await show(['--cacert', ca, url])).status, 1)
  for (const args of [
    ['--cert', ca, '--key', keyFile],
    ['-E', both],
  ]) {
    const { status, stdout, stderr } = await show(['--cacert', ca, ...args, url])
    assert.deepEqual([status, stdout], [0, [`localhost:${port}, localhost, localhost`]], stderr.join('\n'))
  }
})

test('files that are no certificates are a mistake, and nothing is fetched', async (context) => {
  const { ca, wrong, both } = await files(context)
  for (const args of [
    ['--cacert', wrong],
    ['--cert', wrong],
    ['--cert', ca],
    ['--cert', both, '--key', wrong],
    ['--key', both],
  ]) {
    const { status, stdout, stderr } = await fetcher([...args, 'https://localhost:9/'])
    assert.deepEqual([status, stdout], [2, []], args.join(' '))
    assert.match(stderr[0]!, /^gvent fetch: --(?:cacert|cert|key) /)
  }
})

/** A proxy that wants a name and a password, and notes the tunnels that it made. */
async function proxy(context: Scope): Promise<{ tunnels: string[]; origin: string }> {
  const tunnels: string[] = []
  const server = createHttpServer()
  server.on('connect', (request, client) => {
    client.on('error', () => undefined)
    if (request.headers['proxy-authorization'] !== `Basic ${Buffer.from('me:s p').toString('base64')}`) {
      client.end('HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n')
      return
    }
    tunnels.push(request.url!)
    const upstream = connect(Number(request.url!.split(':')[1]), '127.0.0.1', () => {
      client.write('HTTP/1.1 200 OK\r\n\r\n')
      upstream.pipe(client).pipe(upstream)
    })
    upstream.on('error', () => client.destroy())
    client.on('close', () => upstream.destroy())
  })
  const peer = new Peer(context, server)
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return { tunnels, origin: peer.origin }
}

test('https goes through a tunnel of the proxy, from the option or the variables, unless an exception is made', async (context) => {
  const port = await serve(context)
  const { ca } = await files(context)
  const { tunnels, origin } = await proxy(context)
  const own = origin.replace('//', '//me:s%20p@')
  const args = ['--cacert', ca, `https://localhost:${port}/`]
  const page = [`localhost:${port}, localhost, nobody`]
  assert.deepEqual((await show(['--proxy', own, ...args])).stdout, page)
  assert.deepEqual((await show(args, { HTTPS_PROXY: own })).stdout, page)
  assert.deepEqual((await show(args, { all_proxy: own })).stdout, page)
  assert.deepEqual(
    tunnels,
    Array.from({ length: 3 }, () => `localhost:${port}`),
  )
  assert.deepEqual((await show(args, { https_proxy: own, NO_PROXY: 'localhost' })).stdout, page)
  assert.deepEqual((await show(args, { http_proxy: own })).stdout, page)
  assert.equal(tunnels.length, 3)
})

test('a proxy that refuses says why, and its password is nowhere', async (context) => {
  const { origin } = await proxy(context)
  const { status, stdout, stderr } = await fetcher(['-v', 'https://localhost:9443/'], '', {
    environment: { https_proxy: origin.replace('//', '//me:hunter2@') },
  })
  assert.equal(status, 1)
  assert.match(stdout[0]!, /the proxy 127\.0\.0\.1:\d+ answered 407 Proxy Authentication Required/)
  assert.ok(![...stdout, ...stderr].join('\n').includes('hunter2'))
})
