import assert from 'node:assert/strict'
import { connect as connectPlain } from 'node:net'
import { once } from 'node:events'
import { beforeEach, test } from 'node:test'
import 'gvent/monkey/all'
import {
  Event,
  Group,
  HTTPServer,
  Pool,
  Queue,
  StreamServer,
  SupervisionError,
  connect,
  fetch,
  select,
  spawn,
  supervise,
} from 'gvent'
import { killOnDisconnect } from 'gvent/async/runtime'
import { importLowered } from './import-lowered.js'

const programs = await importLowered<typeof import('./programs.js')>(new URL('programs.js', import.meta.url))
const { log } = programs
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

beforeEach(() => {
  log.length = 0
})

async function logged(line: string): Promise<void> {
  for (let turns = 0; !log.includes(line); turns++) {
    assert.ok(turns < 100_000, `${line} was never logged`)
    await turn()
  }
}

test('an async handler of an HTTP server answers, and with killOnDisconnect is killed when its client leaves', async () => {
  const server = new HTTPServer({ port: 0, host: '127.0.0.1' }, killOnDisconnect(programs.answers))
  await server.start()
  const { port } = server.address() as { port: number }
  const response = await fetch(`http://127.0.0.1:${port}/quick`)
  assert.equal(await response.text(), 'answer')
  const client = connectPlain(port, '127.0.0.1')
  await once(client, 'connect')
  client.write('GET /slow HTTP/1.1\r\nHost: here\r\n\r\n')
  await logged('leaf 1')
  client.destroy()
  await logged('leaf is clean 1')
  assert.deepEqual(log, ['leaf 1', 'leaf cleans up 1', 'leaf is clean 1'])
  await server.stop()
})

test('an async handler of a stream server is killed when the server stops, and has cleaned up then', async () => {
  const server = new StreamServer({ port: 0, host: '127.0.0.1' }, programs.direct)
  await server.start()
  const socket = await connect({ port: (server.address() as { port: number }).port, host: '127.0.0.1' })
  await logged('leaf 1')
  await server.stop({ timeout: 0 })
  assert.equal(log.at(-1), 'direct cleans up')
  socket.close()
})

test('pools, groups, select and supervise take async functions', async () => {
  assert.deepEqual(await new Pool(2).map(programs.quick, [1, 2, 3]), [1, 2, 3])
  const group = new Group()
  await spawn(function* () {
    yield* group.spawn(programs.direct)
  })
  await logged('leaf 1')
  await group.kill()
  assert.ok(log.includes('direct cleans up'))

  log.length = 0
  const jobs = new Queue<string>()
  const selecting = spawn(function* () {
    return yield* select({ slow: programs.direct(), job: jobs.get() })
  })
  await logged('leaf 1')
  jobs.putNowait('job')
  assert.deepEqual(await selecting, { name: 'job', value: 'job' })
  assert.equal(log.at(-1), 'direct cleans up')

  log.length = 0
  const failures: unknown[] = []
  const supervising = supervise([programs.direct, programs.fails], {
    intensity: 2,
    onFailure: ({ error }) => failures.push(error),
  })
  await assert.rejects(async () => supervising, SupervisionError)
  assert.ok(failures.length >= 2)
  assert.equal(log.at(-1), 'direct cleans up')
})

test('a greenlet waits for an async call with yield*, with its type, and a kill reaches the call', async () => {
  const greenlet = spawn(function* () {
    const value: number = yield* programs.quick(5)
    return value
  })
  assert.equal(await greenlet, 5)
  const killed = spawn(function* () {
    yield* programs.direct()
  })
  await logged('leaf 1')
  await killed.kill()
  assert.equal(log.at(-1), 'direct cleans up')
})

test('a patched function of the platform that a killed call awaits is aborted', async () => {
  const arrived = new Event()
  const left = new Event()
  const server = new HTTPServer({ port: 0, host: '127.0.0.1' }, function* () {
    arrived.set()
    try {
      yield* new Event().wait()
    } finally {
      left.set()
    }
    return new Response('')
  })
  await server.start()
  const { port } = server.address() as { port: number }
  const greenlet = spawn(() => programs.calls(() => globalThis.fetch(`http://127.0.0.1:${port}/`)))
  await arrived.wait()
  await greenlet.kill()
  await left.wait()
  await server.stop()
  assert.deepEqual(log, ['calls cleans up'])
})
