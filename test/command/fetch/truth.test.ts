import assert from 'node:assert/strict'
import { openSync } from 'node:fs'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { Run, fetcher, type Outcome } from './command.js'
import { answer, serve, temporaryFolder, type Peer, type Scope } from './peers.js'

interface Line {
  readonly n: number
  readonly url: string
  readonly outcome: string
  readonly attempts: number
}

async function readManifest(path: string): Promise<Line[]> {
  const text = await readFile(path, 'utf8')
  assert.ok(text === '' || text.endsWith('\n'))
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Line)
}

/** How many lines say what. */
function countOutcomes(lines: readonly { readonly outcome: string }[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { outcome } of lines) counts[outcome] = (counts[outcome] ?? 0) + 1
  return counts
}

const outcomesOf = (stdout: readonly string[]) =>
  countOutcomes(stdout.map((line) => ({ outcome: line.split('\t')[0]! })))

/** What the summary counts. */
function summaryOf({ stderr }: Outcome): Record<string, number> {
  const line = stderr.find((each) => / fetched(?:,|;)/.test(each))!
  const counts: Record<string, number> = {}
  for (const [, number, outcome] of line.matchAll(/([\d,]+) (fetched before|fetched|failed|given up|never begun)/g)) {
    counts[outcome!] = Number(number!.replaceAll(',', ''))
  }
  return Object.fromEntries(Object.entries(counts).filter(([, number]) => number > 0))
}

/** Each URL has one line in the manifest, all have different places. */
function assertWhole(lines: readonly Line[], count: number): void {
  assert.equal(lines.length, count)
  assert.deepEqual(
    lines.map(({ n }) => n).sort((one, other) => one - other),
    Array.from({ length: count }, (_, index) => index + 1),
  )
}

/** A server whose pages from the tenth on never come. */
const serveTen = (context: Scope): Promise<Peer> =>
  serve(context, (request, response) => {
    if (Number(request.url!.slice(1)) <= 10) answer(request, response)
  })

test('when all is done each URL has a line, a place in the counts and a line in the manifest', async (context) => {
  const peer = await serve(context, (request, response) => {
    if (request.url === '/3') response.statusCode = 404
    answer(request, response)
  })
  const manifest = join(await temporaryFolder(context), 'manifest.jsonl')
  const outcome = await fetcher([`${peer.origin}/{1..20}`, 'nonsense', '--manifest', manifest])
  const expected = { fetched: 19, failed: 2 }
  assert.equal(outcome.status, 1)
  assert.deepEqual(outcomesOf(outcome.stdout), expected)
  assert.deepEqual(summaryOf(outcome), expected)
  assertWhole(await readManifest(manifest), 21)
  assert.deepEqual(countOutcomes(await readManifest(manifest)), expected)
})

for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const) {
  test(`${signal} counts those under way as given up and the rest as never begun`, async (context) => {
    const peer = await serveTen(context)
    const manifest = join(await temporaryFolder(context), 'manifest.jsonl')
    const run = new Run([`${peer.origin}/{1..200}`, '--concurrency', '20', '--manifest', manifest])
    let printed = ''
    run.process.stdout.on('data', (text: string) => (printed += text))
    await run.during(peer.received(30))
    while (printed.split('\n').length <= 10) await run.nextOutput()
    run.process.kill(signal)
    const outcome = await run.outcome
    const expected = { fetched: 10, 'given up': 20, 'never begun': 170 }
    assert.equal(outcome.status, code)
    assert.deepEqual(outcomesOf(outcome.stdout), expected)
    assert.deepEqual(summaryOf(outcome), expected)
    assertWhole(await readManifest(manifest), 200)
    assert.deepEqual(countOutcomes(await readManifest(manifest)), expected)
    await peer.allClosed()
  })
}

test('Ctrl-C counts what is left of standard input', async (context) => {
  const peer = await serve(context, () => undefined)
  const run = new Run(['--concurrency', '5'])
  run.process.stdin.end(Array.from({ length: 200 }, (_, index) => `${peer.origin}/${index}\n`).join(''))
  await run.during(peer.received(5))
  run.process.kill('SIGINT')
  const outcome = await run.outcome
  assert.equal(outcome.status, 130)
  assert.deepEqual(summaryOf(outcome), { 'given up': 5, 'never begun': 195 })
  assert.equal(outcome.stdout.length, 200)
})

test('a full disk under standard output is status 3, and the manifest has everything', async (context) => {
  const peer = await serve(context)
  const manifest = join(await temporaryFolder(context), 'manifest.jsonl')
  const args = [`${peer.origin}/{1..500}`, '--manifest', manifest]
  const outcome = await fetcher(args, '', { stdout: openSync('/dev/full', 'w') })
  assert.equal(outcome.status, 3)
  assert.match(outcome.stderr.join('\n'), /standard output: the disk is full/)
  const lines = await readManifest(manifest)
  assertWhole(lines, 500)
  assert.deepEqual(countOutcomes(lines), summaryOf(outcome))
  assert.ok((summaryOf(outcome)['never begun'] ?? 0) > 0)
})

test('a closed pipe is status 3, and the manifest has everything', async (context) => {
  const peer = await serve(context)
  const manifest = join(await temporaryFolder(context), 'manifest.jsonl')
  const run = new Run([`${peer.origin}/{1..5000}`, '--manifest', manifest])
  await run.nextOutput()
  run.process.stdout.destroy()
  const outcome = await run.outcome
  assert.equal(outcome.status, 3)
  assert.match(outcome.stderr.join('\n'), /standard output: its reader has closed it/)
  const lines = await readManifest(manifest)
  assertWhole(lines, 5000)
  assert.deepEqual(countOutcomes(lines), summaryOf(outcome))
})

for (const option of ['--manifest', '--har', '--output']) {
  test(`a full disk under ${option} is status 3`, async (context) => {
    const { origin } = await serve(context)
    const args = option === '--output' ? ['--output', '-'] : [option, '/dev/full']
    const options = option === '--output' ? { stdout: openSync('/dev/full', 'w') } : {}
    const outcome = await fetcher([`${origin}/{1..50}`, ...args], '', options)
    assert.equal(outcome.status, 3, outcome.stderr.join('\n'))
    assert.match(outcome.stderr.join('\n'), /the disk is full/)
    assert.equal(
      Object.values(summaryOf(outcome)).reduce((sum, each) => sum + each),
      50,
    )
  })
}

test('after kill -9 the manifest is readable, and --resume does only what is missing', async (context) => {
  const peer = await serveTen(context)
  const manifest = join(await temporaryFolder(context), 'manifest.jsonl')
  const list = `${peer.origin}/{1..30}`
  const run = new Run([list, '--concurrency', '5', '--manifest', manifest])
  let printed = ''
  run.process.stdout.on('data', (text: string) => (printed += text))
  await run.during(peer.received(15))
  while (printed.split('\n').length <= 10) await run.nextOutput()
  run.process.kill('SIGKILL')
  await run.outcome
  assert.deepEqual(countOutcomes(await readManifest(manifest)), { fetched: 10 })

  const asked: string[] = []
  peer.handler = (request, response) => {
    asked.push(request.url!)
    answer(request, response)
  }
  const outcome = await fetcher([list, '--resume', manifest])
  assert.equal(outcome.status, 0)
  assert.deepEqual(summaryOf(outcome), { fetched: 20, 'fetched before': 10 })
  assert.equal(asked.length, 20)
  assertWhole(await readManifest(manifest), 30)
  assert.deepEqual(countOutcomes(await readManifest(manifest)), { fetched: 30 })
})

test('a manifest whose last line is torn, or has lines that are none, is resumed', async (context) => {
  const peer = await serve(context)
  const manifest = join(await temporaryFolder(context), 'manifest.jsonl')
  const list = `${peer.origin}/{1..20}`
  assert.equal((await fetcher([list, '--manifest', manifest])).status, 0)
  const lines = (await readFile(manifest, 'utf8')).split('\n').slice(0, -1)
  await writeFile(
    manifest,
    [...lines.slice(0, 5), '\0'.repeat(100), 'null', '[]', '{"url":1}', lines[5]!.slice(0, -2)].join('\n'),
  )
  const outcome = await fetcher([list, '--resume', manifest])
  assert.equal(outcome.status, 0, outcome.stderr.join('\n'))
  assert.deepEqual(summaryOf(outcome), { fetched: 15, 'fetched before': 5 })
  assertWhole(await readManifest(manifest), 20)
})

test('--resume tries again what failed, and fetches what it has lost', async (context) => {
  const peer = await serve(context, (request, response) => {
    if (request.url === '/2') response.statusCode = 500
    answer(request, response)
  })
  const folder = await temporaryFolder(context)
  const args = [
    `${peer.origin}/{1..4}`,
    `${peer.origin}/1`,
    '--output',
    join(folder, '{n}'),
    '--resume',
    join(folder, 'm'),
  ]
  assert.equal((await fetcher(args)).status, 1)
  await rm(join(folder, '3'))
  const asked: string[] = []
  peer.handler = (request, response) => {
    asked.push(request.url!)
    answer(request, response)
  }
  const outcome = await fetcher(args)
  assert.deepEqual(summaryOf(outcome), { fetched: 2, 'fetched before': 3 })
  assert.deepEqual(asked.sort(), ['/2', '/3'])
  assertWhole(await readManifest(join(folder, 'm')), 5)
})

test('a mistake on the command line is status 2, and nothing is fetched', async () => {
  for (const args of [
    ['--concurency', '3'],
    ['--timeout', 'soon', 'http://localhost/'],
    ['--output'],
    ['--file', '/no/such'],
  ]) {
    const { status, stdout, stderr } = await fetcher(args)
    assert.deepEqual([status, stdout], [2, []], args.join(' '))
    assert.match(stderr[0]!, /^gvent fetch: /)
  }
})
