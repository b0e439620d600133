import { Redis } from 'ioredis'
import pg from 'pg'
import { postgresStore, redisStore, type FleetStore } from 'gvent/jobs'
import { startPostgres, withoutPostgres } from '../../ecosystem/postgres-server.js'
import { startRedis, withoutRedis } from '../../ecosystem/redis-server.js'
import type { ServerProgram } from '../../io/servers/server-program.js'

/** How a program reaches a store, and goes on when the connection was lost. */
export interface LockEngine {
  readonly without: string | false
  readonly start: () => Promise<ServerProgram>
  readonly open: (port: number) => Promise<FleetStore>
}

/** The lease of the lock, in milliseconds. */
export const LOCK_LEASE = 1000

/** The stores that are servers. */
export const lockEngines: Readonly<Record<'redis' | 'postgres', LockEngine>> = {
  redis: {
    without: withoutRedis,
    start: () => startRedis(true),
    open: (port) => {
      const client = new Redis(port, { maxRetriesPerRequest: null, retryStrategy: () => 50 })
      client.on('error', () => undefined)
      return Promise.resolve(redisStore(client))
    },
  },
  postgres: {
    without: withoutPostgres,
    start: startPostgres,
    open: (port) => {
      const pool = new pg.Pool({ host: '127.0.0.1', port, user: 'postgres', database: 'postgres', max: 5 })
      pool.on('error', () => undefined)
      return Promise.resolve(postgresStore(pool))
    },
  },
}
