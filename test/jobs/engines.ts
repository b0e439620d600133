import { mkdtempSync, rmSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import amqp from 'amqplib'
import { Redis } from 'ioredis'
import { connect } from 'nats'
import pg from 'pg'
import { createClient } from 'redis'
import {
  capabilities,
  memoryJobs,
  memoryStore,
  natsJobs,
  postgresJobs,
  rabbitmqJobs,
  redisJobs,
  sqliteJobs,
  type Jobs,
} from 'gvent/jobs'
import { startRedis, withoutRedis } from '../ecosystem/redis-server.js'
import { startPostgres, withoutPostgres } from '../ecosystem/postgres-server.js'
import { startNats, withoutNats } from './nats-server.js'
import { startRabbitmq, withoutRabbitmq } from './rabbitmq-server.js'

/** A place where jobs are: a server that runs, or this process. */
export interface EngineUnderTest {
  /** Where it is, for commands; `undefined` if no other process can reach it. */
  readonly address: string | undefined
  /** The jobs of one name, for a program of its own: two calls are two programs. */
  readonly jobs: (name: string, lease: number) => Promise<Jobs>
  /** Ends the process that has the jobs, at once, and starts it again; closes the file where there is none. */
  readonly restart: () => Promise<void>
  /** Ends it, and all that was opened. */
  readonly stop: () => Promise<void>
}

/** BullMQ has a loop of its own, and tests of its own. */
export type EngineName = Exclude<keyof typeof capabilities, 'bullmq'>

interface Starter {
  /** Why its tests are skipped, or `false`. */
  readonly without: string | false
  readonly start: () => Promise<EngineUnderTest>
}

/** Where is kept how the jobs of all engines stand. */
const store = memoryStore()

/** The engines, as the tests start them. */
export const engines: Readonly<Record<EngineName, Starter>> = {
  memory: {
    without: false,
    start: () => {
      const made = new Map<string, Jobs>()
      return Promise.resolve({
        address: undefined,
        jobs: (name, lease) => {
          const jobs = made.get(name) ?? memoryJobs({ lease, store })
          made.set(name, jobs)
          return Promise.resolve(jobs)
        },
        restart: () => Promise.reject(new Error('a process cannot be started again')),
        stop: () => Promise.resolve(),
      })
    },
  },
  postgres: {
    without: withoutPostgres,
    start: async () => {
      const server = await startPostgres()
      const opened: (() => Promise<unknown>)[] = []
      return {
        address: `postgres://postgres@127.0.0.1:${server.port}/postgres`,
        jobs: (name, lease) => {
          const pool = new pg.Pool({ host: '127.0.0.1', port: server.port, user: 'postgres', database: 'postgres' })
          // A pool announces that a connection of it has ended.
          pool.on('error', () => undefined)
          const jobs = postgresJobs(pool, { name, lease, store })
          opened.push(async () => {
            await jobs.close()
            await pool.end()
          })
          return Promise.resolve(jobs)
        },
        restart: () => server.restart(),
        stop: async () => {
          for (const close of opened) await close()
          await server.stop()
        },
      }
    },
  },
  sqlite: {
    without: isBuiltin('node:sqlite') ? false : 'this Node has no node:sqlite',
    start: () => {
      const folder = mkdtempSync(join(tmpdir(), 'gvent-jobs-'))
      const opened: Jobs[] = []
      return Promise.resolve({
        address: `sqlite:${join(folder, 'jobs.db')}`,
        jobs: (name, lease) => {
          const jobs = sqliteJobs(join(folder, 'jobs.db'), { name, lease, store })
          opened.push(jobs)
          return Promise.resolve(jobs)
        },
        restart: async () => {
          for (const jobs of opened.splice(0)) await jobs.close()
        },
        stop: async () => {
          for (const jobs of opened) await jobs.close()
          rmSync(folder, { recursive: true })
        },
      })
    },
  },
  redis: {
    without: withoutRedis,
    start: async () => {
      const { port, restart, stop } = await startRedis(true)
      const opened: (() => unknown)[] = []
      let clients = 0
      return {
        address: `redis://127.0.0.1:${port}`,
        // Of two programs one has the one client, the other the other.
        jobs: async (name, lease) => {
          const client = clients++ % 2 === 0 ? new Redis(port) : createClient({ url: `redis://127.0.0.1:${port}` })
          // Restarts are announced.
          client.on('error', () => undefined)
          if (!(client instanceof Redis)) await client.connect()
          const jobs = redisJobs(client, { name, lease, store })
          opened.push(
            () => jobs.close(),
            () => {
              if (client instanceof Redis) client.disconnect()
              else client.destroy()
            },
          )
          return jobs
        },
        restart,
        stop: async () => {
          for (const close of opened) await close()
          await stop()
        },
      }
    },
  },
  nats: {
    without: withoutNats,
    start: async () => {
      const { port, restart, stop } = await startNats()
      const opened: (() => unknown)[] = []
      return {
        address: `nats://127.0.0.1:${port}`,
        jobs: async (name, lease) => {
          const connection = await connect({ port })
          opened.push(() => connection.close())
          return natsJobs(connection, { name, lease, store })
        },
        restart,
        stop: async () => {
          for (const close of opened) await close()
          await stop()
        },
      }
    },
  },
  rabbitmq: {
    without: withoutRabbitmq,
    start: async () => {
      const { port, restart, stop } = await startRabbitmq()
      const opened: Jobs[] = []
      return {
        address: `amqp://127.0.0.1:${port}`,
        jobs: (name, lease) => {
          const jobs = rabbitmqJobs(() => amqp.connect(`amqp://127.0.0.1:${port}`), { name, lease, store })
          opened.push(jobs)
          return Promise.resolve(jobs)
        },
        restart,
        stop: async () => {
          for (const jobs of opened) await jobs.close()
          await stop()
        },
      }
    },
  },
}
