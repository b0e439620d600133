import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { startProgram } from '../../io/program.js'

let folder: string
let programs = 0
before(async () => {
  // Below the build, so that `gvent` is found.
  folder = await mkdtemp(join(import.meta.dirname, 'forgotten-'))
})
after(() => rm(folder, { recursive: true }))

const setting = `import { AsyncResult, Event, Lock, Pool, Queue, RLock, Semaphore, WaitGroup, all, call, getHub, green, race, run, sleep, spawn, withTimeout } from 'gvent'
import { setImmediate } from 'node:timers/promises'
const lock = new Lock(), semaphore = new Semaphore(1), queue = new Queue(), pool = new Pool(2), event = new Event()
const child = spawn(function* child() { return 1 })
const hall = { queue, deep: { queues: [queue] }, get: () => queue }
const kept = []
const keep = (operation) => { kept.push(operation); return operation }
const put = (item) => queue.put(item)
function putLater(item) { return queue.put(item) }
const save = green(function* save() { yield* sleep(1) })
let ready = true
`
const settingLines = setting.split('\n').length

/** Runs each line as a function of its own, in a greenlet; gives the lines that a report names. */
async function linesReported(lines: readonly string[]): Promise<string[]> {
  // Each is one line of the file, so that the numbers of the lines tell them apart.
  const bodies = lines.map((line) => `spawn(function* body() { ${line.replaceAll('\n', ' ')} })`).join('\n')
  const file = await programOf(`${bodies}\nawait new Promise((resolve) => setTimeout(resolve, 50))`)
  const { stderr, code } = await startProgram([file], { GVENT_FORGOTTEN: '1' }).ended
  assert.equal(code, 0, stderr)
  const places = Array.from(stderr.matchAll(/was never waited for.*\n.*:(\d+):\d+\)?$/gm), ([, line]) => Number(line))
  assert.equal(stderr.match(/was never waited for/g)?.length ?? 0, places.length, stderr)
  return Array.from(new Set(places.map((line) => lines[line - settingLines] ?? `line ${String(line)}\n${stderr}`)))
}

const dropped = [
  'queue.put(1)',
  'queue.get()',
  'lock.acquire();',
  'semaphore.acquire()',
  'new RLock().acquire()',
  'event.wait(); ready = true',
  'child.get()',
  'child.join()',
  'new AsyncResult().get()',
  'new WaitGroup().wait()',
  'pool.spawn(function* () {})',
  'pool.map(save, [1])',
  'sleep(10)',
  'save()',
  'call(save)',
  'hall.deep.queues[0].put(1)',
  'hall?.queue?.put(1)',
  'hall.get().put(1)',
  'hall["get"]().put(1)',
  'race([sleep(1), sleep(2)])',
  'withTimeout(10, sleep(1))',
  'if (ready) queue.put(1)',
  'if (!ready) sleep(1); else queue.put(1)',
  'for (const item of [1, 2]) queue.put(item)',
  'do queue.put(1); while (false)',
  'switch (1) { case 1: queue.put(1) }',
  '{ queue.put(1) }',
  '/* a comment */ queue.put(1) /* another */',
  'ready && queue.put(1)',
  'const more = ready; ready ? queue.put(1) : queue.get()',
  'const text = `${1}`; queue.put(text)',
  'const pattern = /[/"]/; queue.put(pattern)',
  'putInHelper: { (() => { queue.put(1) })() }',
  '[1, 2].forEach((item) => queue.put(item))',
  'new Set([1]).forEach((item) => { queue.put(item) })',
  'setTimeout(() => queue.put(1), 1)',
  'setImmediate().then(() => { queue.put(1) })',
  '(async () => { await null; sleep(10) })()',
]

test('a call whose operation is dropped is named, with its place', async () => {
  assert.deepEqual((await linesReported(dropped)).sort(), dropped.toSorted())
})

const handled = [
  'yield* queue.put(1)',
  'yield queue.put(1)',
  'const later = queue.put(1)',
  'let later; later = queue.put(1)',
  'kept.push(queue.put(1))',
  'keep(queue.put(1))',
  'keep(() => queue.put(1))()',
  'keep(put)(1).then()',
  'void queue.put(1)',
  'sleep(1).then(() => undefined)',
  'sleep(1)\n  .catch(() => undefined)',
  'const [first] = [queue.put(1)]',
  'const object = { later: queue.put(1), [String(sleep(1))]: 1 }',
  'const text = `${queue.put(1)}`',
  'const chosen = ready ? queue.put(1) : queue.get()',
  'const chosen = ready && queue.put(1)',
  'const more = [...[queue.put(1)]]',
  'if (queue.put(1)) ready = true',
  'for (const later of [queue.put(1)]) kept.push(later)',
  'return queue.put(1)',
  'yield* race([sleep(1), queue.put(1), save()])',
  'yield* all([sleep(1), [queue.put(1)][0]])',
  'yield* withTimeout(100, sleep(1))',
  'const makers = [() => queue.put(1)]; yield* all(makers.map((make) => make()))',
  'const later = [1, 2].map((item) => queue.put(item))',
  'const first = sleep(1), second = sleep(2); try { yield* first; throw new Error() } catch { return } yield* second',
  'const greenlet = spawn(() => queue.put(1)); yield* greenlet',
  'spawn(function* () { yield* sleep(60_000) }).kill()',
  'pool.applyAsync(save); pool.kill()',
  'spawn(save)',
  'getHub().inherited',
  'new AsyncResult(); new Queue(); new Lock()',
  'try { queue.get({ timeout: -1 }) } catch {}',
  'try { race([sleep(1), 5]) } catch {}',
  '(async () => { await sleep(1); await Promise.all([queue.put(1), save()]) })()',
]

test('what is waited for, kept, returned or passed on is not reported', async () => {
  assert.deepEqual(await linesReported(handled), [])
})

test('what the library makes for itself in passing is not reported', async () => {
  const file = await programOf(`
    import { createServer } from 'node:http'
    import { fetch, iwait } from 'gvent'
    const server = createServer((request, response) => request.resume().on('end', () => response.end('ok'))).listen(0)
    await new Promise((resolve) => server.once('listening', resolve))
    const url = 'http://127.0.0.1:' + server.address().port
    for (const body of ['text', (async function* () { yield 'te'; yield 'xt' })(), (function* () { yield 'text' })]) {
      await (await fetch(url, { method: 'POST', body })).text()
    }
    const controller = new AbortController()
    const loop = (async () => {
      for await (const event of iwait([new Event()], { signal: controller.signal })) keep(event)
    })()
    controller.abort(new Error('enough'))
    await loop.catch(() => undefined)
    server.closeAllConnections()
    server.close()
  `)
  const { stderr, code } = await startProgram([file], { GVENT_FORGOTTEN: '1' }).ended
  assert.deepEqual([stderr, code], ['', 0])
})

test('a function of the program that returns an operation leaves it to its caller', async () => {
  const file = join(folder, 'helpers.js')
  await writeFile(
    file,
    `${setting}
await run(function* main() {
  const stored = putLater(1)
  yield* put(2)
  putLater(3)
  put(4)
})`,
  )
  const { stderr } = await startProgram([file], { GVENT_FORGOTTEN: '1' }).ended
  const callers = Array.from(stderr.matchAll(/at main \(.*:(\d+):3\)/g), ([, line]) => Number(line) - settingLines)
  assert.deepEqual(callers, [4, 5], stderr)
})

test('a place is named once, however often it forgets', async () => {
  const { stderr } = await startProgram(
    [await programOf('for (let n = 0; n < 100; n++) spawn(() => { queue.put(n) })')],
    {
      GVENT_FORGOTTEN: '1',
    },
  ).ended
  assert.equal(stderr.match(/was never waited for/g)?.length, 1, stderr)
})

const runners: readonly [name: string, variables: NodeJS.ProcessEnv][] = [
  ['node:test', { NODE_TEST_CONTEXT: 'child-v8' }],
  ['vitest', { VITEST: 'true' }],
  ['jest', { JEST_WORKER_ID: '1' }],
  ['mocha in parallel', { MOCHA_WORKER_ID: '0' }],
  ['tap', { TAP: '1' }],
]
for (const [name, variables] of runners) {
  test(`forgotten waits are reported under ${name}, unless switched off`, async () => {
    const file = await programOf('queue.put(1)')
    const on = await startProgram([file], variables).ended
    assert.match(on.stderr, /Queue\.put, made outside of all greenlets, was never waited for.* Write `await` before it/)
    const off = await startProgram([file], { ...variables, GVENT_FORGOTTEN: '0' }).ended
    assert.equal(off.stderr, '')
  })
}

async function programOf(body: string): Promise<string> {
  const file = join(folder, `program-${String(++programs)}.js`)
  await writeFile(file, `${setting}${body}\n`)
  return file
}

/** What a program has to say of operations that nobody waited for. */
async function reportsOf(source: string): Promise<string[]> {
  const { stderr, code } = await startProgram(source, { GVENT_FORGOTTEN: '1' }).ended
  assert.equal(code, 0, stderr)
  return stderr.match(/^.* was never waited for/gm) ?? []
}

test('an operation that a greenlet made and never waited for is named, with its place', async () => {
  const { stderr } = await startProgram(
    `import { Queue, run } from 'gvent'
await run(function* main() {
  function* helper(queue) { queue.put('a letter') }
  yield* helper(new Queue(10, { name: 'mail' }))
})`,
    { GVENT_FORGOTTEN: '1' },
  ).ended
  const [text, first, , ...rest] = stderr.trimEnd().split('\n')
  assert.equal(
    text,
    'Queue "mail".put, made in <Greenlet #1 "main">, was never waited for, so it did nothing. Write `yield*` before it',
  )
  assert.match(first!, /at helper \(.*:3:35\)/)
  assert.equal(rest.at(-1), '  help: npx gvent explain GVENT_FORGOTTEN')
})

test('nothing is said without GVENT_FORGOTTEN', async () => {
  const { stderr } = await startProgram(`import { run, sleep } from 'gvent'
    await run(function* () { sleep(10) })`).ended
  assert.equal(stderr, '')
})

test('a call of a green function, a join and a sleep are found, too', async () => {
  const reports = await reportsOf(`import { green, run, sleep, spawn } from 'gvent'
    const work = green(function* work() { yield* sleep(1) })
    await run(function* main() { work(); spawn(function* child() {}).join(); sleep(5); yield* sleep(2) })`)
  // The garbage collector finds them in no certain order.
  assert.deepEqual(reports.map((text) => text.slice(0, text.indexOf(', made'))).sort(), [
    '<Greenlet #2 "child">.join',
    'sleep(5)',
    'work',
  ])
})

test('what is waited for in any way, now, later or as one of several, is not reported', async () => {
  const reports =
    await reportsOf(`import { Queue, all, call, green, race, run, select, shield, sleep, spawn, withTimeout } from 'gvent'
    const work = green(function* work() { yield* sleep(1) })
    await run(function* main() {
      const queue = new Queue(1)
      yield* queue.put(1)
      const later = queue.get()
      yield* race([sleep(0), queue.put(2), work()])
      yield later
      yield* all([work(), sleep(1), call(work)])
      yield* withTimeout(100, sleep(1))
      yield* select({ first: sleep(0), second: sleep(1000) })
      yield* shield(work())
      yield* spawn(() => queue.put(3))
      const promise = sleep(1).then()
      yield* spawn(function* (operation) { yield* operation }, queue.get())
      yield promise
    })`)
  assert.deepEqual(reports, [])
})

test('calls that act at once need no wait', async () => {
  const reports = await reportsOf(`import { Pool, Socket, connect, killAll, listen, run, sleep, spawn } from 'gvent'
    import { connect as connectNode } from 'node:net'
    await run(function* main() {
      const child = spawn(function* () { yield* sleep(60_000) })
      yield* sleep(0)
      child.kill()
      killAll([child])
      const pool = new Pool(2)
      pool.applyAsync(function* () {})
      pool.kill()
      const listener = yield* listen({ host: '127.0.0.1', port: 0 })
      const socket = yield* connect(listener.address())
      socket.shutdown()
      socket.close()
      Socket.from(connectNode(listener.port, '127.0.0.1'))[Symbol.dispose]()
      listener.close()
      yield* sleep(1)
    })`)
  assert.deepEqual(reports, [])
})

test('an operation that is collected is reported while the program goes on', async () => {
  const { stdout } = await startProgram([
    '--expose-gc',
    '--input-type=module',
    '--eval',
    `import { getHub, reportForgotten, run, sleep } from 'gvent'
    const reports = []
    const hub = getHub()
    hub.install({ ...hub.platform, report: (text) => { reports.push(text) } })
    reportForgotten()
    await run(function* main() {
      (() => { sleep(10) })()
      for (let round = 0; round < 100 && reports.length === 0; round++) {
        yield* sleep(1)
        globalThis.gc()
      }
      console.log(reports.length)
    })`,
  ]).ended
  assert.equal(stdout, '1\n')
})

test('an object that is made often enough for the engine to inline its constructor is no forgotten wait', async () => {
  const file = await programOf(`
    const makers = { queue: () => new Queue(), lock: () => new Lock() }
    for (let round = 0; round < 60; round++) {
      // The waits that greenlets of one name forget are looked at closely for a thousand times.
      const name = 'round' + round
      await spawn({ [name]: function* () { for (let i = 0; i < 900; i++) for (const make of Object.values(makers)) make().toString() } }[name])
    }`)
  const { stderr, code } = await startProgram(['--expose-gc', file], { GVENT_FORGOTTEN: '1' }).ended
  assert.equal(stderr, '')
  assert.equal(code, 0)
})
