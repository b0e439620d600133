/**
 * What this package parses that somebody else has sent, with inputs of any size that are hard on it. Each is a function
 * that makes an input of some size, and one that parses it.
 */
import { Duplex, PassThrough } from 'node:stream'
import { Socket, gzip, run } from '../../dist/index.js'
import { hideSecrets } from '../../dist/io/diagnostics/hide-secrets.js'
import { Chunks } from '../../dist/io/fetch/chunks.js'
import { Lines } from '../../dist/io/fetch/lines.js'
import { FetchRetryPolicy } from '../../dist/io/fetch/retry.js'
import { printable, quote } from '../../dist/io/http/printable.js'
import { InputStream } from '../../dist/io/http/request/input-stream.js'
import { MessageBody } from '../../dist/io/http/request/message-body.js'
import { headWithoutUpgrade } from '../../dist/io/http/request/request-head.js'
import { checkHead, hasBody, wantsUpgrade } from '../../dist/io/http/request/request-limits.js'
import { rangeOf } from '../../dist/io/http/static/byte-range.js'
import { evaluate, rangeApplies } from '../../dist/io/http/static/conditions.js'
import { makeEnviron } from '../../dist/io/wsgi/environ.js'
import { checkHead as checkResponseHead } from '../../dist/io/wsgi/head.js'

const limits = { maxHeadersCount: Infinity, maxBodySize: Infinity }
const validators = { etag: '"x"', modified: 0 }

/** Texts that make an expression look again and again, if anything does. */
const hard = {
  spaces: (size) => `${' '.repeat(size)}x`,
  digits: (size) => `${'1'.repeat(size)}x`,
  commas: (size) => ','.repeat(size),
  'commas and spaces': (size) => ', '.repeat(size / 2),
  tokens: (size) => 'upgrade ,'.repeat(size / 9),
  quotes: (size) => '"'.repeat(size),
  slashes: (size) => `${'/'.repeat(size)}x`,
  percents: (size) => '%4'.repeat(size / 2),
  'at signs': (size) => '@'.repeat(size),
  colons: (size) => ':'.repeat(size),
  brackets: (size) => '['.repeat(size),
  semicolons: (size) => `gzip${';q=1'.repeat(size / 4)}`,
}

function requestWith(headers, url = '/') {
  const rawHeaders = Object.entries(headers).flat()
  return {
    method: 'GET',
    url,
    httpVersion: '1.1',
    httpVersionMajor: 1,
    httpVersionMinor: 1,
    headers,
    rawHeaders,
    socket: {},
  }
}

/** The headers of a message that has this one. */
const headers = (name, value) => ({ get: (asked) => (asked === name ? value : null) })

const manyHeaders = (size) => ({
  ...requestWith({}),
  rawHeaders: Array.from({ length: size / 4 }, (_, index) => (index % 2 === 0 ? 'X-Same' : 'value')),
})

/** For each kind of text: what is made of it, and who parses that. */
const ofTexts = {
  Range: (text) => rangeOf(`bytes=${text}`, 1000),
  'Range, last': (text) => rangeOf(`bytes=1-${text}`, 1000),
  'Range, unit': (text) => rangeOf(`bytes${text}=1-2`, 1000),
  'If-None-Match': (text) => evaluate(headers('if-none-match', text), validators),
  'If-Match': (text) => evaluate(headers('if-match', text), validators),
  'If-Modified-Since': (text) => evaluate(headers('if-modified-since', text), validators),
  'If-Range': (text) => rangeApplies(headers('if-range', text), validators),
  Host: (text) => checkHead(requestWith({ host: text }), limits, {}),
  'the target of a request': (text) => checkHead(requestWith({ host: 'x' }, `http://${text}`), limits, {}),
  Connection: (text) => wantsUpgrade(requestWith({ upgrade: 'x', connection: text })),
  'a declined Upgrade': (text) => headWithoutUpgrade(requestWith({ connection: text, upgrade: text })),
  'Content-Length': (text) => hasBody(requestWith({ 'content-length': text })),
  'the path of an environ': (text) =>
    makeEnviron(requestWith({}, `/${text}?${text}`), null, { more: {}, secure: false }),
  'Accept-Encoding': (text) => {
    const start = () => () => undefined
    const app = (_environ, startResponse) => {
      startResponse('200 OK', [['Content-Type', 'text/plain']])
      return []
    }
    gzip()(app)({ HTTP_ACCEPT_ENCODING: text, REQUEST_METHOD: 'HEAD' }, start).next()
  },
  'the head of a WSGI response': (text) => checkResponseHead('200 OK', [['X', text.replaceAll(/[^ -~]/g, '')]]),
  'a line of a log': (text) => quote(text) + printable(text),
  'Retry-After': (text) => {
    return new FetchRetryPolicy(3).afterResponse(1, { status: 503, headers: headers('retry-after', text) })
  },
  'secrets in a report': (text) => hideSecrets(`GET http://x/${text} password=${text} ${text} "token: ${text}"`),
}

/** A stream that gives these pieces. */
function streamOf(pieces) {
  const stream = new Duplex({ read: () => undefined, write: (_chunk, _encoding, done) => done() })
  for (const piece of pieces) stream.push(piece)
  stream.push(null)
  return stream
}

const drops = (size, end) => [...Array.from({ length: size }, () => Buffer.from('x')), Buffer.from(end)]
const limit = Infinity

/** Bytes that come one by one, or whole. */
const ofStreams = {
  'readLine, byte by byte': {
    make: (size) => drops(size, '\n'),
    parse: (pieces) => run(() => Socket.from(streamOf(pieces)).readLine({ limit })),
  },
  'recvUntil, byte by byte': {
    make: (size) => drops(size, '\r\n\r\n'),
    parse: (pieces) => run(() => Socket.from(streamOf(pieces)).recvUntil('\r\n\r\n', { limit })),
  },
  'recvUntil of a delimiter that nearly comes': {
    make: (size) => [Buffer.from(`${'ab'.repeat(size / 2)}aab`)],
    parse: (pieces) => run(() => Socket.from(streamOf(pieces)).recvUntil(`${'ab'.repeat(8)}aab`, { limit })),
  },
  'recvExactly, byte by byte': {
    make: (size) => drops(size, '\n'),
    parse: (pieces) => run(() => Socket.from(streamOf(pieces)).recvExactly(pieces.length)),
  },
  'many short lines': {
    make: (size) => [Buffer.from('\n'.repeat(size))],
    parse: (pieces) =>
      run(function* () {
        const socket = Socket.from(streamOf(pieces))
        while ((yield* socket.readLine()) !== null);
      }),
  },
  'readline of a body, byte by byte': {
    make: (size) => drops(size, '\n'),
    parse: (pieces) => {
      const message = new PassThrough({ highWaterMark: 2 ** 30 })
      for (const piece of pieces) message.write(piece)
      message.end()
      return run(() => new InputStream(new MessageBody(message)).readline())
    },
  },
  'lines of a response, byte by byte': {
    make: (size) => drops(size, '\n'),
    parse: readLines,
  },
  'lines of a response, many': {
    make: (size) => [Buffer.from('\n'.repeat(size))],
    parse: readLines,
  },
  'many headers of one name': {
    make: manyHeaders,
    parse: (request) => {
      checkHead(request, limits, {})
      headWithoutUpgrade(request)
      makeEnviron(request, null, { more: {}, secure: false })
    },
  },
}

async function readLines(pieces) {
  const body = new ReadableStream({
    start(controller) {
      for (const piece of pieces) controller.enqueue(piece)
      controller.close()
    },
  })
  const request = { title: () => 'a request' }
  for await (const line of new Lines(new Chunks({ body }, { end: () => undefined }), request, (text) => text, {
    limit,
  }))
    void line
}

/** Each parser with its inputs: functions that make one of some size, by name. */
export const parsers = {
  ...Object.fromEntries(
    Object.entries(ofTexts).map(([name, parse]) => [name, { inputs: hard, parse: attempt(parse) }]),
  ),
  ...Object.fromEntries(
    Object.entries(ofStreams).map(([name, { make, parse }]) => [name, { inputs: { it: make }, parse }]),
  ),
}

/** To refuse an input is as good as to parse it. */
function attempt(parse) {
  return (input) => {
    try {
      return parse(input)
    } catch (error) {
      if (error.code !== 'GVENT_GATEWAY') throw error
      return undefined
    }
  }
}
