import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Redis } from 'ioredis'
import pg from 'pg'
import { createClient } from 'redis'
import { Event, run, sleep, spawn, until, type Coroutine, type Operation } from 'gvent'
import {
  RemoteSemaphore,
  postgresJobs,
  postgresStore,
  redisJobs,
  redisStore,
  type FleetStore,
  type Jobs,
} from 'gvent/jobs'
import { startPostgres, withoutPostgres } from '../ecosystem/postgres-server.js'
import { startRedis, withoutRedis } from '../ecosystem/redis-server.js'

/** Far beyond what anything here takes: nothing is waited for longer. */
const PATIENCE = 30_000
/** After how many turns of the event loop the wait is killed: a connection has opened before the last. */
const TURNS = [0, 1, 2, 3, 5, 8, 13, 50]

/** A client whose waits open connections of their own. */
interface Waiting {
  readonly jobs: () => Jobs
  readonly store: () => FleetStore
  /** Is set when a wait begins to open one. */
  readonly opens: Event
  /** How many there are. */
  readonly count: () => Promise<number>
  /** Ends the server, at once. */
  readonly stopServer: () => Promise<void>
  readonly close: () => Promise<void>
}

const clients: Record<string, { skip: string | false; start: () => Promise<Waiting> }> = {
  ioredis: { skip: withoutRedis, start: () => startWithRedis(true) },
  redis: { skip: withoutRedis, start: () => startWithRedis(false) },
  pg: { skip: withoutPostgres, start: startWithPostgres },
}

for (const [name, { skip, start }] of Object.entries(clients)) {
  describe(`a connection that a wait opens, with ${name}`, { skip }, () => {
    test('is closed when its take is killed, at whatever moment', async () => {
      const waiting = await start()
      for (const turns of TURNS) {
        const jobs = waiting.jobs()
        await run(() => killWhileItOpens(waiting, () => jobs.source.take(1), turns))
        await waitForNone(waiting)
        await jobs.close()
      }
      await waiting.close()
    })

    test('is closed when its store is, at whatever moment', async () => {
      const waiting = await start()
      for (const turns of TURNS) {
        const store = waiting.store()
        await run(function* () {
          const semaphore = new RemoteSemaphore(store, 'places', 1)
          const permit = yield* semaphore.acquire()
          yield* killWhileItOpens(waiting, () => semaphore.acquire(), turns)
          yield* permit.release()
          yield* store.close()
        })
        await waitForNone(waiting)
      }
      await waiting.close()
    })

    test('is not opened for ever when the server is gone: the program ends', async () => {
      const waiting = await start()
      const jobs = waiting.jobs()
      await run(function* () {
        const taking = spawn(function* () {
          try {
            yield* jobs.source.take(1)
          } catch {
            // It fails if it notices before it is killed.
          }
        })
        yield* waiting.opens.wait()
        yield* until(waiting.stopServer())
        yield* taking.kill()
      })
      await jobs.close()
      await waiting.close()
      // Something that still tries to connect keeps this process, which the runner waits for.
    })
  })
}

function* killWhileItOpens({ opens }: Waiting, wait: () => Operation<unknown>, turns: number): Coroutine<void> {
  opens.clear()
  const greenlet = spawn(wait)
  yield* opens.wait()
  for (let turn = 0; turn < turns; turn++) yield* sleep(0)
  yield* greenlet.kill()
}

async function waitForNone({ count }: Waiting): Promise<void> {
  const before = Date.now()
  while ((await count()) > 0) {
    assert.ok(Date.now() - before < PATIENCE, `${await count()} connections are left`)
    await new Promise(setImmediate)
  }
}

async function startWithRedis(isIoredis: boolean): Promise<Waiting> {
  const { port, stop } = await startRedis()
  const watch = new Redis(port)
  const client = isIoredis ? new Redis(port) : createClient({ url: `redis://127.0.0.1:${port}` })
  // The end of the server is announced.
  for (const each of [watch, client]) each.on('error', () => undefined)
  if (!(client instanceof Redis)) await client.connect()
  const opens = new Event()
  const duplicate = client.duplicate.bind(client) as () => unknown
  Object.assign(client, {
    duplicate: () => {
      opens.set()
      return duplicate()
    },
  })
  let isStopped = false
  const stopServer = async (): Promise<void> => {
    if (!isStopped) await stop()
    isStopped = true
  }
  return {
    jobs: () => redisJobs(client),
    store: () => redisStore(client),
    opens,
    count: async () =>
      String(await watch.client('LIST'))
        .trim()
        .split('\n').length - 2,
    stopServer,
    close: async () => {
      watch.disconnect()
      if (client instanceof Redis) client.disconnect()
      else client.destroy()
      await stopServer()
    },
  }
}

async function startWithPostgres(): Promise<Waiting> {
  const server = await startPostgres()
  const pool = new pg.Pool({ host: '127.0.0.1', port: server.port, user: 'postgres', database: 'postgres' })
  pool.on('error', () => undefined)
  const opens = new Event()
  const connect = pool.connect.bind(pool) as (...args: unknown[]) => unknown
  Object.assign(pool, {
    // A query has a callback.
    connect: (...args: unknown[]) => {
      if (args.length === 0) opens.set()
      return connect(...args)
    },
  })
  let isStopped = false
  const stopServer = async (): Promise<void> => {
    if (!isStopped) await server.stop()
    isStopped = true
  }
  return {
    jobs: () => postgresJobs(pool),
    store: () => postgresStore(pool),
    opens,
    count: () => Promise.resolve(pool.totalCount - pool.idleCount),
    stopServer,
    close: async () => {
      await pool.end()
      await stopServer()
    },
  }
}
