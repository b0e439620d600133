import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { beforeEach, test, type TestContext } from 'node:test'
import pg from 'pg'
import { dump, hub, HTTPRequestHandler, HTTPServer, until, WSGIServer } from 'gvent'
import { killOnDisconnect } from 'gvent/async/runtime'
import { startPostgres, withoutPostgres } from '../../ecosystem/postgres-server.js'
import { importLowered } from '../import-lowered.js'
import { ask, reached } from './client.js'

const shop = await importLowered<typeof import('./shop.js')>(new URL('shop.js', import.meta.url))
const { log } = shop

beforeEach(() => {
  log.length = 0
})

type Server = HTTPServer | WSGIServer

const local = { port: 0, host: '127.0.0.1' }

const inNodesTerms = (handle: () => Promise<string>): ((...args: never[]) => Promise<void>) =>
  shop.answering(handle, (_request: IncomingMessage, response: ServerResponse) => (text) => response.end(text))

/** A server of each kind whose handler is an async function. */
const servers: Record<string, (handle: () => Promise<string>) => Server> = {
  "the platform's terms": (handle) => new HTTPServer(local, shop.responding(handle)),
  "Node's terms": (handle) => new HTTPServer({ ...local, api: 'node' }, inNodesTerms(handle) as never),
  HTTPRequestHandler: (handle) =>
    new HTTPServer(
      local,
      class extends HTTPRequestHandler {
        doGET = shop.answering(handle, () => (text) => {
          this.sendResponse(200)
          this.endHeaders()
          this.response.end(text)
        })
        override logMessage(): void {
          // Nobody reads it.
        }
      },
    ),
  WSGI: (handle) => new WSGIServer(local, shop.application(handle)),
}

async function start(t: TestContext, server: Server): Promise<number> {
  await server.start()
  t.after(() => server.stop({ timeout: 0 }))
  return (server.address() as AddressInfo).port
}

const logged = (line: string): Promise<void> => reached(() => log.includes(line), `${line} was never logged`)

const idle = (server: Server): Promise<void> =>
  reached(() => server.stats().handling === 0, 'a handler goes on for ever')

/** Sends a request, leaves when its handler is in the middle, and waits until the server has seen it. */
async function leave(port: number, line: string = 'charging'): Promise<void> {
  const socket: Socket = await ask(port, '/')
  await logged(line)
  socket.destroy()
  await once(socket, 'close')
  assert.equal(await (await fetch(`http://127.0.0.1:${port}/`)).text(), 'quick')
}

/** Answers the first request by one handler, and all others at once. */
function first(handle: () => Promise<string>): () => Promise<string> {
  let isFirst = true
  return () => {
    if (!isFirst) return Promise.resolve('quick')
    isFirst = false
    return handle()
  }
}

/** Notes what is reported while `body` runs. */
async function reportedDuring(body: (reported: string[]) => Promise<void>): Promise<string[]> {
  const reported: string[] = []
  const { onError } = hub
  hub.onError = (error) => {
    reported.push((error as Error).message)
  }
  try {
    await body(reported)
  } finally {
    hub.onError = onError
  }
  return reported
}

for (const [name, make] of Object.entries(servers)) {
  test(`${name}: an async function goes on when its client leaves`, async (t) => {
    const gate = new shop.Gate()
    const server = make(first(shop.handlers(gate).pay))
    const port = await start(t, server)
    const reported = await reportedDuring(async () => {
      await leave(port)
      assert.deepEqual(log.slice(0, 2), ['begin', 'charging'])
      assert.equal(server.stats().handling, 1)
      gate.open()
      await logged('commit')
      await idle(server)
    })
    assert.deepEqual(reported, [])
    assert.equal(server.stats().disconnected, 1)
    assert.equal(log.includes('rollback'), false)
  })

  test(`${name}: stop waits for one whose client has left, and kills it after that`, async (t) => {
    for (const isInTime of [true, false]) {
      log.length = 0
      const gate = new shop.Gate()
      const server = make(first(shop.handlers(gate).pay))
      const port = await start(t, server)
      await leave(port)
      const stopped = server.stop({ timeout: isInTime ? 100_000 : 1 }).then()
      if (isInTime) gate.open()
      await stopped
      assert.equal(log.includes('commit'), isInTime)
      assert.equal(log.includes('rollback'), !isInTime)
    }
  })

  test(`${name}: one that fails when its client has left is reported`, async (t) => {
    const gate = new shop.Gate()
    const server = make(first(shop.failing(gate)))
    const port = await start(t, server)
    const reported = await reportedDuring(async (reported) => {
      await leave(port)
      gate.open()
      await idle(server)
      await reached(() => reported.length > 0, 'nothing is reported')
    })
    assert.deepEqual(reported, ['the bank says no'])
    const { disconnected, failed } = server.stats()
    assert.deepEqual({ disconnected, failed }, { disconnected: 1, failed: 1 })
  })
}

const governed: Record<string, (handle: () => Promise<string>) => Server> = {
  "the platform's terms": (handle) => new HTTPServer(local, killOnDisconnect(shop.responding(handle))),
  "Node's terms": (handle) =>
    new HTTPServer({ ...local, api: 'node' }, killOnDisconnect(inNodesTerms(handle)) as never),
}

for (const [name, make] of Object.entries(governed)) {
  test(`${name}: with killOnDisconnect a client that leaves kills its handler`, async (t) => {
    const server = make(first(shop.handlers(new shop.Gate()).pay))
    const port = await start(t, server)
    const reported = await reportedDuring(async () => {
      await leave(port)
      await logged('rollback')
      await idle(server)
    })
    assert.deepEqual(reported, [])
    const { disconnected, failed } = server.stats()
    assert.deepEqual({ disconnected, failed }, { disconnected: 1, failed: 0 })
    assert.deepEqual(
      log.filter((line) => !line.startsWith('aborted')),
      ['begin', 'charging', 'rollback'],
    )
  })
}

test('the signal of the request says to an async function that its client has left', async (t) => {
  const gate = new shop.Gate()
  const server = new HTTPServer(local, shop.responding(first(shop.handlers(gate).pay)))
  await leave(await start(t, server))
  gate.open()
  await logged('aborted: true')
})

test('a generator function is killed when its client leaves, with the async function that it waits for', async (t) => {
  const handle = first(shop.handlers(new shop.Gate()).pay)
  const server = new HTTPServer(local, function* () {
    return new Response(yield* until(handle()))
  })
  await leave(await start(t, server))
  await logged('rollback')
  await idle(server)
  assert.equal(server.stats().disconnected, 1)
})

test('a stream is cancelled when its client leaves, and what its handler began beside it goes on', async (t) => {
  const gate = new shop.Gate()
  const server = new HTTPServer(local, killOnDisconnect(shop.streaming(gate)))
  const socket = await ask(await start(t, server), '/')
  await once(socket, 'data')
  socket.destroy()
  await logged('cancelled')
  await idle(server)
  gate.open()
  await logged('audited')
})

test('a request that hangs is in the dump, with the place of its await', async (t) => {
  const gate = new shop.Gate()
  const server = new HTTPServer(local, shop.responding(first(shop.handlers(gate).pay)))
  await leave(await start(t, server))
  const lines = dump().split('\n')
  const at = lines.findIndex((line) => line.includes('<async charge awaits a promise'))
  assert.match(lines[at + 1]!, /at .*shop\.[jt]s:\d+/)
  assert.ok(
    lines.some((line) => line.includes('"GET /" waiting for')),
    lines.join('\n'),
  )
  gate.open()
})

test(
  'HTTPServer: a client that leaves in the middle of a transaction of PostgreSQL has it rolled back, or committed by default',
  { skip: withoutPostgres },
  async (t) => {
    const postgres = await startPostgres()
    const pool = new pg.Pool({ host: '127.0.0.1', port: postgres.port, user: 'postgres', database: 'postgres', max: 1 })
    pool.on('connect', (client) => client.on('error', () => undefined))
    pool.on('error', () => undefined)
    t.after(async () => {
      await pool.end()
      await postgres.stop()
    })
    await pool.query('create table payments (amount int)')
    const count = async (): Promise<unknown> => (await pool.query('select * from payments')).rowCount
    for (const [kills, end, rows] of [
      [true, 'rolled back', 0],
      [false, 'committed', 1],
    ] as const) {
      log.length = 0
      const gate = new shop.Gate()
      const handle = shop.responding(first(() => shop.paysByPostgres(pool, gate)))
      const server = new HTTPServer(local, kills ? killOnDisconnect(handle) : handle)
      await leave(await start(t, server), 'inserted')
      if (!kills) gate.open()
      await logged(end)
      await idle(server)
      assert.equal(await count(), rows)
      assert.deepEqual([pool.totalCount, pool.idleCount, pool.waitingCount], [1, 1, 0])
    }
  },
)
