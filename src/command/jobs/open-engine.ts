import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import {
  bullDeadLetters,
  natsJobs,
  postgresJobs,
  rabbitmqJobs,
  redisJobs,
  sqliteJobs,
  type AmqpConnection,
  type BullQueue,
  type DeadLetters,
  type IoredisClient,
  type NatsConnection,
  type NodeRedisClient,
  type PostgresPool,
} from '../../jobs/index.js'
import { UsageError } from './options.js'

/** The dead letters of an engine, and what ends the connection to it. */
export interface OpenEngine {
  readonly dead: DeadLetters
  readonly close: () => Promise<unknown>
}

/**
 * Connects to an engine by the client that the project in the working directory has.
 *
 * @throws UsageError if there is no such engine, or no client for it.
 */
export async function openEngine(url: URL, name: string): Promise<OpenEngine> {
  const open = engines[url.protocol]
  if (open === undefined) {
    const known = Object.keys(engines).join(', ')
    throw new UsageError(`--engine: there is no engine ${url.protocol} (there are ${known})`)
  }
  return open(url, name)
}

const engines: Record<string, (url: URL, name: string) => Promise<OpenEngine>> = {
  'redis:': openRedis,
  'rediss:': openRedis,
  'postgres:': openPostgres,
  'postgresql:': openPostgres,
  'nats:': openNats,
  'amqp:': openRabbitmq,
  'amqps:': openRabbitmq,
  'bullmq:': openBullmq,
  'sqlite:': openSqlite,
}

async function openRedis({ href }: URL, name: string): Promise<OpenEngine> {
  const ioredis = await load<{
    Redis: new (url: string, options: object) => IoredisClient & { connect(): Promise<void> }
  }>('ioredis')
  if (ioredis !== undefined) {
    const client = new ioredis.Redis(href, { lazyConnect: true, maxRetriesPerRequest: 1, retryStrategy: () => null })
    client.on('error', () => undefined)
    await client.connect()
    return { dead: redisJobs(client, { name }).dead, close: () => Promise.resolve(client.disconnect()) }
  }
  const redis = await need<{ createClient: (options: object) => NodeRedisClient }>('redis', 'ioredis or redis')
  const client = redis.createClient({ url: href, socket: { reconnectStrategy: false } })
  client.on('error', () => undefined)
  await client.connect()
  return { dead: redisJobs(client, { name }).dead, close: () => Promise.resolve(client.destroy()) }
}

async function openPostgres({ href }: URL, name: string): Promise<OpenEngine> {
  type Pool = PostgresPool & { end(): Promise<void>; on(event: string, listener: () => void): void }
  const pg = await need<{ default: { Pool: new (options: object) => Pool } }>('pg')
  const pool = new pg.default.Pool({ connectionString: href })
  pool.on('error', () => undefined)
  return { dead: postgresJobs(pool, { name }).dead, close: () => pool.end() }
}

async function openNats(url: URL, name: string): Promise<OpenEngine> {
  type Connection = NatsConnection & { close(): Promise<void> }
  const nats = await need<{ connect: (options: object) => Promise<Connection> }>('nats')
  const { username, password, host } = url
  const user = username === '' ? {} : { user: decodeURIComponent(username), pass: decodeURIComponent(password) }
  const connection = await nats.connect({ servers: host, ...user })
  return { dead: natsJobs(connection, { name }).dead, close: () => connection.close() }
}

async function openRabbitmq({ href }: URL, name: string): Promise<OpenEngine> {
  const amqp = await need<{ connect: (url: string) => Promise<AmqpConnection> }>('amqplib')
  const jobs = rabbitmqJobs(() => amqp.connect(href), { name })
  return { dead: jobs.dead, close: async () => jobs.close() }
}

async function openBullmq(url: URL, name: string): Promise<OpenEngine> {
  type Queue = BullQueue & {
    close(): Promise<void>
    waitUntilReady(): Promise<unknown>
    on(event: string, listener: () => void): void
  }
  const bullmq = await need<{ Queue: new (name: string, options: object) => Queue }>('bullmq')
  const { hostname: host, port, username, password, pathname } = url
  const login =
    password === '' ? {} : { username: decodeURIComponent(username), password: decodeURIComponent(password) }
  const connection = { host, port: Number(port || 6379), db: Number(pathname.slice(1) || 0), ...login }
  const queue = new bullmq.Queue(name, { connection: { ...connection, retryStrategy: () => null } })
  queue.on('error', () => undefined)
  await queue.waitUntilReady()
  return { dead: bullDeadLetters(queue), close: () => queue.close() }
}

async function openSqlite({ pathname }: URL, name: string): Promise<OpenEngine> {
  const jobs = sqliteJobs(decodeURIComponent(pathname), { name })
  return Promise.resolve({ dead: jobs.dead, close: async () => jobs.close() })
}

/** Loads a package of the project in the working directory; `undefined` if that has none of this name. */
async function load<M>(name: string): Promise<M | undefined> {
  let path: string
  try {
    path = createRequire(join(process.cwd(), 'gvent.js')).resolve(name)
  } catch {
    return undefined
  }
  return (await import(pathToFileURL(path).href)) as M
}

async function need<M>(name: string, names = name): Promise<M> {
  const loaded = await load<M>(name)
  if (loaded === undefined) throw new UsageError(`this engine needs ${names} in ${process.cwd()}: npm install ${name}`)
  return loaded
}
