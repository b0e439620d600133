import amqp from 'amqplib'
import { Redis } from 'ioredis'
import { connect } from 'nats'
import pg from 'pg'
import { natsJobs, postgresJobs, rabbitmqJobs, redisJobs, type Jobs } from 'gvent/jobs'
import { startPostgres, withoutPostgres } from '../../ecosystem/postgres-server.js'
import { startRedis, withoutRedis } from '../../ecosystem/redis-server.js'
import type { ServerProgram } from '../../io/servers/server-program.js'
import { startNats, withoutNats } from '../nats-server.js'
import { startRabbitmq, withoutRabbitmq } from '../rabbitmq-server.js'

/** How a program reaches an engine, and goes on when the connection was lost. */
export interface FaultEngine {
  readonly without: string | false
  readonly start: () => Promise<ServerProgram>
  readonly open: (port: number, lease: number) => Promise<{ jobs: Jobs; close: () => unknown }>
  /** Whether a job that is added twice, since nobody knows whether the first time counted, is there once. */
  readonly isUnique: boolean
  /** How long a worker is stopped, to lose what it has. */
  readonly stopFor: number
}

/** The lease of all of them, in milliseconds. */
export const LEASE = 1000

const name = 'faults'

/** The engines that are servers. */
export const faultEngines: Readonly<Record<'redis' | 'postgres' | 'nats' | 'rabbitmq', FaultEngine>> = {
  redis: {
    without: withoutRedis,
    start: () => startRedis(true),
    open: (port, lease) => {
      const client = new Redis(port, { maxRetriesPerRequest: null, retryStrategy: () => 50 })
      client.on('error', () => undefined)
      const jobs = redisJobs(client, { name, lease })
      return Promise.resolve({
        jobs,
        close: async () => {
          await jobs.close()
          client.disconnect()
        },
      })
    },
    isUnique: true,
    stopFor: 2500,
  },
  postgres: {
    without: withoutPostgres,
    start: () => startPostgres(),
    open: (port, lease) => {
      const pool = new pg.Pool({ host: '127.0.0.1', port, user: 'postgres', database: 'postgres', max: 20 })
      pool.on('error', () => undefined)
      const jobs = postgresJobs(pool, { name, lease })
      return Promise.resolve({
        jobs,
        close: async () => {
          await jobs.close()
          await pool.end()
        },
      })
    },
    isUnique: true,
    stopFor: 2500,
  },
  nats: {
    without: withoutNats,
    start: () => startNats(),
    open: async (port, lease) => {
      const connection = await connect({
        port,
        maxReconnectAttempts: -1,
        reconnectTimeWait: 50,
        waitOnFirstConnect: true,
        pingInterval: 1000,
      })
      return { jobs: natsJobs(connection, { name, lease }), close: () => connection.close() }
    },
    isUnique: true,
    stopFor: 2500,
  },
  rabbitmq: {
    without: withoutRabbitmq,
    start: () => startRabbitmq(),
    open: (port, lease) => {
      const jobs = rabbitmqJobs(() => amqp.connect(`amqp://127.0.0.1:${port}?heartbeat=1`), { name, lease })
      return Promise.resolve({ jobs, close: () => jobs.close() })
    },
    isUnique: false,
    stopFor: 6000,
  },
}
