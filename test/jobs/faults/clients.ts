import { rmSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import amqp from 'amqplib'
import { Queue as BullQueue, Worker, type ConnectionOptions } from 'bullmq'
import { Redis } from 'ioredis'
import { connect } from 'nats'
import pg from 'pg'
import { call, shield, suspend, withTimeout, type Coroutine, type Operation } from 'gvent'
import {
  bullDeadLetters,
  bullProcessor,
  consume,
  natsJobs,
  postgresJobs,
  rabbitmqJobs,
  redisJobs,
  sqliteJobs,
  type DeadLetters,
  type JobEvent,
  type JobWork,
  type Jobs,
} from 'gvent/jobs'
import { startPostgres, withoutPostgres } from '../../ecosystem/postgres-server.js'
import { startRedis, withoutRedis } from '../../ecosystem/redis-server.js'
import { freePort } from '../../io/servers/server-program.js'
import { startNats, withoutNats } from '../nats-server.js'
import { startRabbitmq, withoutRabbitmq } from '../rabbitmq-server.js'

/** How a program reaches an engine, and goes on when the connection was lost. */
export interface FaultEngine {
  readonly without: string | false
  readonly start: () => Promise<FaultServer>
  /** @param port that of the server; that which the server has if it is a file. */
  readonly open: (port: number, lease: number) => Promise<FaultClient>
  /** Whether a job that is added twice, since nobody knows whether the first time counted, is there once. */
  readonly isUnique: boolean
  /**
   * Whether jobs that ran beside one that kills its workers die with it. They are put back then, as somebody would who looks
   * at the dead letters.
   */
  readonly buriesBystanders?: true
  /** How long a worker is stopped, to lose what it has. */
  readonly stopFor: number
}

/** What has the jobs: without `restart` it is no server, and there is no connection to it. */
export interface FaultServer {
  readonly port: number
  readonly restart?: () => Promise<void>
  readonly stop: () => Promise<void>
}

/** What a program does with an engine. */
export interface FaultClient {
  readonly add: (data: unknown, id: string) => PromiseLike<unknown>
  readonly dead: DeadLetters
  /** Works until it is killed. */
  readonly work: (work: JobWork<unknown>, onEvent: (event: JobEvent) => void) => Operation<unknown>
  /** The ids of the jobs that are not done: those that can be seen. */
  readonly pending: () => Promise<string[]>
  readonly close: () => unknown
}

function clientOf(jobs: Jobs, close: () => unknown = () => jobs.close()): FaultClient {
  return {
    add: (data, id) => jobs.add(data, { id }),
    dead: jobs.dead,
    work: (work, onEvent) =>
      consume(jobs.source, work, { size: SIZE, grace: GRACE, retry: { attempts: ATTEMPTS }, onEvent }),
    pending: async () => {
      // What a worker has taken with it would come now.
      const taken = await withTimeout(2 * LEASE, () => jobs.source.take(1000), { value: [] })
      return taken.map(({ id }) => id)
    },
    close,
  }
}

const SIZE = 20
const GRACE = 200
const ATTEMPTS = 3
/** The lease of all of them, in milliseconds. */
export const LEASE = 1000

const name = 'faults'

/** The engines that several processes can share. */
export const faultEngines: Readonly<
  Record<'redis' | 'postgres' | 'nats' | 'rabbitmq' | 'sqlite' | 'bullmq', FaultEngine>
> = {
  redis: {
    without: withoutRedis,
    start: () => startRedis(true),
    open: (port, lease) => {
      const client = new Redis(port, { maxRetriesPerRequest: null, retryStrategy: () => 50 })
      client.on('error', () => undefined)
      const jobs = redisJobs(client, { name, lease })
      return Promise.resolve(
        clientOf(jobs, async () => {
          await jobs.close()
          client.disconnect()
        }),
      )
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
      return Promise.resolve(
        clientOf(jobs, async () => {
          await jobs.close()
          await pool.end()
        }),
      )
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
      return clientOf(natsJobs(connection, { name, lease }), () => connection.close())
    },
    isUnique: true,
    stopFor: 2500,
  },
  rabbitmq: {
    without: withoutRabbitmq,
    start: () => startRabbitmq(),
    open: (port, lease) => {
      const jobs = rabbitmqJobs(() => amqp.connect(`amqp://127.0.0.1:${port}?heartbeat=1`), { name, lease })
      return Promise.resolve(clientOf(jobs))
    },
    isUnique: false,
    stopFor: 6000,
  },
  sqlite: {
    without: isBuiltin('node:sqlite') ? false : 'this Node has no node:sqlite',
    start: async () => {
      // The number of a free port makes a name for the file.
      const port = await freePort()
      const stop = (): void => {
        for (const end of ['', '-wal', '-shm']) rmSync(fileOf(port) + end, { force: true })
      }
      return { port, stop: () => Promise.resolve(stop()) }
    },
    open: (port, lease) => Promise.resolve(clientOf(sqliteJobs(fileOf(port), { name, lease }))),
    isUnique: true,
    stopFor: 2500,
  },
  bullmq: {
    without: withoutRedis,
    start: () => startRedis(true),
    open: (port, lease) => {
      const connection = { host: '127.0.0.1', port, maxRetriesPerRequest: null, retryStrategy: () => 50 }
      const queue = new BullQueue(name, { connection })
      queue.on('error', () => undefined)
      const options = { removeOnComplete: { age: 600 }, attempts: ATTEMPTS, backoff: { type: 'fixed', delay: 100 } }
      return Promise.resolve({
        add: (data, id) => queue.add('job', data, { ...options, jobId: id }),
        dead: bullDeadLetters(queue),
        work: (work, onEvent) => call(() => workBullmq(connection, lease, work, onEvent)),
        pending: async () => {
          const jobs = await queue.getJobs(['waiting', 'active', 'delayed', 'prioritized'])
          return jobs.map(({ id }) => id!)
        },
        close: () => queue.close(),
      } satisfies FaultClient)
    },
    isUnique: true,
    buriesBystanders: true,
    stopFor: 4000,
  },
}

function fileOf(port: number): string {
  return join(tmpdir(), `gvent-faults-${port}.db`)
}

/** BullMQ has a loop of its own: what it does with jobs is told as `consume` does. */
function* workBullmq(
  connection: ConnectionOptions,
  lease: number,
  work: JobWork<unknown>,
  onEvent: (event: JobEvent) => void,
): Coroutine<void> {
  const processor = bullProcessor(
    function* (data, job) {
      const { id, attempt } = job
      onEvent({ type: 'started', id, attempt })
      let isOver = false
      try {
        yield* call(() => work(data, job))
        isOver = true
      } finally {
        if (!isOver) onEvent({ type: 'returned', id, attempt })
      }
    },
    { grace: GRACE },
  )
  // A job whose worker is gone comes again three times.
  const locks = { lockDuration: lease, stalledInterval: lease, maxStalledCount: ATTEMPTS }
  const worker = new Worker(name, processor, {
    connection,
    concurrency: SIZE,
    ...locks,
  })
  worker.on('lockRenewalFailed', processor.lost)
  worker.on('error', (error) => {
    onEvent({ type: 'trouble', during: 'take', id: undefined, error })
  })
  worker.on('completed', ({ id, attemptsMade }) => {
    onEvent({ type: 'done', id: id!, attempt: attemptsMade, value: undefined })
  })
  try {
    yield* suspend(() => undefined)
  } finally {
    yield* shield(function* () {
      yield worker.pause(true)
      yield* processor.stop()
      yield worker.close()
    })
  }
}
