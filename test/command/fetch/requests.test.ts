import assert from 'node:assert/strict'
import { readFile, stat, writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import { once } from 'node:events'
import { join } from 'node:path'
import { test } from 'node:test'
import { fetcher } from './command.js'
import { Peer, serve, temporaryFolder, type Scope } from './peers.js'

interface Echo {
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = ''
  for await (const part of request) text += String(part)
  return text
}

/** Answers with what it was asked. */
const echo = (context: Scope): Promise<Peer> =>
  serve(context, (request, response) => {
    void bodyOf(request).then((body) => {
      response.setHeader('set-cookie', ['seen=1; Path=/; Max-Age=3600'])
      response.end(JSON.stringify({ method: request.method, url: request.url, headers: request.headers, body }))
    })
  })

async function ask(args: readonly string[], environment: NodeJS.ProcessEnv = {}): Promise<Echo> {
  const { status, stdout, stderr } = await fetcher(['-q', '-o', '-', ...args], '', { environment })
  assert.equal(status, 0, stderr.join('\n'))
  return JSON.parse(stdout.join('\n')) as Echo
}

test('headers, user agent, authentication, method and data go as they were written', async (context) => {
  const { origin } = await echo(context)
  const args = [
    '-H',
    'X-One: 1',
    '-H',
    'Accept:',
    '-A',
    'robot/1',
    '-u',
    'alice:se:cret',
    '-d',
    'a=1',
    '--data',
    'b=2',
    `${origin}/x`,
  ]
  const { method, headers, body } = await ask(args)
  assert.deepEqual([method, body, headers['x-one'], headers['user-agent']], ['POST', 'a=1&b=2', '1', 'robot/1'])
  assert.equal(headers['content-type'], 'application/x-www-form-urlencoded')
  assert.equal(headers['authorization'], `Basic ${Buffer.from('alice:se:cret').toString('base64')}`)
  const put = await ask(['-X', 'PUT', '--json-body', '{"a": 1}', origin])
  assert.deepEqual([put.method, put.body, put.headers['content-type']], ['PUT', '{"a": 1}', 'application/json'])
})

test('headers go out in UTF-8, and may have no control characters', async (context) => {
  const { origin } = await echo(context)
  const { headers } = await ask(['-H', 'X-One: grün 漢', '-A', 'grün', '-b', 'a=ü', origin])
  const sent = ['x-one', 'user-agent', 'cookie'].map((name) => Buffer.from(headers[name]!, 'latin1').toString())
  assert.deepEqual(sent, ['grün 漢', 'grün', 'a=ü'])
  for (const args of [
    ['-H', 'X-One: a\x01b'],
    ['-A', 'a\nb'],
    ['-b', 'a=b\x7f'],
  ]) {
    assert.equal((await fetcher([...args, origin])).status, 2, args.join(' '))
  }
})

test('names and passwords come from netrc, and data and headers from files', async (context) => {
  const { origin } = await echo(context)
  const folder = await temporaryFolder(context)
  await writeFile(
    join(folder, 'netrc'),
    'machine other login x password y\nmachine 127.0.0.1\n  login bob\n  password "s p"\n',
  )
  await writeFile(join(folder, 'data'), 'from a file')
  const { headers, body } = await ask(['--netrc-file', join(folder, 'netrc'), '-d', `@${join(folder, 'data')}`, origin])
  assert.equal(headers['authorization'], `Basic ${Buffer.from('bob:s p').toString('base64')}`)
  assert.equal(body, 'from a file')
})

test('cookies come from a jar and go into it, and only their owner may read it', async (context) => {
  const { origin } = await echo(context)
  const jar = join(await temporaryFolder(context), 'jar')
  assert.equal((await ask(['-c', jar, origin])).headers['cookie'], undefined)
  assert.match(await readFile(jar, 'utf8'), /^127\.0\.0\.1\tFALSE\t\/\tFALSE\t\d+\tseen\t1$/m)
  assert.equal((await stat(jar)).mode & 0o077, 0)
  assert.equal((await ask(['-c', jar, '-b', 'own=2', origin])).headers['cookie'], 'seen=1; own=2')
})

test('credentials are dropped across origins, and written nowhere', async (context) => {
  const other = await echo(context)
  const first = await serve(context, (_request, response) =>
    response.writeHead(302, { location: `${other.origin}/there` }).end(),
  )
  const folder = await temporaryFolder(context)
  const [manifest, har] = [join(folder, 'm'), join(folder, 'har')]
  const url = first.origin.replace('//', '//alice:hunter2@')
  const secrets = ['-H', 'X-Api-Key: hunter2', '-H', 'Cookie: a=hunter2', '-b', 'b=hunter2', '-H', 'X-Plain: yes']
  const { stdout, stderr } = await fetcher(['-v', '-o', '-', ...secrets, '--manifest', manifest, '--har', har, url])
  const { headers } = JSON.parse(stdout.join('\n')) as Echo
  assert.equal(headers['x-plain'], 'yes')
  for (const name of ['authorization', 'cookie', 'x-api-key']) assert.equal(headers[name], undefined, name)
  const written = [stderr.join('\n'), await readFile(manifest, 'utf8'), await readFile(har, 'utf8')].join('\n')
  assert.ok(!written.includes('hunter2') && !written.includes(Buffer.from('alice:hunter2').toString('base64')), written)
  const { log } = JSON.parse(await readFile(har, 'utf8')) as { log: { entries: unknown[] } }
  assert.equal(log.entries.length, 2)
})

test('redirects are limited, and a form becomes a GET', async (context) => {
  const peer = await serve(context, (request, response) => {
    const left = Number(request.url!.slice(1))
    if (left === 0) response.end(request.method)
    else response.writeHead(302, { location: `/${left - 1}` }).end()
  })
  const done = await fetcher(['-q', '-o', '-', '-d', 'x', '--max-redirects', '3', `${peer.origin}/3`])
  assert.deepEqual([done.status, done.stdout], [0, ['GET']])
  const failed = await fetcher(['--max-redirects', '3', `${peer.origin}/4`])
  assert.equal(failed.status, 1)
  assert.match(failed.stdout[0]!, /redirected more than 3 times/)
})

test('--resolve connects elsewhere, under the name of the page', async (context) => {
  const { origin } = await echo(context)
  const { port } = new URL(origin)
  const { headers } = await ask(['--resolve', `example.test:${port}:127.0.0.1`, `http://example.test:${port}/`])
  assert.equal(headers['host'], `example.test:${port}`)
})

/** A proxy that notes what it was asked for. */
async function proxy(context: Scope): Promise<{ asked: string[]; authorizations: unknown[]; origin: string }> {
  const asked: string[] = []
  const authorizations: unknown[] = []
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`)
    authorizations.push(request.headers['proxy-authorization'])
    response.end(JSON.stringify({ method: request.method, url: request.url, headers: request.headers, body: '' }))
  })
  server.on('connect', (request, client) => {
    asked.push(`CONNECT ${request.url}`)
    authorizations.push(request.headers['proxy-authorization'])
    const [, port] = request.url!.split(':')
    const upstream = connect(Number(port), '127.0.0.1', () => {
      client.write('HTTP/1.1 200 OK\r\n\r\n')
      upstream.pipe(client).pipe(upstream)
    })
    upstream.on('error', () => client.destroy())
    client.on('error', () => upstream.destroy())
  })
  const peer = new Peer(context, server)
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return { asked, authorizations, origin: peer.origin }
}

test('a proxy is taken from the option or the variables, unless an exception is made', async (context) => {
  const { origin } = await echo(context)
  const through = await proxy(context)
  await ask(['--proxy', through.origin.replace('//', '//me:pw@'), 'http://a.test/1'])
  await ask(['http://b.test/2'], { HTTP_PROXY: through.origin })
  await ask(['http://c.test/3'], { http_proxy: through.origin })
  await ask([`${origin}/direct`], { http_proxy: through.origin, no_proxy: 'x.test,127.0.0.1' })
  await ask(['--noproxy', '*', `${origin}/direct`], { all_proxy: through.origin })
  assert.deepEqual(through.asked, ['GET http://a.test/1', 'GET http://b.test/2', 'GET http://c.test/3'])
  assert.equal(through.authorizations[0], `Basic ${Buffer.from('me:pw').toString('base64')}`)
})

test('--continue asks for the rest of a file only if the page is still the same', async (context) => {
  const text = 'The whole of a page, which comes in two halves.'
  let tag = '"1"'
  const ranges: unknown[] = []
  const peer = await serve(context, (request, response) => {
    const { range, 'if-range': mark } = request.headers
    ranges.push([range, mark])
    response.setHeader('etag', tag)
    if (range !== undefined && mark === tag) {
      const from = Number(/\d+/.exec(range)![0])
      response.writeHead(206, { 'content-range': `bytes ${from}-${text.length - 1}/${text.length}` })
      response.end(text.slice(from))
    } else if (ranges.length % 2 === 1) {
      response.writeHead(200, { 'content-length': text.length })
      response.write(text.slice(0, 20), () => response.destroy())
    } else response.end(text)
  })
  const folder = await temporaryFolder(context)
  const args = ['--continue', '--output', join(folder, '{path}'), '--checksum', 'sha256', `${peer.origin}/page`]
  assert.equal((await fetcher(args)).status, 1)
  assert.equal((await fetcher(args)).status, 0)
  assert.equal(await readFile(join(folder, 'page'), 'utf8'), text)
  assert.deepEqual(ranges, [
    [undefined, undefined],
    ['bytes=20-', '"1"'],
  ])
  const other = ['--continue', '--output', join(folder, 'other-{path}'), `${peer.origin}/page`]
  assert.equal((await fetcher(other)).status, 1)
  tag = '"2"'
  assert.equal((await fetcher(other)).status, 0)
  assert.equal(await readFile(join(folder, 'other-page'), 'utf8'), text)
})
