import assert from 'node:assert/strict'
import { readdir, watch, type FileChangeInfo } from 'node:fs/promises'
import { test } from 'node:test'
import { Run, fetcher } from './command.js'
import { answer, serve, temporaryFolder } from './peers.js'

test('Ctrl-C closes every connection and says what was done', async (context) => {
  const peer = await serve(context, (request, response) => {
    if (request.url === '/quick') answer(request, response)
  })
  const urls = ['/quick', ...Array.from({ length: 50 }, (_, number) => `/${number}`)].map((path) => peer.origin + path)
  const run = new Run(['--concurrency', '8', ...urls])
  await run.during(Promise.all([run.nextOutput(), peer.received(9)]))
  run.process.kill('SIGINT')
  await peer.allClosed()
  const { status, stdout, stderr } = await run.outcome
  assert.equal(status, 130)
  assert.deepEqual(stdout, ['Process 0: Page /quick'])
  assert.match(stderr.join('\n'), /^Stopped: 1 fetched, 8 given up, 25 bytes in [^\n]+$/)
  assert.equal(peer.requests, 9)
})

test('SIGTERM does the same', async (context) => {
  const peer = await serve(context, () => undefined)
  const run = new Run([peer.origin])
  await run.during(peer.received(1))
  run.process.kill('SIGTERM')
  const { status, stderr } = await run.outcome
  assert.equal(status, 143)
  assert.match(stderr.join('\n'), /^Stopped: 0 fetched, 1 given up/)
})

test('Ctrl-C leaves no part of a body behind', async (context) => {
  const peer = await serve(context, (_request, response) => response.write('the beginning'))
  const folder = await temporaryFolder(context)
  const watching = new AbortController()
  const changes = watch(folder, { signal: watching.signal })[Symbol.asyncIterator]()
  const run = new Run(['--raw', '--output', folder, peer.origin])
  const change = await run.during(changes.next())
  assert.match(String((change.value as FileChangeInfo<string>).filename), /^\.0-127\.0\.0\.1_\d+\.\d+\.part$/)
  run.process.kill('SIGINT')
  assert.equal((await run.outcome).status, 130)
  await peer.allClosed()
  assert.deepEqual(await readdir(folder), [])
  watching.abort()
})

test('a body that is cut short leaves no file behind, and neither does one that is too slow', async (context) => {
  const peer = await serve(context, (request, response) => {
    response.write('the beginning')
    if (request.url === '/short') response.once('drain', () => undefined).socket!.end()
  })
  const folder = await temporaryFolder(context)
  const args = ['--raw', '--timeout', '300', '--output', folder, `${peer.origin}/short`, `${peer.origin}/slow`]
  const { status, stderr } = await fetcher(args)
  assert.equal(status, 1)
  assert.equal(stderr.length, 3)
  assert.deepEqual(await readdir(folder), [])
})

test('Ctrl-C while it waits for standard input', async (context) => {
  const { origin } = await serve(context)
  const run = new Run(['-'])
  run.process.stdin.write(`${origin}/a\n`)
  await run.nextOutput()
  run.process.kill('SIGINT')
  const { status, stderr } = await run.outcome
  assert.equal(status, 130)
  assert.match(stderr.join('\n'), /^Stopped: 1 fetched, 21 bytes in [^\n]+$/)
})

test('Ctrl-C between two attempts', async (context) => {
  const peer = await serve(context, (_request, response) =>
    response.writeHead(503, { 'Retry-After': '3600', Connection: 'close' }).end(),
  )
  const run = new Run(['--retries', '1', peer.origin])
  await run.during(peer.received(1))
  await peer.allClosed()
  run.process.kill('SIGINT')
  assert.equal((await run.outcome).status, 130)
})

test('Ctrl-C during the demonstration, while six of the seven pages are still to come', async () => {
  const run = new Run([])
  while (!(await run.nextOutput()).includes('Process')) continue
  run.process.kill('SIGINT')
  const { status, stderr } = await run.outcome
  assert.deepEqual([status, stderr], [130, []])
})
