import assert from 'node:assert/strict'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, stat } from 'node:fs/promises'
import { request, type IncomingHttpHeaders, type RequestOptions } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { blocked, gvent, jam, root, startTarget } from './programs.js'
import { startProgram, type Program, withoutProcesses as skip } from '../io/program.js'

interface Answer {
  status: number
  headers: IncomingHttpHeaders
  text: string
}

/** Asks for something, with headers that no `fetch` would send. */
function ask(url: string | URL, options: RequestOptions = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asking = request(url, { agent: false, ...options }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
      response.on('end', () => {
        resolve({ status: response.statusCode!, headers: response.headers, text })
      })
    })
    asking.on('error', reject).end()
  })
}

/** The data of the next event of a kind. */
async function nextEvent<T>(url: string, kind: string): Promise<T> {
  const asking = request(at(url, '/events'), { agent: false }).end()
  const [response] = (await once(asking, 'response')) as [NodeJS.ReadableStream]
  let text = ''
  response.setEncoding('utf8')
  for await (const chunk of response) {
    text += chunk as string
    const data = new RegExp(`event: ${kind}\ndata: (.*)\n\n`).exec(text)?.[1]
    if (data !== undefined) {
      asking.destroy()
      return JSON.parse(data) as T
    }
  }
  throw new Error(`the events ended before ${kind}: ${text}`)
}

function at(url: string, path: string, parameters: Record<string, string> = {}): URL {
  const made = new URL(url)
  made.pathname = path
  for (const [name, value] of Object.entries(parameters)) made.searchParams.set(name, value)
  return made
}

/** A program that serves its own page; `url` is what it says. */
async function serving(source: string, options = ''): Promise<Program & { url: string }> {
  const program = startTarget(`
    import { serveConsole } from 'gvent/console'
    const served = await serveConsole(${options})
    console.log('url ' + served.url + ' ')
    ${source}`)
  let text = ''
  program.child.stdout!.on('data', (chunk: string) => (text += chunk))
  await program.printed('url ')
  while (!/url \S+ /.test(text)) await once(program.child.stdout!, 'data')
  return { ...program, url: /url (\S+) /.exec(text)![1]! }
}

interface News {
  reading: {
    pid: number
    counts: { alive: number }
    warnings: { code: string }[]
    groups: { name: string; alive: number }[]
    blocked: { running: string; stack: string[] } | null
    runs: [number, number, number][]
  }
}

test('serveConsole serves the page, its data, and nothing without the token', async () => {
  const { child, url } = await serving(jam, `{ token: 'open sesame' }`)
  try {
    assert.match(url, /^http:\/\/127\.0\.0\.1:\d+\/\?token=open%20sesame$/)
    const page = await ask(url)
    assert.equal(page.status, 200)
    assert.match(page.text, /^<!doctype html>/)
    assert.doesNotMatch(page.text, /https?:\/\/(?!www\.w3\.org\/2000\/svg)/, 'it loads nothing from elsewhere')
    const policy = page.headers['content-security-policy'] as string
    assert.match(policy, /^default-src 'none'; connect-src 'self'; script-src 'nonce-[^']+'; style-src 'nonce-[^']+';/)
    assert.notEqual((await ask(url)).headers['content-security-policy'], policy, 'a nonce is used once')
    assert.equal(page.headers['cache-control'], 'no-store')
    assert.equal(page.headers['referrer-policy'], 'no-referrer')
    assert.equal(page.headers['x-content-type-options'], 'nosniff')
    assert.equal(page.headers['x-frame-options'], 'DENY')

    const { reading } = await nextEvent<News>(url, 'reading')
    assert.equal(reading.pid, child.pid)
    assert.equal(reading.counts.alive, 21)
    assert.equal(reading.groups[0]!.name, 'request')

    for (const path of ['/', '/events', '/rows', '/dump', '/nothing']) {
      const bare = at(url, path)
      bare.search = ''
      assert.equal((await ask(bare)).status, 403, path)
      assert.equal((await ask(at(url, path, { token: 'open sesamE' }))).status, 403, path)
    }
    assert.equal((await ask(url, { headers: { Host: 'example.com' } })).status, 403)
    assert.equal((await ask(url, { headers: { Host: '127.0.0.1.example.com' } })).status, 403)
    assert.equal((await ask(url, { headers: { Origin: 'http://example.com' } })).status, 403)
    assert.equal((await ask(url, { headers: { Origin: 'null' } })).status, 403)
    assert.equal((await ask(url, { headers: { Origin: new URL(url).origin } })).status, 200)
    assert.equal((await ask(url, { method: 'POST' })).status, 405)
    assert.equal((await ask(at(url, '/nothing'))).status, 404)
    assert.equal((await ask(at(url, '/rows', { from: 'x' }))).status, 400)
    assert.equal((await ask(at(url, '/rows', { sort: 'constructor' }))).status, 400)
  } finally {
    child.kill('SIGKILL')
  }
})

test('rows, the tree, one greenlet and a dump can be asked for', async () => {
  const { child, url, printed } = await serving(`
    import { spawn, sleep, Lock } from 'gvent'
    const lock = new Lock({ name: 'accounts' })
    spawn(function* parent() {
      yield* lock.acquire()
      for (let i = 0; i < 30; i++) spawn(function* request() { yield* lock.acquire() })
      spawn(function* audit() { yield* lock.acquire({ timeout: 3_600_000 }) })
      yield* sleep(3_600_000)
    })
    await sleep(0)
    await sleep(0)
    console.log('jammed')`)
  const get = async <T>(path: string, parameters: Record<string, string> = {}): Promise<T> =>
    JSON.parse((await ask(at(url, path, parameters))).text) as T
  interface Row {
    id: number
    name: string
  }
  try {
    await printed('jammed')
    const sorted = await get<{ total: number; rows: Row[] }>('/rows', { sort: 'name', count: '1' })
    assert.deepEqual([sorted.total, sorted.rows[0]!.name], [32, 'audit'])
    const filtered = await get<{ total: number; rows: Row[] }>('/rows', { filter: 'PARENT' })
    assert.deepEqual([filtered.total, filtered.rows[0]!.name], [1, 'parent'])
    const { id } = filtered.rows[0]!
    interface Branches {
      total: number
      bundles: { key: string; name: string; count: number }[]
      branches: (Row & { children: number })[]
    }
    const roots = await get<Branches>('/tree')
    assert.deepEqual(
      roots.branches.map(({ name, children }) => [name, children]),
      [['parent', 31]],
    )
    const below = await get<Branches>('/tree', { parent: String(id) })
    assert.deepEqual(
      [below.bundles.map(({ name, count }) => [name, count]), below.branches.map(({ name }) => name)],
      [[['request', 30]], ['audit']],
    )
    const members = await get<Branches>('/tree', { parent: String(id), group: below.bundles[0]!.key, from: '25' })
    assert.deepEqual([members.total, members.branches.length], [30, 5])
    const details = await get<{ text: string; waiters: { total: number }; children: { total: number } }>('/greenlet', {
      id: String(id),
    })
    assert.match(details.text, /"parent" waiting for sleep\(3600000\).*\n {4}at parent /)
    assert.deepEqual([details.waiters.total, details.children.total], [31, 31])
    assert.equal(await get('/greenlet', { id: '999999' }), null)
    assert.match(
      (await get<{ text: string }>('/dump')).text,
      /^30 × "request", waiting: 30 for Lock "accounts"\.acquire/,
    )
    assert.equal((await get<{ text: string }>('/dump', { all: '' })).text.match(/"request" waiting/g)?.length, 30)
  } finally {
    child.kill('SIGKILL')
  }
})

test('a trace is recorded, and comes with gzip', async () => {
  const { child, url, printed } = await serving(`
    import { spawn, sleep } from 'gvent'
    spawn(function* ticker() { for (;;) yield* sleep(1) })
    console.log('ready')`)
  try {
    await printed('ready')
    const response = await fetch(at(url, '/trace', { for: '50' }))
    assert.equal(response.headers.get('content-type'), 'application/gzip')
    const { traceEvents } = JSON.parse(gunzipSync(await response.arrayBuffer()).toString()) as {
      traceEvents: { ph: string; name: string; args?: { name?: string } }[]
    }
    assert.ok(
      traceEvents.some(({ ph, name, args }) => ph === 'M' && name === 'thread_name' && args!.name!.includes('ticker')),
    )
    assert.equal((await ask(at(url, '/trace', { for: '3600000' }))).status, 400)
  } finally {
    child.kill('SIGKILL')
  }
})

test('it answers while the main thread is blocked, and says where that hangs', async () => {
  const { child, url, printed } = await serving(blocked)
  try {
    await printed('blocked')
    const { reading } = await (async () => {
      for (;;) {
        const news = await nextEvent<News>(url, 'reading')
        if (news.reading.blocked !== null) return news
      }
    })()
    assert.match(reading.blocked!.running, /"request"/)
    assert.match(reading.blocked!.stack[0]!, /at hot \(/)
    assert.equal(reading.groups.length, 2)
  } finally {
    child.kill('SIGKILL')
  }
})

test('a program that is stuck is reported as ever, and one that is done ends', async () => {
  const stuck = await serving(`
    import { Event, spawn } from 'gvent'
    await spawn(function* forever() { yield* new Event().wait() })`)
  const { code, stderr } = await stuck.ended
  assert.equal(code, 1)
  assert.match(stderr, /forever/)
  const done = await serving('')
  assert.deepEqual((await done.ended).code, 0)
})

test(
  'over a Unix socket it is for this user alone, and the file goes when it stops',
  { skip: process.platform === 'win32' },
  async () => {
    const path = join(await mkdtemp(join(tmpdir(), 'gvent-test-')), 'page.sock')
    const { child, url, printed, ended } = await serving(
      `console.log(JSON.stringify(served.address()), String(served))
     process.on('SIGTERM', async () => { await served.stop(); console.log('stopped', served.address()); clearInterval(timer) })
     const timer = setInterval(() => {}, 1000)
     console.log('ready')`,
      JSON.stringify({ path }),
    )
    await printed('ready')
    assert.equal((await stat(path)).mode & 0o777, 0o600)
    const { pathname, search } = new URL(url)
    const options = { socketPath: path, path: pathname + search, headers: { Host: 'localhost' } }
    assert.equal((await ask('http://localhost', options)).status, 200)
    child.kill('SIGTERM')
    const { stdout } = await ended
    assert.match(stdout, /page\.sock" <Console \S+page\.sock>/)
    assert.match(stdout, /stopped null/)
    assert.equal(existsSync(path), false)
  },
)

test('options that cannot be meant are refused, a taken port is an error', async () => {
  const { stdout, stderr } = await startProgram(`
    import { serveConsole } from 'gvent/console'
    const attempts = [{ port: -1 }, { port: 1, path: 'x' }, { token: '' }, { path: '' }, { host: '0.0.0.0' }]
    for (const options of attempts) {
      try { serveConsole(options) } catch ({ name, code, message }) { console.log(name, code, message) }
    }
    const first = await serveConsole()
    try { await serveConsole({ port: first.address().port }) } catch ({ code }) { console.log(code) }
    await first.stop()
    await first.stop()`).ended
  assert.deepEqual(
    stdout
      .trim()
      .split('\n')
      .map((line) => line.replace(/: expected.*|: there is.*/, '')),
    [
      'RangeError GVENT_BAD_ARGUMENT serveConsole({ port })',
      'TypeError GVENT_BAD_ARGUMENT serveConsole({ path, port })',
      'TypeError GVENT_BAD_ARGUMENT serveConsole({ token })',
      'TypeError GVENT_BAD_ARGUMENT serveConsole({ path })',
      'TypeError GVENT_UNKNOWN_OPTION serveConsole',
      'EADDRINUSE',
    ],
    stderr,
  )
})

test('secrets are hidden on the page, and what a greenlet is called stays a text', async () => {
  const { child, url } = await serving(`
    import { spawn, sleep } from 'gvent'
    const named = (name) => spawn(Object.defineProperty(function* () { yield* sleep(3_600_000) }, 'name', { value: name }))
    named('fetch https://example.com/?token=abcdef')
    await sleep(0)`)
  try {
    const text = JSON.stringify(await nextEvent<News>(url, 'reading'))
    assert.match(text, /fetch https:\/\/example\.com\/\?token=\*\*\*/)
    for (const [path, parameters] of [
      ['/rows', {}],
      ['/rows', { sort: 'name' }],
      ['/tree', {}],
      ['/dump', {}],
      ['/dump', { all: '' }],
      ['/greenlet', { id: '1' }],
      ['/greenlet', { id: '2' }],
    ] as const) {
      const answer = await ask(at(url, path, parameters))
      assert.doesNotMatch(answer.text, /abcdef/, path)
    }
  } finally {
    child.kill('SIGKILL')
  }
})

test('gvent console serves the page of a process that was not prepared, until that ends', { skip }, async () => {
  const { child, printed } = startTarget(jam)
  const command = startProgram([join(root, 'dist', 'command', 'main.js'), 'console', String(child.pid!)])
  try {
    await printed('jammed')
    let text = ''
    command.child.stdout!.on('data', (chunk: string) => (text += chunk))
    await command.printed('token=')
    while (!text.includes('\n')) await once(command.child.stdout!, 'data')
    const { reading } = await nextEvent<News>(text.trim(), 'reading')
    assert.equal(reading.pid, child.pid)
    assert.equal(reading.counts.alive, 21)
    child.kill('SIGKILL')
    const { code, stderr } = await command.ended
    assert.equal(code, 0)
    assert.match(stderr, new RegExp(`gvent console: process ${child.pid!}: it has ended\n$`))
  } finally {
    child.kill('SIGKILL')
    command.child.kill('SIGKILL')
  }
})

test('Ctrl-C ends gvent console, and leaves the process as it was', { skip }, async () => {
  const { child, printed } = startTarget(jam)
  await printed('jammed')
  const command = startProgram([join(root, 'dist', 'command', 'main.js'), 'console', String(child.pid!)])
  try {
    await command.printed('token=')
    command.child.kill('SIGINT')
    assert.equal((await command.ended).code, 130)
    assert.equal(child.exitCode, null)
  } finally {
    child.kill('SIGKILL')
  }
})

test('a mistake in the command line of gvent console is one line and status 2', async () => {
  for (const [args, pattern] of [
    [['console'], /expected a process ID/],
    [['console', '--port', 'x', '1'], /--port: expected a port, got "x"/],
    [['console', '--port', '70000', '1'], /--port: expected a port/],
  ] as const) {
    const { code, stderr } = await gvent(...args)
    assert.equal(code, 2)
    assert.match(stderr, pattern)
  }
  assert.match((await gvent('console', '--help')).stdout, /^Usage: gvent console \[options\] PID\n/)
})
