import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import {
  bullDeadLetters,
  natsJobs,
  postgresJobs,
  postgresStore,
  rabbitmqJobs,
  redisJobs,
  redisStore,
  sqliteJobs,
  type AmqpConnection,
  type BullQueue,
  type DeadLetters,
  type FleetStore,
  type IoredisClient,
  type Jobs,
  type NatsConnection,
  type NodeRedisClient,
  type PostgresPool,
} from '../../jobs/index.js'
import { UsageError } from '../usage-error.js'

/** An engine to which a command is connected. */
export interface OpenEngine {
  /**
   * The jobs of a queue.
   *
   * @throws UsageError where the engine takes its jobs itself.
   */
  jobs<T>(name: string): Jobs<T>
  dead(name: string): DeadLetters
  /** Keeps the locks and limits of the fleet; `undefined` for an engine that cannot. */
  readonly store: FleetStore | undefined
  close(): Promise<unknown>
}

/** Settings for opening an engine. */
export interface OpenOptions {
  /**
   * Whether a connection that breaks is made again, and the engine has its store, so that jobs can be cancelled and their
   * outcomes read: for programs that run for long.
   */
  readonly lasts?: boolean
  /** The lease of its jobs in milliseconds. */
  readonly lease?: number | undefined
}

/**
 * Connects to an engine by the client that the project in the working directory has.
 *
 * @throws UsageError if there is no such engine, or no client for it; the error of the client if it cannot be reached.
 */
export async function openEngine(url: URL, options: OpenOptions = {}): Promise<OpenEngine> {
  const open = engines[url.protocol]
  if (open === undefined) {
    const known = Object.keys(engines).join(', ')
    throw new UsageError(`--engine: there is no engine ${url.protocol} (there are ${known})`)
  }
  return open(url, options)
}

type Open = (url: URL, options: OpenOptions) => Promise<OpenEngine>

const engines: Record<string, Open> = {
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

/** An engine of whose queues each is made once. */
function engineOf(
  make: (name: string, store: () => FleetStore) => Jobs<never>,
  close: () => unknown,
  store?: () => FleetStore,
): OpenEngine {
  let kept: FleetStore | undefined
  const keep = (): FleetStore | undefined => (kept ??= store?.())
  const opened = new Map<string, Jobs<never>>()
  const jobs = (name: string): Jobs<never> => {
    const found = opened.get(name) ?? make(name, () => keep()!)
    opened.set(name, found)
    return found
  }
  return {
    jobs: <T>(name: string): Jobs<T> => jobs(name),
    dead: (name) => jobs(name).dead,
    get store() {
      return keep()
    },
    close: async () => {
      for (const each of opened.values()) await each.close()
      await kept?.close()
      await close()
    },
  }
}

async function openRedis({ href }: URL, { lasts = false, lease }: OpenOptions): Promise<OpenEngine> {
  let isOpen = false
  const pause = (tries: number): number | undefined => (lasts && isOpen ? Math.min(tries * 50, 2000) : undefined)
  const withClient = (client: IoredisClient | NodeRedisClient, close: () => unknown): OpenEngine => {
    isOpen = true
    return engineOf(
      (name, store) => redisJobs(client, { name, lease, ...(lasts && { store: store() }) }),
      close,
      () => redisStore(client),
    )
  }
  const ioredis = await load<{
    Redis: new (url: string, options: object) => IoredisClient & { connect(): Promise<void> }
  }>('ioredis')
  if (ioredis !== undefined) {
    const retryStrategy = (tries: number): number | null => pause(tries) ?? null
    const client = new ioredis.Redis(href, { lazyConnect: true, maxRetriesPerRequest: 1, retryStrategy })
    client.on('error', () => undefined)
    await client.connect()
    return withClient(client, () => client.disconnect())
  }
  const redis = await need<{ createClient: (options: object) => NodeRedisClient }>('redis', 'ioredis or redis')
  const reconnectStrategy = (tries: number): number | false => pause(tries) ?? false
  const client = redis.createClient({ url: href, socket: { reconnectStrategy } })
  client.on('error', () => undefined)
  await client.connect()
  return withClient(client, () => client.destroy())
}

async function openPostgres({ href }: URL, { lasts = false, lease }: OpenOptions): Promise<OpenEngine> {
  type Pool = PostgresPool & { end(): Promise<void>; on(event: string, listener: () => void): void }
  const pg = await need<{ default: { Pool: new (options: object) => Pool } }>('pg')
  const pool = new pg.default.Pool({ connectionString: href })
  pool.on('error', () => undefined)
  await pool.query('SELECT 1')
  return engineOf(
    (name, store) => postgresJobs(pool, { name, lease, ...(lasts && { store: store() }) }),
    () => pool.end(),
    () => postgresStore(pool),
  )
}

async function openNats(url: URL, { lasts = false, lease }: OpenOptions): Promise<OpenEngine> {
  type Connection = NatsConnection & { close(): Promise<void> }
  const nats = await need<{ connect: (options: object) => Promise<Connection> }>('nats')
  const { username, password, host } = url
  const user = username === '' ? {} : { user: decodeURIComponent(username), pass: decodeURIComponent(password) }
  const connection = await nats.connect({ servers: host, ...user, ...(lasts && { maxReconnectAttempts: -1 }) })
  return engineOf(
    (name) => natsJobs(connection, { name, lease }),
    () => connection.close(),
  )
}

async function openRabbitmq({ href }: URL, { lease }: OpenOptions): Promise<OpenEngine> {
  const amqp = await need<{ connect: (url: string) => Promise<AmqpConnection & { close(): Promise<void> }> }>('amqplib')
  // The queues connect by themselves, again and again.
  await (await amqp.connect(href)).close()
  return engineOf(
    (name) => rabbitmqJobs(() => amqp.connect(href), { name, lease }),
    () => undefined,
  )
}

async function openBullmq(url: URL): Promise<OpenEngine> {
  type Queue = BullQueue & {
    close(): Promise<void>
    on(event: string, listener: () => void): void
  }
  const bullmq = await need<{ Queue: new (name: string, options: object) => Queue }>('bullmq')
  const { hostname: host, port, username, password, pathname } = url
  const login =
    password === '' ? {} : { username: decodeURIComponent(username), password: decodeURIComponent(password) }
  const connection = { host, port: Number(port || 6379), db: Number(pathname.slice(1) || 0), ...login }
  const opened: Queue[] = []
  const queue = (name: string): Queue => {
    const made = new bullmq.Queue(name, { connection: { ...connection, retryStrategy: () => null } })
    made.on('error', () => undefined)
    opened.push(made)
    return made
  }
  return {
    jobs: () => {
      throw new UsageError('BullMQ takes its jobs itself: write new Worker(name, bullProcessor(work), { connection })')
    },
    dead: (name) => bullDeadLetters(queue(name)),
    store: undefined,
    close: () => Promise.all(opened.map((each) => each.close())),
  }
}

async function openSqlite({ pathname }: URL, { lease }: OpenOptions): Promise<OpenEngine> {
  // `sqlite:///C:/jobs.db` of Windows.
  const path = decodeURIComponent(pathname).replace(/^\/(?=[A-Za-z]:)/, '')
  return Promise.resolve(
    engineOf(
      (name) => sqliteJobs(path, { name, lease }),
      () => undefined,
    ),
  )
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
