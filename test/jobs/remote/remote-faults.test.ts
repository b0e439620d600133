import assert from 'node:assert/strict'
import { spawn as spawnProcess, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { Redis } from 'ioredis'
import pg from 'pg'
import { Queue, fromModule, run, spawn, withTimeout, type Coroutine } from 'gvent'
import { RemotePool, postgresJobs, postgresStore, redisJobs, redisStore, type Jobs } from 'gvent/jobs'
import { startPostgres, withoutPostgres } from '../../ecosystem/postgres-server.js'
import { startRedis, withoutRedis } from '../../ecosystem/redis-server.js'

/** Far beyond what anything here takes: nothing is waited for longer. */
const PATIENCE = 120_000

const program = fileURLToPath(new URL('worker.js', import.meta.url))
const module = new URL('work.js', import.meta.url)
const double = fromModule<typeof import('./work.js').double>(module, 'double')
const forever = fromModule<typeof import('./work.js').forever>(module, 'forever')

interface Opened {
  readonly port: number
  readonly jobs: Jobs
  readonly close: () => Promise<unknown>
}

const settings = { name: 'calls', lease: 1000 }

const engines: Record<string, { skip: string | false; open: () => Promise<Opened> }> = {
  redis: {
    skip: withoutRedis,
    open: async () => {
      const { port, stop } = await startRedis()
      const client = new Redis(port)
      const store = redisStore(client)
      const jobs = redisJobs(client, { ...settings, store })
      const close = async (): Promise<void> => {
        await store.close()
        await jobs.close()
        client.disconnect()
        await stop()
      }
      return { port, jobs, close }
    },
  },
  postgres: {
    skip: withoutPostgres,
    open: async () => {
      const { port, stop } = await startPostgres()
      const pool = new pg.Pool({ host: '127.0.0.1', port, user: 'postgres', database: 'postgres' })
      pool.on('error', () => undefined)
      const store = postgresStore(pool)
      const jobs = postgresJobs(pool, { ...settings, store })
      const close = async (): Promise<void> => {
        await store.close()
        await jobs.close()
        await pool.end()
        await stop()
      }
      return { port, jobs, close }
    },
  },
}

for (const [name, { skip, open }] of Object.entries(engines)) {
  describe(`a RemotePool and workers in processes of their own, on ${name}`, { skip }, () => {
    test('a map ends although a worker is killed with -9; a kill of the caller reaches the other process', async () => {
      const { port, jobs, close } = await open()
      const lines = new Queue<{ worker: ChildProcess; line: string }>()
      const start = (): ChildProcess => {
        const worker = spawnProcess(process.execPath, [program, name, String(port)], {
          stdio: ['ignore', 'pipe', 'inherit'],
        })
        createInterface({ input: worker.stdout }).on('line', (line) => {
          lines.putNowait({ worker, line })
        })
        return worker
      }
      const workers = [start(), start()]
      function* lineOf(pattern: RegExp): Coroutine<ChildProcess> {
        for (;;) {
          const { worker, line } = yield* lines.get()
          if (pattern.test(line)) return worker
        }
      }
      function* body(): Coroutine<void> {
        const pool = new RemotePool(jobs, { size: 20 })
        const items = Array.from({ length: 100 }, (_, index) => index)
        const mapping = spawn(() => pool.map(double, items))
        // It has begun what it will never end.
        const victim = yield* lineOf(/^begins [1-9]0$/)
        victim.kill('SIGKILL')
        assert.deepEqual(
          yield* mapping,
          items.map((item) => 2 * item),
        )
        const call = yield* pool.spawn(forever)
        const runner = yield* lineOf(/^begins forever$/)
        assert.notEqual(runner, victim)
        const killing = spawn(() => call.kill())
        assert.equal(yield* lineOf(/^cleaned up$/), runner)
        yield* killing
        assert.deepEqual(yield* jobs.dead.list(), [])
      }
      try {
        await run(() => withTimeout(PATIENCE, body))
      } finally {
        const ended = workers.map(async (worker) => worker.exitCode ?? worker.signalCode ?? once(worker, 'exit'))
        for (const worker of workers) worker.kill('SIGKILL')
        await Promise.all(ended)
        await close()
      }
    })
  })
}
