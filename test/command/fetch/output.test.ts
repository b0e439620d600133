import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFile, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { fetcher } from './command.js'
import { serve, temporaryFolder } from './peers.js'

test('templates name the files, which never leave the folder', async (context) => {
  const { origin } = await serve(context, (_request, response) => response.end('page'))
  const folder = await temporaryFolder(context)
  const list = [
    `${origin}/a/b.html`,
    `${origin}/%2e%2e%2f%2e%2e%2fetc/passwd`,
    `${origin}/..%5c..%5cevil`,
    `${origin}/.hidden`,
    `${origin}/`,
    `${origin}/a/b.html?x=1`,
    `${origin}/a/b.html`,
  ]
  const { status } = await fetcher(['--output', join(folder, 'in', '{host}/{path}')], list.join('\n'))
  assert.equal(status, 0)
  assert.deepEqual(await readdir(folder), ['in'])
  const files = await readdir(join(folder, 'in'), { recursive: true, withFileTypes: true })
  assert.deepEqual(
    files
      .filter((file) => file.isFile())
      .map(({ name }) => name)
      .sort(),
    ['_hidden', 'evil', 'b-7.html', 'b.html', 'b.html_x=1', 'index.html', 'passwd'].sort(),
  )
})

test('no two URLs have one file, nor has one the folder of another', async (context) => {
  const { origin } = await serve(context, (request, response) => response.end(request.url))
  const folder = await temporaryFolder(context)
  const paths = ['a', 'a/b', 'a/b/c', 'a', 'x/y', 'x', 'x']
  const run = (template: string) =>
    fetcher(
      ['--concurrency', '1', '--output', join(folder, template)],
      paths.map((path) => `${origin}/${path}`).join('\n'),
    )
  assert.deepEqual([(await run('by path/{path}')).status, (await run('by host/{host}')).status], [0, 0])
  const texts = async (name: string): Promise<string[]> => {
    const entries = await readdir(join(folder, name), { recursive: true, withFileTypes: true })
    const files = entries.filter((entry) => entry.isFile())
    return Promise.all(files.map(({ parentPath, name: file }) => readFile(join(parentPath, file), 'utf8')))
  }
  const all = paths.map((path) => `/${path}`).sort()
  assert.deepEqual((await texts('by path')).sort(), all)
  assert.deepEqual((await texts('by host')).sort(), all)
  assert.deepEqual((await readdir(join(folder, 'by host'))).slice(0, 3), ['127.0.0.1', '127.0.0.1-2', '127.0.0.1-3'])
})

test('names in a list are below the folder, too; lines are columns or JSON', async (context) => {
  const { origin } = await serve(context, (request, response) =>
    response.end(`${request.method} ${String(request.headers['x-a'])}`),
  )
  const folder = await temporaryFolder(context)
  const list = [
    `${origin}/1\tone.txt\tmethod=PUT\theader=X-A: 1`,
    JSON.stringify({ url: origin, name: '../../two', method: 'POST', headers: { 'X-A': '2' } }),
    '# no',
    '{"name": 1}',
  ]
  const { status, stdout } = await fetcher(['--output', folder, '-'], list.join('\n'))
  assert.equal(status, 1)
  assert.equal(stdout.length, 3)
  const files = await readdir(folder, { recursive: true })
  assert.equal(await readFile(join(folder, 'one.txt'), 'utf8'), 'PUT 1')
  assert.ok(files.some((file) => file.endsWith('two')))
})

test('a file in the place of the folder is a failure of each URL, with its reason', async (context) => {
  const { origin } = await serve(context, (_request, response) => response.end('page'))
  const file = join(await temporaryFolder(context), 'a file')
  await writeFile(file, 'as before')
  for (const options of [[], ['--continue']]) {
    const { status, stdout, stderr } = await fetcher([...options, '--output', file, `${origin}/{1..3}`])
    assert.equal(status, 1)
    assert.equal(stdout.length, 3, stderr.join('\n'))
    for (const line of stdout) assert.match(line, /^failed\t200\t.*\tcannot write .*: a part of the path is a file/)
    assert.match(stderr.join('\n'), /0 fetched, 3 failed/)
  }
  assert.equal(await readFile(file, 'utf8'), 'as before')
})

test('a body with another checksum is no file', async (context) => {
  const { origin } = await serve(context, (_request, response) => response.end('page'))
  const folder = await temporaryFolder(context)
  const right = createHash('sha256').update('page').digest('hex')
  const run = (hex: string, name: string) =>
    fetcher(['--checksum', `sha256=${hex}`, '--output', join(folder, name + '{n}'), origin])
  assert.equal((await run(right, 'right')).status, 0)
  const { status, stdout } = await run('0'.repeat(64), 'wrong')
  assert.equal(status, 1)
  assert.match(stdout[0]!, /the checksum is sha256:/)
  assert.deepEqual(await readdir(folder), ['right1'])
})

test('bodies on standard output do not mix, and lines are on standard error', async (context) => {
  const { origin } = await serve(context, (request, response) =>
    response.end(`${request.url!.slice(1).repeat(70_000)}\n`),
  )
  const { status, stdout, stderr } = await fetcher(['--output', '-', `${origin}/{a..h}`])
  assert.equal(status, 0)
  assert.deepEqual(
    stdout.sort(),
    Array.from('abcdefgh', (letter) => letter.repeat(70_000)),
  )
  assert.equal(stderr.filter((line) => line.startsWith('fetched\t')).length, 8)
})

test('--json prints what a manifest has; the summary has percentiles and errors by kind', async (context) => {
  const peer = await serve(context, (request, response) => {
    if (request.url === '/2') response.statusCode = 404
    response.end('page')
  })
  const { stdout, stderr } = await fetcher(['--json', `${peer.origin}/{1..3}`])
  const results = stdout.map(
    (line) => JSON.parse(line) as { url: string; status: number; size: number; times: { total: number } },
  )
  assert.deepEqual(results.map(({ status }) => status).sort(), [200, 200, 404])
  assert.ok(results.every(({ times }) => times.total > 0))
  assert.match(stderr.join('\n'), /p50 .*, p90 .*, p99 .*\/s\nerrors: 1 status 404$/)
})

test('--quiet says nothing on standard error', async (context) => {
  const { origin } = await serve(context)
  assert.deepEqual((await fetcher(['-q', origin])).stderr, [])
})

test('templates make many URLs of one', async (context) => {
  const asked: string[] = []
  const { origin } = await serve(context, (request, response) => {
    asked.push(request.url!)
    response.end()
  })
  await fetcher([`${origin}/{008..010}/{x,y}`])
  assert.deepEqual(asked.sort(), ['/008/x', '/008/y', '/009/x', '/009/y', '/010/x', '/010/y'])
})

test('a simulated run is the same for the same seed, and accounts for each URL once', async (context) => {
  const folder = await temporaryFolder(context)
  const list = Array.from({ length: 60 }, (_, index) => `http://h${index % 3}.test/${index}`)
  await writeFile(join(folder, 'list'), list.join('\n'))
  const limits = ['--retries', '1', '--timeout', '5', '--per-host', '2']
  const outcomes = new Set<string>()
  for (const seed of ['1', '2', '3', '4', '5', '6']) {
    const run = (manifest: string) =>
      fetcher(['--simulate', seed, '--file', join(folder, 'list'), ...limits, '--manifest', join(folder, manifest)])
    const [one, other] = await Promise.all([run('one'), run('other')])
    assert.deepEqual(one, other)
    const printed = one.stdout.map((line) => line.split('\t'))
    assert.deepEqual(printed.map(([, , url]) => url).sort(), list.toSorted())
    const noted = (await readFile(join(folder, 'one'), 'utf8')).split('\n').slice(0, -1)
    const facts = noted.map((line) => JSON.parse(line) as { url: string; outcome: string })
    assert.deepEqual(
      facts.map(({ url, outcome }) => [outcome, url]),
      printed.map(([outcome, , url]) => [outcome, url]),
    )
    const failed = facts.filter(({ outcome }) => outcome === 'failed').length
    assert.equal(one.status, failed === 0 ? 0 : 1)
    assert.match(
      one.stderr.join('\n'),
      new RegExp(`\n${60 - failed} fetched${failed === 0 ? '' : `, ${failed} failed`};`),
    )
    for (const { outcome } of facts) outcomes.add(outcome)
  }
  assert.deepEqual([...outcomes].sort(), ['failed', 'fetched'])
})
