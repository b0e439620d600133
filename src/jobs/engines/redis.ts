import { createHash, randomUUID } from 'node:crypto'
import { badArgument } from '../../scheduler/checks/bad-argument.js'
import { checkOptions, type OptionNames } from '../../scheduler/checks/check-options.js'
import { call, until, withTimeout, type Coroutine, type Operation } from '../../scheduler/index.js'
import { checkLease, checkName } from '../check-engine.js'
import type { Delivery } from '../delivery.js'
import { LeaseLost } from '../errors.js'
import type { AddOptions, DeadLetter, Jobs } from '../jobs.js'
import { LIMIT, checkAdd, decode, decodeLoosely, describeError, encode } from '../payload.js'
import { receive } from '../receive.js'
import { scripts } from './redis-scripts.js'

/** What is used of a client of the package `ioredis`. */
export interface IoredisClient {
  /** Sends a command. */
  call(command: string, ...args: string[]): Promise<unknown>
  /** Makes another connection to the same server. */
  duplicate(): IoredisClient
  /** Listens for errors of the connection. */
  on(event: string, listener: (error: Error) => void): unknown
  /** Closes the connection. */
  disconnect(): void
}

/** What is used of a client of the package `redis`. */
export interface NodeRedisClient {
  /** Sends a command. */
  sendCommand(args: string[]): Promise<unknown>
  /** Makes another connection to the same server. */
  duplicate(): NodeRedisClient
  /** Opens the connection. */
  connect(): Promise<unknown>
  /** Listens for errors of the connection. */
  on(event: string, listener: (error: Error) => void): unknown
  /** Closes the connection. */
  destroy(): void
}

/** Options of {@link redisJobs}. */
export interface RedisJobsOptions {
  /** Which jobs: those of one name are one queue; `'jobs'` by default. */
  name?: string | undefined
  /** How many milliseconds a job belongs to the worker that has it, unless the lease is extended; 30,000 by default. */
  lease?: number | undefined
  /** How many bytes the JSON of a job has at most; 1 MiB by default. */
  limit?: number | undefined
}

const optionNames: OptionNames = { own: ['name', 'lease', 'limit'] }
const addOptionNames: OptionNames = { own: ['id', 'delay'] }
/** How often is looked for jobs that nobody announces, in milliseconds: those of dead workers. */
const LOOK = 1000

/**
 * Jobs in a stream of Redis, from version 6.2 on, with a consumer group. Keep it on disk (`appendonly yes`), and do not let
 * it evict keys.
 *
 * ```ts
 * import { Redis } from 'ioredis'
 * const jobs = redisJobs<Order>(new Redis(), { name: 'invoices' })
 * ```
 *
 * @param client of the package `ioredis`, or of `redis`, connected. A worker that waits for jobs opens a second connection
 *   like it.
 * @param options `name` of the queue; `lease` in milliseconds, 30,000 by default; `limit`: how many bytes the JSON of a job
 *   may have.
 */
export function redisJobs<T = unknown>(
  client: IoredisClient | NodeRedisClient,
  options: RedisJobsOptions = {},
): Jobs<T> {
  const where = 'redisJobs(client, options)'
  if (typeof (Object(client) as Partial<IoredisClient>).duplicate !== 'function') {
    throw badArgument(where, 'a client of ioredis or redis', client, 'write redisJobs(new Redis())')
  }
  checkOptions(options, optionNames)
  const { name = 'jobs', lease = 30_000, limit = LIMIT } = options
  checkName(name, `${where}: { name }`)
  checkLease(lease, `${where}: { lease }`)
  return new RedisJobs<T>(client, name, lease, limit)
}

/** A job as the scripts give it: its entry, how often that was delivered, and its fields. */
type Row = [entry: string, times: number, id: string, data: string, attempt: string]

/** A dead letter as the scripts give it. */
type Letter = [id: string, data: string, attempt: string, error: string, at: string]

class RedisJobs<T> implements Jobs<T> {
  readonly source: Jobs<T>['source']
  readonly dead: Jobs<T>['dead']
  private readonly keys: string[]
  private reader: IoredisClient | NodeRedisClient | undefined
  private lastLook = -Infinity

  constructor(
    private readonly client: IoredisClient | NodeRedisClient,
    name: string,
    lease: number,
    private readonly limit: number,
  ) {
    // The braces keep the keys together in a cluster.
    this.keys = ['', ':later', ':ids', ':dead'].map((suffix) => `gvent:{${name}}${suffix}`)
    this.source = { lease, take: (max) => call(() => this.take(max)) }
    this.dead = {
      list: (count = 100) =>
        call(() => this.run('list', count).then((letters) => (letters as Letter[]).map(letterOf<T>))),
      look: (id) => call(() => this.run('look', id).then((letters) => (letters as Letter[]).map(letterOf<T>)[0])),
      putBack: (id) => call(() => this.run('putBack', id).then((count) => count === 1)),
      drop: (id) => call(() => this.run('drop', id).then((count) => count === 1)),
    }
  }

  add(data: T, options: AddOptions = {}): Operation<string> {
    const { id = randomUUID(), delay } = checkAdd(options, addOptionNames)
    const text = encode(data, this.limit)
    return call(() => this.run('add', id, text, delay).then(() => id))
  }

  close(): Operation<void> {
    return call(() => {
      this.closeReader()
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  private *take(max: number): Coroutine<Delivery<T>[]> {
    for (;;) {
      const { lease } = this.source
      const looks = Date.now() - this.lastLook >= Math.min(lease / 4, LOOK)
      if (looks) this.lastLook = Date.now()
      const asked = this.run('take', max, looks ? lease : 0) as Promise<[Row[], string, number]>
      const [rows, last, pause] = yield* receive(asked, ([late]) => Promise.all(late.map((row) => this.giveBack(row))))
      const deliveries = rows.map((row) => this.read(row)).filter((delivery) => delivery !== undefined)
      if (deliveries.length > 0) return deliveries
      yield* this.waitForMore(last, Math.max(1, Math.min(pause < 0 ? LOOK : pause, lease / 4, LOOK)))
    }
  }

  /** Waits until there is something behind the entry `last`. It takes nothing, so it can be left at any moment. */
  private *waitForMore(last: string, pause: number): Coroutine<void> {
    let isOver = false
    try {
      const reader = yield* until(this.openReader())
      const command = ['XREAD', 'COUNT', '1', 'BLOCK', String(Math.ceil(pause)), 'STREAMS', this.keys[0]!, last]
      // An engine that is gone without a word does not say that the time is over.
      yield* withTimeout(pause + 5000, () => until(send(reader, command)))
      isOver = true
    } finally {
      if (!isOver) this.closeReader()
    }
  }

  private async openReader(): Promise<IoredisClient | NodeRedisClient> {
    if (this.reader === undefined) {
      const reader = (this.reader = this.client.duplicate())
      // What fails fails for the one who waits, too.
      reader.on('error', () => undefined)
      if (!isIoredis(reader)) await reader.connect()
    }
    return this.reader
  }

  private closeReader(): void {
    const { reader } = this
    this.reader = undefined
    if (reader === undefined) return
    if (isIoredis(reader)) reader.disconnect()
    else reader.destroy()
  }

  /** @returns `undefined` for what nobody added by this package: it is dead at once. */
  private read(row: Row): Delivery<T> | undefined {
    const [, times, id, text, before] = row
    const attempt = Number(before) + times
    const discard = (error: unknown): Operation<void> => this.end('discard', row, text, attempt, describeError(error))
    let data: T
    try {
      data = decode(text, this.limit) as T
    } catch (error) {
      void discard(error).then(undefined, () => undefined)
      return undefined
    }
    return {
      id,
      data,
      attempt,
      ack: () => this.end('ack', row),
      retry: (delay, error) => this.end('retry', row, text, error === undefined ? attempt - 1 : attempt, delay),
      discard,
      extend: () => this.end('extend', row),
    }
  }

  private async giveBack(row: Row): Promise<void> {
    const [, times, , text, before] = row
    await this.end('retry', row, text, Number(before) + times - 1, 0)
  }

  /** Runs a script about a delivery, which finds out whether that is still the last one of its job. */
  private end(script: keyof typeof scripts, [entry, times, id]: Row, ...args: (string | number)[]): Operation<void> {
    return call(async () => {
      if ((await this.run(script, entry, times, id, ...args)) !== 1) throw new LeaseLost(id)
    })
  }

  private async run(script: keyof typeof scripts, ...args: (string | number)[]): Promise<unknown> {
    const { text, digest } = prepared(script)
    const rest = [String(this.keys.length), ...this.keys, ...args.map(String)]
    try {
      return await send(this.client, ['EVALSHA', digest, ...rest])
    } catch (error) {
      if (!String(error).includes('NOSCRIPT')) throw error
      return send(this.client, ['EVAL', text, ...rest])
    }
  }
}

const digests = new Map<string, { text: string; digest: string }>()

function prepared(script: keyof typeof scripts): { text: string; digest: string } {
  let known = digests.get(script)
  if (known === undefined) {
    const text = scripts[script]
    known = { text, digest: createHash('sha1').update(text).digest('hex') }
    digests.set(script, known)
  }
  return known
}

function isIoredis(client: IoredisClient | NodeRedisClient): client is IoredisClient {
  return typeof (client as Partial<IoredisClient>).call === 'function'
}

function send(client: IoredisClient | NodeRedisClient, [command, ...args]: string[]): Promise<unknown> {
  return isIoredis(client) ? client.call(command!, ...args) : client.sendCommand([command!, ...args])
}

function letterOf<T>([id, data, attempt, error, at]: Letter): DeadLetter<T> {
  return { id, data: decodeLoosely(data) as T, attempt: Number(attempt), error, at: new Date(Number(at)) }
}
