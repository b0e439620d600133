import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Run, fetcher } from './command.js'
import { serve, serveBytes } from './peers.js'

// A server that does not look at what it is asked costs a tenth of one that does.
const body = '[{"title":"a page"}]'
const response = `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`

test('ten thousand URLs are fetched in a small heap', async (context) => {
  const peer = await serveBytes(context, response, 'keep open')
  const urls = Array.from({ length: 10_000 }, (_, number) => `${peer.origin}/${number}\n`).join('')
  const { status, stdout } = await fetcher(['--concurrency', '50', '-'], urls, ['--max-old-space-size=64'])
  assert.equal(status, 0)
  assert.equal(stdout.length, 10_000)
  assert.ok(peer.connections.size <= 50)
})

test('a list is read no faster than its URLs are fetched', async (context) => {
  const lines = 200_000
  const peer = await serve(context)
  const run = new Run(['--concurrency', '2', '-'])
  const line = `${peer.origin}/page\n`
  run.process.stdin.write(line.repeat(lines))
  await run.during(peer.received(500))
  // What has left this process is in the pipe or in the stream's buffer, or was fetched.
  const buffered = 4 * 65_536
  assert.ok(run.process.stdin.writableLength >= (lines - peer.requests) * line.length - buffered)
  run.process.kill('SIGINT')
  assert.equal((await run.outcome).status, 130)
})
