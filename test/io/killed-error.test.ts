import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import express from 'express'
import Koa from 'koa'
import {
  HTTPServer,
  KilledError,
  ThreadPool,
  WSGIServer,
  fromNode,
  getCurrent,
  getHub,
  idle,
  sleep,
  spawn,
  toNode,
  type Coroutine,
  type Greenlet,
} from 'gvent'
import { simulate } from 'gvent/testing'
import { startProgram } from './program.js'

getHub().onError = () => undefined

/** A task that somebody kills while others wait for what it gives. */
function killed(): Greenlet<{ name: string }> {
  const greenlet = spawn(function* task() {
    yield* sleep(Infinity)
    return { name: 'Ada' }
  })
  void idle().then(() => greenlet.kill())
  return greenlet
}

/** A function that is killed where it waits, by itself. */
function* endsItself(): Coroutine<never> {
  getCurrent()!.kill()
  yield* sleep(Infinity)
  assert.fail('it goes on')
}

interface Listening {
  url: string
  close(): unknown
}

async function listening(server: Server): Promise<Listening> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, close: () => server.close() }
}

async function started(server: HTTPServer | WSGIServer): Promise<Listening> {
  await server.start()
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, close: () => server.stop() }
}

const local = { host: '127.0.0.1', port: 0 }

const servers: Record<string, { expected: number; serve: () => Promise<Listening> }> = {
  'Express, a handler that awaits': {
    expected: 500,
    serve: () => {
      const app = express().set('env', 'test')
      app.get('/', async (_request, response) => void response.json(await killed()))
      return listening(createServer(app))
    },
  },
  'Koa, a handler that awaits': {
    expected: 500,
    serve: () => {
      const app = new Koa()
      app.silent = true
      app.use(async (context) => {
        context.body = await killed()
      })
      return listening(createServer((request, response) => void app.callback()(request, response)))
    },
  },
  'HTTPServer, a handler that waits': {
    expected: 500,
    serve: () =>
      started(
        new HTTPServer(local, function* () {
          return Response.json(yield* killed())
        }),
      ),
  },
  'HTTPServer, a handler that is killed': {
    expected: 503,
    serve: () =>
      started(
        new HTTPServer(local, function* (_request) {
          yield* endsItself()
          return new Response('not reached')
        }),
      ),
  },
  'WSGIServer, an application that is killed': {
    expected: 503,
    serve: () =>
      started(
        new WSGIServer(local, function* () {
          yield* endsItself()
        }),
      ),
  },
  'toNode, an application that waits': {
    expected: 500,
    serve: () =>
      listening(
        createServer(
          toNode(function* (_environ, startResponse): Coroutine<string[]> {
            const { name } = yield* killed()
            startResponse('200 OK', [])
            return [name]
          }),
        ),
      ),
  },
  'toNode, an application that is killed': {
    expected: 503,
    serve: () =>
      listening(
        createServer(
          toNode(function* () {
            yield* endsItself()
          }),
        ),
      ),
  },
  'toNode in Express, an application that is killed': {
    expected: 500,
    serve: () => {
      const app = express().set('env', 'test')
      app.use(
        toNode(function* () {
          yield* endsItself()
        }),
      )
      return listening(createServer(app))
    },
  },
  'fromNode, an async application that waits': {
    expected: 500,
    serve: () =>
      started(
        new WSGIServer(
          local,
          fromNode(async (_request, response) => {
            response.end((await killed()).name)
          }),
        ),
      ),
  },
  'fromNode, a greenlet that is killed': {
    expected: 500,
    serve: () =>
      started(
        new WSGIServer(
          local,
          fromNode(() => spawn(endsItself)),
        ),
      ),
  },
}

for (const [name, { expected, serve }] of Object.entries(servers)) {
  test(`a client is not told that all is well: ${name}`, async () => {
    const server = await serve()
    try {
      const response = await fetch(server.url, {
        signal: AbortSignal.timeout(60_000),
        headers: { connection: 'close' },
      })
      assert.equal(response.status, expected)
      assert.ok(!(await response.text()).includes('"message"'))
    } finally {
      await server.close()
    }
  })
}

test('a processor of a queue of jobs rejects, so that the job has failed', async () => {
  const process = async (_job: unknown): Promise<unknown> => await killed()
  await assert.rejects(process({}), { name: 'KilledError', code: 'GVENT_KILLED' })
})

test('a function in a thread that is killed there rejects here', async () => {
  const pool = new ThreadPool(1)
  try {
    await assert.rejects(
      async () =>
        await pool.apply(async () => {
          const { sleep, spawn } = await import('gvent')
          const greenlet = spawn(() => sleep(Infinity))
          greenlet.kill()
          return await greenlet
        }),
      { name: 'KilledError', code: 'GVENT_KILLED', message: /was killed$/ },
    )
  } finally {
    await pool.kill()
  }
})

test('simulate raises it when the program kills its main greenlet', async () => {
  await assert.rejects(async () => await simulate(endsItself), KilledError)
})

test('a top-level await of a killed greenlet ends the program as any error does', async () => {
  const { code, stderr } = await startProgram(`
    import { sleep, spawn } from 'gvent'
    const greenlet = spawn(function* download() { yield* sleep(10_000) })
    setImmediate(() => greenlet.kill())
    await greenlet`).ended
  assert.equal(code, 1)
  assert.match(stderr, /KilledError: <Greenlet #1 "download"> was killed/)
})

for (const [name, program] of Object.entries({
  'the exit status is what main returns': 'const status = await run(main); process.exitCode ??= status',
  'nobody awaits it': 'void run(main)',
  'others wait for the value of main': `
    const running = run(main)
    const { getHub, spawn } = await import('gvent')
    const [greenlet] = getHub().greenlets()
    for (let n = 0; n < 3; n++) spawn(function* () { yield* greenlet })
    await running`,
})) {
  test(`a program that run ends on a signal prints nothing: ${name}`, async () => {
    const { child, printed, ended } = startProgram(`
      import { run, sleep } from 'gvent'
      function* main() {
        console.log('waits')
        yield* sleep(10_000)
        return 0
      }
      ${program}`)
    await printed('waits')
    child.kill('SIGINT')
    const { code, stdout, stderr } = await ended
    assert.deepEqual([code, stdout, stderr], [130, 'waits\n', ''])
  })
}
