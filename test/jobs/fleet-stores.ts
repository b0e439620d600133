import pg from 'pg'
import { Redis } from 'ioredis'
import { createClient } from 'redis'
import {
  memoryJobs,
  memoryStore,
  postgresJobs,
  postgresStore,
  redisJobs,
  redisStore,
  type FleetStore,
  type Jobs,
} from 'gvent/jobs'
import { startPostgres, withoutPostgres } from '../ecosystem/postgres-server.js'
import { startRedis, withoutRedis } from '../ecosystem/redis-server.js'

/** A store that runs. */
export interface StoreUnderTest {
  /** The store, for a program of its own: two calls are two programs. */
  readonly open: () => Promise<FleetStore>
  /** Returns the jobs of a name that are in the same place, for programs with those stores. */
  readonly jobs: (name: string) => (store: FleetStore) => Jobs
  readonly stop: () => Promise<void>
}

/** The stores, as the tests start them. */
export const stores: Readonly<
  Record<'memory' | 'redis' | 'postgres', { without: string | false; start: () => Promise<StoreUnderTest> }>
> = {
  memory: {
    without: false,
    start: () => {
      const store = memoryStore()
      return Promise.resolve({
        open: () => Promise.resolve(store),
        jobs: () => {
          const jobs = memoryJobs({ store })
          return () => jobs
        },
        stop: () => Promise.resolve(),
      })
    },
  },
  redis: {
    without: withoutRedis,
    start: async () => {
      const { port, stop } = await startRedis()
      const opened: (() => unknown)[] = []
      return {
        // Of two programs one has the one client, the other the other.
        open: async () => {
          const client = opened.length % 2 === 0 ? new Redis(port) : createClient({ url: `redis://127.0.0.1:${port}` })
          client.on('error', () => undefined)
          if (!(client instanceof Redis)) await client.connect()
          const store = redisStore(client)
          opened.push(async () => {
            await store.close()
            if (client instanceof Redis) client.disconnect()
            else client.destroy()
          })
          return store
        },
        jobs: (name) => (store) => {
          const client = new Redis(port)
          client.on('error', () => undefined)
          const jobs = redisJobs(client, { name, store })
          opened.push(async () => {
            await jobs.close()
            client.disconnect()
          })
          return jobs
        },
        stop: async () => {
          for (const close of opened) await close()
          await stop()
        },
      }
    },
  },
  postgres: {
    without: withoutPostgres,
    start: async () => {
      const server = await startPostgres()
      const opened: (() => unknown)[] = []
      return {
        open: () => {
          const pool = new pg.Pool({ host: '127.0.0.1', port: server.port, user: 'postgres', database: 'postgres' })
          pool.on('error', () => undefined)
          const store = postgresStore(pool)
          opened.push(async () => {
            await store.close()
            await pool.end()
          })
          return Promise.resolve(store)
        },
        jobs: (name) => (store) => {
          const pool = new pg.Pool({ host: '127.0.0.1', port: server.port, user: 'postgres', database: 'postgres' })
          pool.on('error', () => undefined)
          const jobs = postgresJobs(pool, { name, store })
          opened.push(async () => {
            await jobs.close()
            await pool.end()
          })
          return jobs
        },
        stop: async () => {
          for (const close of opened) await close()
          await server.stop()
        },
      }
    },
  },
}
