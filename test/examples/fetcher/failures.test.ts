import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { fetcher } from './command.js'
import { answer, refusingOrigin, serve, serveBytes } from './peers.js'

const scope = { after }
const good = await serve(scope)
const refusing = await refusingOrigin()

/** Serves a body for as long as somebody takes it. */
const endless = await serve(scope, (_request, response) => {
  const part = ' '.repeat(2 ** 20)
  const write = (): void => {
    while (!response.destroyed && response.write(part)) continue
  }
  response.on('drain', write)
  write()
})

async function answering(status: number, body: string, headers: Record<string, string> = {}): Promise<string> {
  return (await serve(scope, (_request, response) => response.writeHead(status, headers).end(body))).origin
}

async function sending(bytes: string): Promise<string> {
  return (await serveBytes(scope, bytes)).origin
}

const noTitle = 'the page is JSON, but not a list whose first item has a title'

const cases: [name: string, url: string, message: string | RegExp][] = [
  ['an invalid URL', 'http://', 'not a valid URL'],
  ['a URL without a scheme', 'example.com/x', 'not a valid URL; did you mean http://example.com/x?'],
  ['a URL that is not for the web', 'file:///etc/hosts', 'file: is not fetched, only http: and https:'],
  [
    'a URL with a password',
    'http://me:secret@127.0.0.1/',
    'a name and a password in a URL are not sent; leave them out',
  ],
  ['a refused connection', refusing, `127.0.0.1 refused the connection to port ${new URL(refusing).port}`],
  [
    'a name that does not exist',
    'http://nowhere.invalid/',
    // Where no name server can be reached, nobody can say that there is no such name.
    /^(there is no host with the name nowhere\.invalid|the name nowhere\.invalid could not be looked up: .*)$/,
  ],
  ['a port that fetch does not connect to', 'http://127.0.0.1:22/', 'port 22 is not for web pages, and blocked'],
  ['an error of the server', await answering(500, 'oh no'), 'the server answered 500 Internal Server Error'],
  ['a page that is not there', await answering(404, '[]'), 'the server answered 404 Not Found'],
  [
    'a redirect to nowhere',
    await answering(302, '', { Location: 'http://[' }),
    'the server redirects to something that is not a valid URL',
  ],
  [
    'a redirect to what is not for the web',
    await answering(302, '', { Location: 'ftp://127.0.0.1/' }),
    'the server redirects to something that is not http:',
  ],
  [
    'a body that is shorter than it should be',
    await sending('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n[{"title"'),
    'the body was cut short after 9 of 100 bytes',
  ],
  [
    'a body in chunks that breaks off',
    await sending('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n[{"ti\r\n'),
    'the body was cut short after 5 bytes',
  ],
  [
    'a body that cannot be decompressed',
    await answering(200, 'hello', { 'Content-Encoding': 'gzip' }),
    /^the body cannot be decompressed: /,
  ],
  [
    'a page that is not JSON',
    await answering(200, '<html>\n<b>hello</b>\n</html>'),
    /^the page is not JSON: Unexpected token .*<html> <b>/,
  ],
  ['an empty page', await answering(200, ''), /^the page is not JSON: Unexpected end of JSON input$/],
  ['a page that is an object', await answering(200, '{"title":"x"}'), noTitle],
  ['a page that is an empty list', await answering(200, '[]'), noTitle],
  ['a page whose title is not a text', await answering(200, '[{"title":7}]'), noTitle],
  ['a page whose first item is null', await answering(200, '[null]'), noTitle],
  ['a page that is too large for memory', endless.origin, /^the page is larger than 16\.8 MB, .* try --raw$/],
  ['a connection closed without an answer', await sending(''), 'the server closed the connection and did not answer'],
  ['an answer that is not HTTP', await sending('SSH-2.0-OpenSSH_9.9\r\n\r\n'), /^the answer is not HTTP: /],
  [
    'an answer in plain HTTP where TLS was asked for',
    (await sending('HTTP/1.1 400 Bad Request\r\n\r\n')).replace('http:', 'https:'),
    'the server does not speak TLS there; was http:// meant?',
  ],
  ['redirections without end', await answering(302, '', { Location: '/' }), 'the server redirects for ever'],
]

const outcome = await fetcher([`${good.origin}/first`, ...cases.map(([, url]) => url), `${good.origin}/last`])

test('whatever happens to other URLs, the rest is fetched, and the exit status is 1', () => {
  assert.deepEqual(outcome.stdout.sort(), ['Process 0: Page /first', `Process ${cases.length + 1}: Page /last`])
  assert.equal(outcome.status, 1)
  assert.equal(outcome.stderr.length, cases.length + 1)
  assert.match(outcome.stderr.at(-1)!, new RegExp(`^2 fetched, ${cases.length} failed, `))
})

for (const [index, [name, url, message]] of cases.entries()) {
  test(`${name} has one line, which says what it is`, () => {
    const beginning = `Process ${index + 1} failed: ${url}: `
    const found = outcome.stderr
      .filter((line) => line.startsWith(beginning))
      .map((line) => line.slice(beginning.length))
    assert.equal(found.length, 1)
    if (typeof message === 'string') assert.equal(found[0], message)
    else assert.match(found[0]!, message)
  })
}

test('a server that takes too long is given up, and its connection closed', async (context) => {
  const silent = await serve(context, () => undefined)
  const stalled = await serve(context, (_request, response) => response.write('[{"ti'))
  const { status, stderr } = await fetcher(['--timeout', '1500', silent.origin, stalled.origin])
  assert.equal(status, 1)
  assert.deepEqual(stderr.slice(0, 2).sort(), [
    `Process 0 failed: ${silent.origin}: no answer within 1.50 s`,
    `Process 1 failed: ${stalled.origin}: the body did not end (5 bytes came) within 1.50 s`,
  ])
  await Promise.all([silent.allClosed(), stalled.allClosed()])
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
  const { status, stdout, stderr } = await fetcher(['--json', 'nonsense', `${peer.origin}/x`, refusing])
  assert.equal(status, 1)
  assert.match(stderr.join('\n'), /^0 fetched, 3 failed, 0 bytes in [^\n]+$/)
  const results = stdout
    .map((line) => JSON.parse(line) as { process: number; ms: number })
    .sort((one, other) => one.process - other.process)
  assert.ok(results.every(({ ms }) => Number.isInteger(ms)))
  assert.deepEqual(
    results.map(({ ms: _, ...rest }) => rest),
    [
      {
        process: 0,
        url: 'nonsense',
        status: null,
        bytes: 0,
        attempts: 0,
        error: 'not a valid URL; did you mean http://nonsense?',
        code: 'INVALID_URL',
      },
      {
        process: 1,
        url: `${peer.origin}/x`,
        status: 503,
        bytes: 0,
        attempts: 1,
        error: 'the server answered 503 Service Unavailable',
        code: 'HTTP_503',
      },
      {
        process: 2,
        url: refusing,
        status: null,
        bytes: 0,
        attempts: 1,
        error: `127.0.0.1 refused the connection to port ${new URL(refusing).port}`,
        code: 'ECONNREFUSED',
      },
    ],
  )
})
