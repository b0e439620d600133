import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { Run, fetcher } from './command.js'
import { answer, serve } from './peers.js'

test('the first line says what the options come to: a bare number is seconds', async (context) => {
  const { origin } = await serve(context)
  const { stderr } = await fetcher(['--timeout', '30', '--idle-timeout', '500ms', '--max-size', '2MB', origin])
  assert.equal(
    stderr[0],
    'gvent fetch: 10 at once, timeout 30 s (connect 10 s, idle 500 ms), max-size 2.0 MB, retries 0',
  )
})

test('a body may not be larger than --max-size, decompressed too', async (context) => {
  const peer = await serve(context, (request, response) => {
    if (request.url === '/plain') response.end(Buffer.alloc(1_000_001))
    else response.setHeader('content-encoding', 'gzip').end(gzipSync(Buffer.alloc(30_000_000)))
  })
  const { status, stdout } = await fetcher(['--max-size', '1MB', `${peer.origin}/plain`, `${peer.origin}/gzip`])
  assert.equal(status, 1)
  for (const line of stdout) assert.match(line, /^failed\t200\t.*the body is larger than 1\.0 MB/)
})

test('a pause that Retry-After asks for is shown, and others have the place meanwhile', async (context) => {
  const peer = await serve(context, (request, response) => {
    if (request.url === '/busy') response.writeHead(503, { 'retry-after': '3600' }).end()
    else answer(request, response)
  })
  const run = new Run(['--concurrency', '1', '--retries', '1', `${peer.origin}/busy`, `${peer.origin}/{1..20}`])
  let printed = ''
  run.process.stdout.on('data', (text: string) => (printed += text))
  while (printed.split('\n').length <= 20) await run.nextOutput()
  run.process.kill('SIGINT')
  const { status, stderr, stdout } = await run.outcome
  assert.equal(status, 130)
  assert.match(
    stderr.join('\n'),
    /\/busy: the server answered 503 Service Unavailable; Retry-After: waiting 60 min 0 s, until \d\d:/,
  )
  assert.equal(stdout.filter((line) => line.startsWith('given up')).length, 1)
})

test('--retry-on says which statuses are tried again', async (context) => {
  const peer = await serve(context, (request, response) => {
    if (peer.requests === 1) response.statusCode = 404
    answer(request, response)
  })
  assert.equal((await fetcher(['--retries', '1', '--retry-on', '404', peer.origin])).status, 0)
  assert.equal(peer.requests, 2)
})

test('no more than --per-host are under way to one host, and others are not held up', async (context) => {
  let [now, most] = [0, 0]
  const slow = await serve(context, (request, response) => {
    most = Math.max(most, ++now)
    setImmediate(() => {
      now--
      answer(request, response)
    })
  })
  const quick = await serve(context)
  const args = ['--concurrency', '8', '--per-host', '2', `${slow.origin}/{1..50}`, `${quick.origin}/{1..50}`]
  const { status } = await fetcher(args)
  assert.equal(status, 0)
  assert.equal(most, 2)
  assert.equal(quick.requests, 50)
})

test('--fail-fast and --max-errors stop, and the rest was never begun', async (context) => {
  const peer = await serve(context, (_request, response) => response.writeHead(404).end())
  const fast = await fetcher(['--fail-fast', '--concurrency', '1', `${peer.origin}/{1..50}`])
  assert.equal(fast.status, 1)
  assert.match(fast.stderr.join('\n'), /stopped at the first failure: 0 fetched, 1 failed, .*never begun/)
  const three = await fetcher(['--max-errors', '3', '--concurrency', '1', `${peer.origin}/{1..50}`])
  assert.match(three.stderr.join('\n'), /stopped at 3 failures: 0 fetched, 3 failed/)
  assert.equal(three.stdout.length, 50)
})

test('timeouts end an attempt: in all, and when nothing comes', async (context) => {
  const peer = await serve(context, (request, response) => {
    if (request.url === '/silent') response.write('a part')
  })
  const total = await fetcher(['--timeout', '200ms', `${peer.origin}/never`])
  assert.match(total.stdout[0]!, /^failed\t-\t.*no answer within 0\.20 s/)
  const idle = await fetcher(['--idle-timeout', '3s', `${peer.origin}/silent`])
  assert.match(idle.stdout[0]!, /^failed\t200\t.*nothing more came for 3\.00 s \(6 bytes came\)/)
})
