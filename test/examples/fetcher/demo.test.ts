import assert from 'node:assert/strict'
import type { ServerResponse } from 'node:http'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { run } from 'gvent'
import { asynchronous, synchronous } from '#examples/fetcher/fetcher'
import { pages } from '#examples/fetcher/pages'
import { Run, fetcher } from '../../command/fetch/command.js'
import { answer, serve } from '../../command/fetch/peers.js'

const program = [fileURLToPath(import.meta.resolve('#examples/fetcher/main'))]
const lines = pages.map(({ title }, pid) => `Process ${pid}: ${title}`)

test('without arguments it fetches the seven pages at once, then one after another, compares, and once more with async functions', async () => {
  const { status, stdout, stderr } = await fetcher([], '', { program })
  assert.equal(status, 0)
  assert.deepEqual(stderr, [])
  assert.equal(stdout[0], 'Asynchronous:')
  assert.deepEqual(stdout.slice(1, 8).sort(), lines)
  assert.match(stdout[8]!, /^\d\.\d\d s; the slowest page takes 0\.70 s$/)
  assert.deepEqual(stdout.slice(9, 18), ['', 'Synchronous:', ...lines])
  assert.match(stdout[18]!, /^\d\.\d\d s; all pages together take 2\.80 s$/)
  const comparison = /^Asynchronous (.+) s, synchronous (.+) s: (.+) times as fast$/.exec(stdout[20]!)!
  const [together, apart, ratio] = comparison.slice(1).map(Number) as [number, number, number]
  assert.ok(together >= 0.7, 'no page is faster than its delay')
  assert.ok(apart >= 2.8, 'one after another they take at least the sum')
  assert.ok(Math.abs(ratio - apart / together) < 0.1)
  assert.deepEqual(stdout.slice(21, 23), ['', 'Plain async functions:'])
  assert.deepEqual(stdout.slice(23, 30).sort(), lines)
  assert.match(stdout[30]!, /^\d\.\d\d s; the slowest page takes 0\.70 s$/)
  assert.equal(stdout.length, 31)
})

test('it stops when nobody reads what it prints any more', async () => {
  const run = new Run([], { program })
  await run.nextOutput()
  run.process.stdout.destroy()
  const { status, stderr } = await run.outcome
  assert.deepEqual({ status, stderr }, { status: 0, stderr: [] })
})

test('all pages are asked for before the first one has to come', async (context) => {
  const held: (() => void)[] = []
  const peer = await serve(context, (request, response) => {
    held.push(() => answer(request, response))
    if (held.length === 7) for (const release of held.reverse()) release()
  })
  const log = context.mock.method(console, 'log', () => undefined)
  await run(
    asynchronous,
    ['/0', '/1', '/2', '/3', '/4', '/5', '/6'].map((path) => peer.origin + path),
  )
  assert.deepEqual(
    log.mock.calls.map((call) => call.arguments[0] as string).sort(),
    [0, 1, 2, 3, 4, 5, 6].map((pid) => `Process ${pid}: Page /${pid}`),
  )
})

test('one after another, each page is asked for when the one before it has come', async (context) => {
  let open: ServerResponse | undefined
  const peer = await serve(context, (request, response) => {
    assert.ok(open === undefined || open.writableEnded)
    open = response
    answer(request, response)
  })
  const log = context.mock.method(console, 'log', () => undefined)
  await run(
    synchronous,
    ['/a', '/b', '/c'].map((path) => peer.origin + path),
  )
  assert.deepEqual(
    log.mock.calls.map((call) => call.arguments[0] as string),
    ['Process 0: Page /a', 'Process 1: Page /b', 'Process 2: Page /c'],
  )
})

test('Ctrl-C while six of the seven pages are still to come ends it quietly', async () => {
  const run = new Run([], { program })
  while (!(await run.nextOutput()).includes('Process')) continue
  run.process.kill('SIGINT')
  const { status, stderr } = await run.outcome
  assert.deepEqual([status, stderr], [130, []])
})

test('with arguments it says where to go', async () => {
  const { status, stderr } = await fetcher(['http://127.0.0.1/'], '', { program })
  assert.equal(status, 2)
  assert.match(stderr.join('\n'), /npx gvent fetch --help/)
})
