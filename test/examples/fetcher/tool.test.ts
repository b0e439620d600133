import assert from 'node:assert/strict'
import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { help } from '#examples/fetcher/options'
import { Run, fetcher } from './command.js'
import { answer, serve, temporaryFolder } from './peers.js'

interface Result {
  readonly process: number
  readonly url: string
  readonly status: number
  readonly bytes: number
  readonly attempts: number
  readonly mode?: string
  readonly title?: string
  readonly file?: string
}

function resultsOf(lines: string[]): Result[] {
  return lines.map((line) => JSON.parse(line) as Result).sort((one, other) => one.process - other.process)
}

test('URLs come from arguments, then from files, then from standard input', async (context) => {
  const { origin } = await serve(context)
  const folder = await temporaryFolder(context)
  await writeFile(join(folder, 'one'), `${origin}/2\n\n# a comment\n  ${origin}/3  \r\n${origin}/4`)
  await writeFile(join(folder, 'two'), `\ufeff${origin}/5\n`)
  const args = ['--concurrency', '1', `${origin}/0`, '-', '--file', join(folder, 'one'), '--file', join(folder, 'two')]
  const { status, stdout, stderr } = await fetcher([...args, `${origin}/1`], `${origin}/6\n${origin}/7\n`)
  assert.equal(status, 0)
  assert.deepEqual(
    stdout,
    Array.from({ length: 8 }, (_, number) => `Process ${number}: Page /${number}`),
  )
  assert.match(stderr.join('\n'), /^8 fetched, 168 bytes in [^\n]+$/)
})

test('with options but without a URL it reads standard input, which may be empty', async (context) => {
  const { origin } = await serve(context)
  assert.deepEqual((await fetcher(['--concurrency', '2'], origin)).stdout, ['Process 0: Page /'])
  const { status, stdout } = await fetcher(['--concurrency', '2'])
  assert.deepEqual([status, stdout], [0, []])
})

test('a URL on standard input is fetched while the next one is still awaited', async (context) => {
  const { origin } = await serve(context)
  const run = new Run(['-'])
  run.process.stdin.write(`${origin}/a\n`)
  assert.equal(await run.nextOutput(), 'Process 0: Page /a\n')
  run.process.stdin.end(`${origin}/b`)
  assert.equal((await run.outcome).status, 0)
})

test('--json prints a line of JSON for each result', async (context) => {
  const { origin } = await serve(context)
  const { status, stdout } = await fetcher(['--json', `${origin}/a`])
  const { ms, ...rest } = JSON.parse(stdout.join('\n')) as Result & { ms: number }
  assert.ok(Number.isInteger(ms))
  assert.deepEqual(rest, { process: 0, url: `${origin}/a`, status: 200, bytes: 21, attempts: 1, title: 'Page /a' })
  assert.equal(status, 0)
})

test('--concurrency is the largest number of requests at once', async (context) => {
  let running = 0
  let most = 0
  const held: (() => void)[] = []
  const { origin } = await serve(context, (request, response) => {
    most = Math.max(most, ++running)
    held.push(() => {
      running--
      answer(request, response)
    })
    if (held.length === 3) for (const release of held.splice(0)) release()
  })
  const { stdout } = await fetcher(['--concurrency', '3', ...Array.from({ length: 12 }, () => origin)])
  assert.equal(stdout.length, 12)
  assert.equal(most, 3)
})

test('--retries repeats what may go better the next time, and nothing else', async (context) => {
  let requests = 0
  const peer = await serve(context, (request, response) => {
    if (request.url === '/404') response.writeHead(404).end()
    else if (request.url === '/500') response.writeHead(500).end()
    else if (++requests <= 2) request.socket.destroy()
    else answer(request, response)
  })
  const { status, stdout, stderr } = await fetcher([
    ...['--json', '--retries', '2'],
    ...['/flaky', '/404', '/500'].map((path) => peer.origin + path),
  ])
  assert.equal(status, 1)
  const results = resultsOf(stdout)
  assert.deepEqual(
    results.map(({ attempts, status }) => [status, attempts]),
    [
      [200, 3],
      [404, 1],
      [500, 3],
    ],
  )
  assert.match(stderr[0]!, /^1 fetched, 2 failed/)
})

test('a failure says how often it was tried', async (context) => {
  const { origin } = await serve(context, (_request, response) => response.writeHead(503, { 'Retry-After': '0' }).end())
  const { stderr } = await fetcher(['--retries', '1', origin])
  assert.equal(stderr[0], `Process 0 failed: ${origin}: the server answered 503 Service Unavailable (after 2 attempts)`)
})

test('--rate spreads the requests', async (context) => {
  const arrivals: number[] = []
  const { origin } = await serve(context, (request, response) => {
    arrivals.push(performance.now())
    answer(request, response)
  })
  const started = performance.now()
  await fetcher(['--rate', '20', ...Array.from({ length: 6 }, () => origin)])
  // The first one starts at once, the sixth after five intervals of 50 ms.
  assert.ok(arrivals[5]! - started >= 250)
})

test('--output saves each body under a name of its own, and an older one is replaced', async (context) => {
  const { origin } = await serve(context, (request, response) => {
    if (request.url === '/bad') response.writeHead(500).end('no')
    else answer(request, response)
  })
  const folder = join(await temporaryFolder(context), 'new', 'folder')
  const host = origin.slice('http://'.length).replace(':', '_')
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, `0-${host}_a`), 'old')
  const paths = ['/a', '/a', '/b/../c.json?x=1&y=/etc/passwd', '/bad', `/${'long/'.repeat(100)}x.html`, '/%2e%2e%2f']
  const { status, stdout } = await fetcher(['--json', '--output', folder, ...paths.map((path) => origin + path)])
  assert.equal(status, 1)
  const saved = resultsOf(stdout).flatMap(({ file, title }) => (file === undefined ? [] : [{ file, title }]))
  assert.equal(saved.length, 5)
  assert.deepEqual(
    (await readdir(folder)).map((name) => join(folder, name)).sort(),
    saved.map(({ file }) => file),
  )
  for (const { file, title } of saved) {
    assert.equal(await readFile(file, 'utf8'), JSON.stringify([{ title }]))
  }
  const names = saved.map(({ file }) => file.slice(folder.length + 1))
  assert.deepEqual(names.slice(0, 3), [`0-${host}_a`, `1-${host}_a`, `2-${host}_c.json_x_1_y_etc_passwd`])
  assert.match(names[3]!, /^4-.{145}\.html$/)
})

test('a body that cannot be saved is a failure of its URL', async (context) => {
  const { origin } = await serve(context)
  const folder = await temporaryFolder(context)
  const name = `0-${origin.slice('http://'.length).replace(':', '_')}`
  await mkdir(join(folder, name))
  const { status, stdout, stderr } = await fetcher(['--output', folder, origin, `${origin}/b`])
  assert.equal(status, 1)
  assert.deepEqual(stdout, ['Process 1: Page /b'])
  assert.equal(
    stderr[0],
    `Process 0 failed: ${origin}: cannot write ${join(folder, name)}: there is a folder of that name`,
  )
  assert.deepEqual((await readdir(folder)).length, 2)
})

test('--raw takes any body, of any size', async (context) => {
  const size = 20 * 2 ** 20
  const { origin } = await serve(context, (_request, response) => response.end(Buffer.alloc(size, 'x')))
  const folder = await temporaryFolder(context)
  const { status, stdout } = await fetcher(['--raw', '--output', folder, origin])
  assert.deepEqual([status, stdout], [0, [`Process 0: 21.0 MB from ${origin}`]])
  const [name] = await readdir(folder)
  assert.equal((await readFile(join(folder, name!))).length, size)
})

test('--sync fetches all at once and then all one after another, and compares', async (context) => {
  const { origin } = await serve(context)
  const { status, stdout, stderr } = await fetcher(['--sync', '-'], `${origin}/a\n${origin}/b\n`)
  assert.equal(status, 0)
  assert.equal(stdout[0], 'Asynchronous:')
  assert.deepEqual(stdout.slice(1, 3).sort(), ['Process 0: Page /a', 'Process 1: Page /b'])
  assert.deepEqual(stdout.slice(3, 6), ['Synchronous:', 'Process 0: Page /a', 'Process 1: Page /b'])
  assert.match(stdout[6]!, /^Asynchronous .+ m?s, synchronous .+ m?s: \d+\.\d times as fast$/)
  assert.equal(stdout.length, 7)
  assert.equal(stderr.length, 2)
})

test('--sync --json says with each result how it was fetched, and nothing else on standard output', async (context) => {
  const { origin } = await serve(context)
  const { stdout, stderr } = await fetcher(['--sync', '--json', origin])
  assert.deepEqual(
    stdout.map((line) => (JSON.parse(line) as Result).mode),
    ['asynchronous', 'synchronous'],
  )
  assert.match(stderr.at(-1)!, /times as fast$/)
})

test('--help goes to standard output', async () => {
  const { status, stdout, stderr } = await fetcher(['--help'])
  assert.deepEqual([status, `${stdout.join('\n')}\n`, stderr], [0, help, []])
})

test('a mistake on the command line is said, with the way out', async (context) => {
  const folder = await temporaryFolder(context)
  const locked = join(folder, 'locked')
  await writeFile(locked, 'http://x/')
  await chmod(locked, 0)
  const mistakes: [string[], RegExp][] = [
    [['--jsom', 'http://x/'], /^fetcher: there is no option --jsom; did you mean --json\?$/],
    [['--file', join(folder, 'nowhere')], /^fetcher: cannot read .*nowhere: there is no such file$/],
    [['--file', folder], /^fetcher: cannot read .*: it is a folder; expected a file with one URL a line$/],
    [['--output', locked, 'http://x/'], /^fetcher: --output .*locked: .*EEXIST/],
  ]
  // Root may read everything.
  if (process.getuid?.() !== 0) mistakes.push([['--file', locked], /reading it is not permitted$/])
  for (const [args, message] of mistakes) {
    const { status, stdout, stderr } = await fetcher(args)
    assert.deepEqual([status, stdout], [2, []])
    assert.match(stderr[0]!, message)
    assert.equal(stderr[1], 'fetcher --help says what can be written.')
    assert.equal(stderr.length, 2)
  }
})

test('a file that is not a list of URLs is noticed, after what came before', async (context) => {
  const { origin } = await serve(context)
  const { status, stdout, stderr } = await fetcher(['-'], `${origin}/a\n${'x'.repeat(200_000)}`)
  assert.deepEqual([status, stdout], [2, ['Process 0: Page /a']])
  assert.match(stderr[0]!, /^Stopped: 1 fetched/)
  assert.equal(stderr[1], 'fetcher: standard input: line 2 is longer than any URL; expected one URL a line')
})

test(
  'a folder that cannot be made is said, where the system takes none as well',
  { skip: process.platform !== 'linux' },
  async () => {
    const { status, stderr } = await fetcher(['--output', '/proc/nowhere/pages', 'http://127.0.0.1/'])
    assert.equal(status, 2)
    assert.match(stderr[0]!, /^fetcher: --output \/proc\/nowhere\/pages: ENOENT/)
  },
)

test('it goes on when nobody reads what it says beside the results', async (context) => {
  const { origin } = await serve(context)
  const run = new Run(['--concurrency', '1', 'nonsense', `${origin}/a`, 'nonsense', `${origin}/b`])
  run.process.stderr.destroy()
  run.process.stdin.end()
  const { status, stdout } = await run.outcome
  assert.deepEqual([status, stdout], [1, ['Process 1: Page /a', 'Process 3: Page /b']])
})

test('it ends quietly when nobody reads the results any more', async (context) => {
  const peer = await serve(context)
  const run = new Run(['-'])
  run.process.stdin.write(`${peer.origin}/a\n`)
  await run.nextOutput()
  run.process.stdout.destroy()
  run.process.stdin.write(`${peer.origin}/b\n${peer.origin}/c\n`)
  const { status, stderr } = await run.outcome
  assert.deepEqual([status, stderr], [0, []])
  await peer.allClosed()
})
