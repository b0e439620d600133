import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { Event, fetch, HTTPServer, joinAll, Lock, Semaphore, sleep, spawn, Timeout } from 'gvent'
import { trace } from 'gvent/console'
import { startProgram, withoutProcesses as skip } from '../io/program.js'
import { checkTrace, readTrace, recordTo, slicesOf, statesOf, tracksOf, type TraceEvent } from './chrome-trace.js'
import { blocked, gvent, jam, lookInto, withThreadsAndCluster } from './programs.js'

const folder = mkdtempSync(join(tmpdir(), 'gvent-trace-'))
let files = 0
const newFile = (suffix = '.json'): string => join(folder, `${++files}${suffix}`)

const record = (program: () => PromiseLike<unknown>, options = {}): Promise<TraceEvent[]> =>
  recordTo(newFile(), program, options)

test('a greenlet has a track with slices for when it ran and for what it waited', async () => {
  const lock = new Lock({ name: 'accounts' })
  const events = await record(async () => {
    const first = spawn(function* first() {
      const permit = yield* lock.acquire()
      yield
      yield* sleep(2)
      permit.release()
    })
    const second = spawn(function* second() {
      const permit = yield* lock.acquire()
      permit.release()
    })
    await joinAll([first, second])
  })
  assert.deepEqual(statesOf(events, /^first #/), ['running', 'running', 'sleep(2)', 'running'])
  assert.deepEqual(statesOf(events, /^second #/), ['running', 'Lock "accounts".acquire', 'running'])
  assert.ok(slicesOf(events, /^hub$/).includes('turn'))
  assert.ok(slicesOf(events, /^hub$/).includes('timers and I/O'))
})

test('arrows lead from the one who woke to the one who was woken', async () => {
  const event = new Event()
  const events = await record(async () => {
    const waiter = spawn(function* waiter() {
      yield* event.wait()
    })
    const setter = spawn(function* setter() {
      yield* sleep(1)
      event.set()
    })
    await joinAll([waiter, setter])
  })
  const names = tracksOf(events)
  const starts = new Map(events.filter(({ ph }) => ph === 's').map((each) => [each.id, names.get(each.tid)!]))
  const arrows = events
    .filter(({ ph }) => ph === 'f')
    .map(({ id, tid }) => `${starts.get(id)!} > ${names.get(tid)!}`.replace(/ #\d+/g, ''))
  assert.ok(arrows.includes('setter > waiter'), String(arrows))
  assert.ok(arrows.includes('hub > setter'), String(arrows))
})

test('kills and timeouts are moments, requests and fetches spans', async () => {
  const server = new HTTPServer({ host: '127.0.0.1', port: 0 }, function* answer() {
    yield* sleep(1)
    return new Response('hello')
  })
  await server.start()
  const { port } = server.address() as { port: number }
  const events = await record(async () => {
    const victim = spawn(function* victim() {
      yield* sleep(60_000)
    })
    const impatient = spawn(function* impatient() {
      const timeout = Timeout.start(1)
      try {
        yield* sleep(60_000)
      } catch (error) {
        if (error !== timeout) throw error
      }
    })
    const client = spawn(function* client() {
      const response = yield* fetch(`http://127.0.0.1:${port}/items?token=secret`)
      yield* response.text()
      victim.kill()
    })
    await joinAll([victim, impatient, client])
  })
  await server.stop()
  const names = tracksOf(events)
  const moments = events.filter(({ ph }) => ph === 'i').map(({ name, tid }) => `${names.get(tid)!} ${name}`)
  assert.ok(
    moments.some((text) => /^victim #\d+ killed$/.test(text)),
    String(moments),
  )
  assert.ok(
    moments.some((text) => /^impatient #\d+ timed out$/.test(text)),
    String(moments),
  )
  const spans = events.filter(({ ph }) => ph === 'b')
  const request = spans.find(({ cat }) => cat === 'request')
  assert.equal(request?.name, 'GET /items')
  assert.equal(request.args?.['status'], 200)
  const fetched = spans.find(({ cat }) => cat === 'fetch')
  assert.equal(fetched?.name, `GET http://127.0.0.1:${port}/items`)
  assert.equal(names.get(fetched.tid)?.replace(/ #\d+/, ''), 'client')
  assert.ok(!JSON.stringify(events).includes('secret'))
})

test('above 500 greenlets there is a track for each group, and for the busiest hundred', async () => {
  const events = await record(async () => {
    const many = Array.from({ length: 600 }, () =>
      spawn(function* nap() {
        yield* sleep(1)
        yield* sleep(1)
      }),
    )
    await joinAll(many)
  })
  const names = [...tracksOf(events).values()]
  assert.equal(names.filter((name) => name.startsWith('nap #')).length <= 100, true)
  assert.ok(
    names.some((name) => name.startsWith('all nap')),
    names.join(),
  )
  const waits = events.filter(({ ph, cat }) => ph === 'b' && cat === 'wait')
  assert.ok(waits.length > 500)
})

test('the ring keeps the latest events, and what was cut off is no fault of the trace', async () => {
  const events = await record(
    async () => {
      const [ping, pong] = [new Semaphore(0), new Semaphore(0)]
      const players = [
        spawn(function* first() {
          for (let round = 0; round < 1000; round++) {
            ping.release()
            yield* pong.acquire()
          }
        }),
        spawn(function* second() {
          for (let round = 0; round < 1000; round++) {
            yield* ping.acquire()
            pong.release()
          }
        }),
      ]
      await joinAll(players)
    },
    { events: 256 },
  )
  const steps = events.filter(({ ph, cat }) => ph === 'X' && cat === 'running')
  assert.ok(steps.length > 50 && steps.length <= 256, String(steps.length))
})

test('a recording that is begun and taken inside of a greenlet has the step of that greenlet', async () => {
  const output = newFile()
  const event = new Event()
  const waiter = spawn(function* waiter() {
    yield* event.wait()
  })
  const self = spawn(function* self() {
    yield* sleep(0)
    trace.start()
    event.set()
    yield* sleep(1)
    yield* trace.stop(output)
  })
  await joinAll([waiter, self], { raiseError: true })
  const events = readTrace(output)
  assert.equal(slicesOf(events, /^self #/)[0], 'running')
  assert.ok(events.some(({ ph }) => ph === 's'))
})

test('what is open when it is taken reaches up to the end', async () => {
  const output = newFile()
  const napper = spawn(function* napper() {
    yield* sleep(60_000)
  })
  await sleep(0)
  trace.start()
  await sleep(5)
  await trace.write(output)
  assert.ok(trace.recording)
  await trace.stop(newFile())
  assert.ok(!trace.recording)
  napper.kill()
  assert.deepEqual(slicesOf(readTrace(output), /^napper #/), ['sleep(60000)'])
})

test('trace({ for, output }) records for a time, with gzip when the file is called so', async () => {
  const output = newFile('.json.gz')
  const ticker = spawn(function* ticker() {
    for (;;) yield* sleep(1)
  })
  const summary = await trace({ for: 30, output })
  ticker.kill()
  const events = readTrace(output)
  assert.equal(summary.output, output)
  assert.equal(summary.events, events.length)
  assert.equal(summary.tracks, tracksOf(events).size)
  assert.equal(statSync(output).mode & 0o777, 0o600)
  assert.ok(slicesOf(events, /^ticker #/).includes('sleep(1)'))
})

test('mistakes are errors that say what is wrong', async () => {
  assert.throws(() => trace.stop(), /trace\.stop\(\): nothing is being recorded/)
  trace.start()
  assert.throws(() => trace.start(), /a trace is being recorded already/)
  await trace.stop(newFile())
  assert.throws(() => trace.start({ on: ['SIGNONE' as 'SIGUSR2'] }), /names of signals such as 'SIGUSR2'/)
  assert.ok(!trace.recording)
  assert.throws(() => trace({ for: 1 } as never), /the name of a file/)
  assert.throws(() => trace.start({ fast: true } as never), /fast/)
  await assert.rejects(trace({ for: 1, output: join(folder, 'no', 'such', 'folder') }).then(), { code: 'ENOENT' })
  assert.ok(!trace.recording)
})

test('a recording that is given up ends', async () => {
  const recorder = spawn(function* recorder() {
    yield* trace({ for: 60_000, output: newFile() })
  })
  await sleep(0)
  assert.ok(trace.recording)
  await recorder.kill()
  assert.ok(!trace.recording)
})

test('a flight recorder writes the last seconds at a lost error, and at a signal', { skip }, async () => {
  const cwd = mkdtempSync(join(tmpdir(), 'gvent-flight-'))
  const { child, printed, ended } = startProgram(
    `
    import { sleep, spawn } from 'gvent'
    import { trace } from 'gvent/console'
    process.chdir(${JSON.stringify(cwd)})
    trace.start({ output: 'flight.json', on: ['SIGUSR2', 'lost-error'] })
    const alive = setInterval(() => {}, 1000)
    spawn(function* unlucky() { yield* sleep(5); throw new Error('lost') })
    process.once('SIGHUP', () => clearInterval(alive))
    console.log('ready')`,
  )
  await printed('ready')
  await printed('flight-1.json', 'stderr')
  child.kill('SIGUSR2')
  await printed('flight-2.json', 'stderr')
  child.kill('SIGHUP')
  const { stderr } = await ended
  assert.match(stderr, /gvent: the last [\d.]+ s are in flight-1\.json/)
  assert.deepEqual(readdirSync(cwd).sort(), ['flight-1.json', 'flight-2.json'])
  const events = readTrace(join(cwd, 'flight-1.json'))
  assert.deepEqual(statesOf(events, /^unlucky #/), ['running', 'sleep(5)', 'running'])
})

test('GVENT_TRACE=SIGUSR2 is a flight recorder for a program that knows nothing of it', { skip }, async () => {
  const cwd = mkdtempSync(join(tmpdir(), 'gvent-flight-'))
  const { child, printed } = startProgram(
    `
    import { sleep, spawn } from 'gvent'
    process.chdir(${JSON.stringify(cwd)})
    spawn(function* ticker() { for (let i = 0; ; i++) { yield* sleep(1); if (process.listenerCount('SIGUSR2') > 0 && i % 20 === 19) console.log('ticked') } })`,
    { GVENT_TRACE: 'SIGUSR2' },
  )
  try {
    await printed('ticked')
    child.kill('SIGUSR2')
    await printed('s are in', 'stderr')
    const events = readTrace(join(cwd, `gvent-${child.pid!}-1.trace.json`))
    assert.ok(slicesOf(events, /^ticker #/).includes('sleep(1)'))
  } finally {
    child.kill('SIGKILL')
    await once(child, 'close')
  }
})

test('gvent trace records a process that was not prepared', { skip }, async () => {
  const output = newFile()
  await lookInto(
    `${jam}
    spawn(function* ticker() { for (;;) yield* sleep(1) })`,
    'jammed',
    async (pid) => {
      const { code, stdout, stderr } = await gvent('trace', '--for', '300ms', '--output', output, pid)
      assert.equal(code, 0, stderr)
      assert.match(stdout, /\.json: [\d.]+ s, [\d,]+ events on \d+ tracks; https:\/\/ui\.perfetto\.dev opens it\n$/)
      const events = readTrace(output)
      assert.deepEqual(slicesOf(events, /^nightlyReport #1/), ['sleep(3600000)'])
      assert.ok(slicesOf(events, /^request #2/).every((name) => name === 'Lock "accounts".acquire'))
      assert.ok(slicesOf(events, /^ticker #/).filter((name) => name === 'sleep(1)').length > 5)
    },
  )
})

test('a greenlet that ends as the table of texts gets full keeps its group', async () => {
  // Each has two texts, and the table is full with the one or the other.
  for (const sharing of [0, 1]) {
    const events = await record(
      async () => {
        const named = (name: string): (() => void) => Object.defineProperty(() => undefined, 'name', { value: name })
        await joinAll(
          Array.from({ length: 33_500 }, (_, index) => {
            const greenlet = spawn(named(`group${Math.max(index, sharing)}`))
            greenlet.name = `greenlet ${index}`
            return greenlet
          }),
        )
      },
      { events: 4096 },
    )
    const titles = Array.from(tracksOf(events).values())
    assert.ok(titles.length > 1000)
    assert.ok(!titles.includes('all others'))
  }
})

test('gvent trace records worker threads and the workers of a cluster in one file', { skip }, async () => {
  const output = newFile()
  await withThreadsAndCluster(async (primary) => {
    const { code, stderr } = await gvent('trace', '--no-signal', '--for', '300ms', '--output', output, primary)
    assert.deepEqual({ code, stderr }, { code: 0, stderr: '' })
  }, 'for (;;) yield* sleep(1)')
  const events = readTrace(output)
  for (const name of ['inPrimary', 'inThread', 'inClusterWorker']) {
    const track = events.find(({ ph, args }) => ph === 'M' && String(args?.['name']).startsWith(`${name} #`))
    assert.ok(track, name)
    const slices = events.filter(({ ph, pid, tid }) => ph === 'X' && pid === track.pid && tid === track.tid)
    assert.ok(slices.filter((each) => each.name === 'sleep(1)').length > 2, name)
  }
  assert.equal(new Set(events.map(({ pid }) => pid)).size, 3)
})

test('gvent trace leaves out a thread that is blocked, and says so', { skip }, async () => {
  const output = newFile()
  await lookInto(
    `
    import { Worker } from 'node:worker_threads'
    import { spawn, sleep } from ${JSON.stringify(import.meta.resolve('gvent'))}
    spawn(function* ticker() { for (;;) yield* sleep(1) })
    const text = \`import(${JSON.stringify(import.meta.resolve('gvent'))}).then(({ spawn }) => {
      require('node:worker_threads').parentPort.postMessage('blocks')
      spawn(function* hot() { for (;;); })
    })\`
    new Worker(text, { eval: true, execArgv: [] }).once('message', () => console.log('a thread is blocked'))`,
    'a thread is blocked',
    async (pid) => {
      const { code, stderr } = await gvent('trace', '--for', '100ms', '--output', output, pid)
      assert.equal(code, 0)
      assert.match(stderr, /no answer|has not answered|does not answer|blocked/)
      const tracks = readTrace(output).filter(({ ph, name }) => ph === 'M' && name === 'thread_name')
      assert.ok(tracks.some(({ args }) => String(args?.['name']).startsWith('ticker #')))
    },
  )
})

test('gvent trace on a process that is blocked says so', { skip }, async () => {
  await lookInto(blocked, 'blocked', async (pid) => {
    const { code, stderr } = await gvent('trace', '--for', '100ms', '--output', newFile(), pid)
    assert.equal(code, 1)
    assert.match(stderr, /gvent trace: process \d+ is blocked/)
  })
})

test('gvent trace names mistakes', async () => {
  for (const [args, text] of [
    [['trace'], /expected a process ID/],
    [['trace', '--for', 'soon', '1'], /--for: expected a time such as 5s or 500ms, got "soon"/],
    [['trace', '--events', '0', '1'], /--events: expected a number from 1 to 1048576, got "0"/],
    [['trace', '--fast', '1'], /Unknown option '--fast'/],
  ] as const) {
    const { code, stderr } = await gvent(...args)
    assert.equal(code, 2)
    assert.match(stderr, text)
  }
  assert.match((await gvent('trace', '--help')).stdout, /^Usage: gvent trace \[options\] PID\n/)
})

test('the check of traces finds what an importer would drop', () => {
  const name: TraceEvent = { ph: 'M', name: 'thread_name', pid: 1, tid: 1, ts: 0, args: { name: 'a' } }
  const slice: TraceEvent = { ph: 'X', name: 'a', cat: 'a', pid: 1, tid: 1, ts: 10, dur: 10 }
  const start: TraceEvent = { ph: 's', name: 'a', cat: 'a', id: 1, pid: 1, tid: 1, ts: 12 }
  const finish: TraceEvent = { ph: 'f', bp: 'e', name: 'a', cat: 'a', id: 1, pid: 1, tid: 1, ts: 20 }
  const fails = (events: TraceEvent[], text: RegExp): void => {
    assert.throws(() => {
      checkTrace(events)
    }, text)
  }
  checkTrace([name, slice, start, finish])
  fails([slice], /has no name/)
  fails([name, slice, { ...slice, ts: 15 }], /overlap/)
  fails([name, slice, start], /arrows without an end/)
  fails([name, slice, finish], /without a beginning/)
  fails([name, slice, { ...start, ts: 40 }, { ...finish, ts: 41 }], /from nowhere/)
  fails([name, slice, start, { ...finish, ts: 11 }], /into the past/)
  fails([name, { ...slice, ph: 'b', id: 1 }], /spans without an end/)
  fails([name, { ...slice, ph: 'Q' }], /unknown phase/)
})
