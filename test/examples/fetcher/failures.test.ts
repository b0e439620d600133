import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { fetcher } from './command.js'
import { answer, refusingOrigin, serve, serveBytes } from './peers.js'

/** Fetches a bad URL between two good ones: the good ones arrive, and the bad one has one line of its own. */
async function fetchBetweenGood(context: TestContext, url: string, ...options: string[]): Promise<string> {
  const good = await serve(context)
  const { status, stdout, stderr } = await fetcher([...options, `${good.origin}/a`, url, `${good.origin}/b`])
  assert.deepEqual(stdout.sort(), ['Process 0: Page /a', 'Process 2: Page /b'])
  assert.equal(status, 1)
  assert.equal(stderr.length, 2)
  assert.match(stderr[1]!, /^2 fetched, 1 failed, /)
  const beginning = `Process 1 failed: ${url}: `
  assert.ok(stderr[0]!.startsWith(beginning), stderr[0])
  return stderr[0]!.slice(beginning.length)
}

test('an invalid URL', async (context) => {
  assert.equal(await fetchBetweenGood(context, 'http://'), 'not a valid URL')
})

test('a URL without a scheme, and what was probably meant', async (context) => {
  const message = await fetchBetweenGood(context, 'example.com/page.json')
  assert.equal(message, 'not a valid URL; did you mean http://example.com/page.json?')
})

test('a URL that is not for the web', async (context) => {
  const message = await fetchBetweenGood(context, 'file:///etc/hosts')
  assert.equal(message, 'file: is not fetched, only http: and https:')
})

test('a URL with a password', async (context) => {
  const message = await fetchBetweenGood(context, 'http://me:secret@127.0.0.1/')
  assert.equal(message, 'a name and a password in a URL are not sent; leave them out')
})

test('a refused connection', async (context) => {
  const origin = await refusingOrigin()
  const message = await fetchBetweenGood(context, origin)
  assert.equal(message, `127.0.0.1 refused the connection to port ${new URL(origin).port}`)
})

test('a name that does not exist', async (context) => {
  const message = await fetchBetweenGood(context, 'http://nowhere.invalid/')
  // Where no name server can be reached, nobody can say that there is no such name.
  assert.match(message, /^(there is no host with the name nowhere\.invalid|the name nowhere\.invalid could not be )/)
})

test('a port that fetch does not connect to', async (context) => {
  const message = await fetchBetweenGood(context, 'http://127.0.0.1:22/')
  assert.equal(message, 'port 22 is not for web pages, and blocked')
})

test('an answer that is an error of the server', async (context) => {
  const peer = await serve(context, (_request, response) => response.writeHead(500).end('oh no'))
  const message = await fetchBetweenGood(context, `${peer.origin}/x`)
  assert.equal(message, 'the server answered 500 Internal Server Error')
})

test('a body that is shorter than it should be', async (context) => {
  const peer = await serveBytes(context, 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n[{"title"')
  assert.equal(await fetchBetweenGood(context, peer.origin), 'the body was cut short after 9 of 100 bytes')
})

test('a body in chunks that breaks off', async (context) => {
  const peer = await serveBytes(context, 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n[{"ti\r\n')
  assert.equal(await fetchBetweenGood(context, peer.origin), 'the body was cut short after 5 bytes')
})

test('a body that cannot be decompressed', async (context) => {
  const peer = await serveBytes(context, 'HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\nhello')
  assert.match(await fetchBetweenGood(context, peer.origin), /^the body cannot be decompressed: /)
})

test('a page that is not JSON', async (context) => {
  const peer = await serve(context, (_request, response) => response.end('<html>\n<b>hello</b>\n</html>'))
  assert.match(await fetchBetweenGood(context, peer.origin), /^the page is not JSON: Unexpected token .*<html> <b>/)
})

test('a page that is JSON without a title', async (context) => {
  const bodies = ['{"title":"x"}', '[]', '[null]', '[{"title":7}]', 'null']
  const peer = await serve(context, ({ url }, response) => response.end(bodies[Number(url!.slice(1))]))
  const { status, stderr } = await fetcher(bodies.map((_, index) => `${peer.origin}/${index}`))
  assert.equal(status, 1)
  assert.deepEqual(
    stderr.slice(0, -1).map((line) => line.split(': ').at(-1)),
    bodies.map(() => 'the page is JSON, but not a list whose first item has a title'),
  )
})

test('a server that never answers', async (context) => {
  const peer = await serve(context, () => undefined)
  assert.equal(await fetchBetweenGood(context, peer.origin, '--timeout', '300'), 'no answer within 0.30 s')
  await peer.allClosed()
})

test('a server that begins a body and never ends it', async (context) => {
  const peer = await serve(context, (_request, response) => response.write('[{"ti'))
  const message = await fetchBetweenGood(context, peer.origin, '--timeout', '300')
  assert.equal(message, 'the body did not end (5 bytes came) within 0.30 s')
  await peer.allClosed()
})

test('a connection that is closed without an answer', async (context) => {
  const peer = await serveBytes(context, '')
  assert.equal(await fetchBetweenGood(context, peer.origin), 'the server closed the connection and did not answer')
})

test('an answer that is not HTTP', async (context) => {
  const peer = await serveBytes(context, 'SSH-2.0-OpenSSH_9.9\r\n\r\n')
  assert.match(await fetchBetweenGood(context, peer.origin), /^the answer is not HTTP: /)
})

test('an answer over plain HTTP where TLS was asked for', async (context) => {
  const peer = await serveBytes(context, 'HTTP/1.1 400 Bad Request\r\n\r\n')
  const message = await fetchBetweenGood(context, peer.origin.replace('http:', 'https:'))
  assert.equal(message, 'the server does not speak TLS there; was http:// meant?')
})

test('redirections without an end', async (context) => {
  const peer = await serve(context, (_request, response) => response.writeHead(302, { Location: '/' }).end())
  assert.equal(await fetchBetweenGood(context, peer.origin), 'the server redirects for ever')
})

test('a page that is too large to be kept in memory', async (context) => {
  const peer = await serve(context, (_request, response) => {
    const part = ' '.repeat(2 ** 20)
    const write = (): void => {
      while (!response.destroyed && response.write(part)) continue
    }
    response.on('drain', write)
    write()
  })
  assert.match(await fetchBetweenGood(context, peer.origin), /^the page is larger than 16\.8 MB, .* try --raw$/)
  await peer.allClosed()
})

test('what comes from elsewhere cannot write to the terminal what it likes', async (context) => {
  const peer = await serve(context, (request, response) => {
    if (request.url === '/') response.end(JSON.stringify([{ title: 'one\r\n\x1b[2Jtwo\u202ethree' }]))
    else answer(request, response)
  })
  const { stdout, stderr } = await fetcher([peer.origin, 'http://x\x1b[31m/'])
  assert.deepEqual(stdout, ['Process 0: one [2Jtwo three'])
  assert.equal(stderr[0], 'Process 1 failed: http://x [31m/: not a valid URL')
})

test('with --json failures are results too, each on a line with its code', async (context) => {
  const peer = await serve(context, (_request, response) => response.writeHead(503).end())
  const refusing = await refusingOrigin()
  const { status, stdout, stderr } = await fetcher(['--json', 'nonsense', `${peer.origin}/x`, refusing])
  assert.equal(status, 1)
  assert.match(stderr.join('\n'), /^0 fetched, 3 failed, 0 bytes in [^\n]+$/)
  const results = stdout
    .map((line) => JSON.parse(line) as { process: number; ms: number })
    .sort((one, other) => one.process - other.process)
  assert.deepEqual(
    results.map(({ ms, ...rest }) => ({ ...rest, timed: Number.isInteger(ms) })),
    [
      {
        process: 0,
        url: 'nonsense',
        status: null,
        bytes: 0,
        attempts: 0,
        error: 'not a valid URL; did you mean http://nonsense?',
        code: 'INVALID_URL',
        timed: true,
      },
      {
        process: 1,
        url: `${peer.origin}/x`,
        status: 503,
        bytes: 0,
        attempts: 1,
        error: 'the server answered 503 Service Unavailable',
        code: 'HTTP_503',
        timed: true,
      },
      {
        process: 2,
        url: refusing,
        status: null,
        bytes: 0,
        attempts: 1,
        error: `127.0.0.1 refused the connection to port ${new URL(refusing).port}`,
        code: 'ECONNREFUSED',
        timed: true,
      },
    ],
  )
})
