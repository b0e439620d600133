import { call, type Operation } from '../../scheduler/index.js'
import {
  RedisReader,
  checkRedis,
  runScript,
  type IoredisClient,
  type NodeRedisClient,
} from '../engines/redis-client.js'
import { RedisRecords } from '../remote/redis-records.js'
import { storeScripts } from './redis-store-scripts.js'
import type { Bucket, FleetStore, Standing, StoreCalls } from './store.js'

/** How long the server lets one call wait for news, in milliseconds. */
const WAIT = 1000

/**
 * A store in Redis, from version 6.2 on. Keep it on disk (`appendonly yes`): a Redis that forgets what it has said gives a
 * fencing number twice.
 *
 * ```ts
 * import { Redis } from 'ioredis'
 * const store = redisStore(new Redis())
 * ```
 *
 * @param client of the package `ioredis`, or of `redis`, connected. As long as anybody waits, there is a second connection
 *   like it.
 */
export function redisStore(client: IoredisClient | NodeRedisClient): FleetStore {
  checkRedis(client, 'redisStore(client)', 'redisStore')
  return new RedisStore(client)
}

class RedisStore implements FleetStore, StoreCalls {
  private readonly watchers = new Map<string, (fence?: number) => void>()
  private reader: RedisReader | undefined
  private isReading = false
  // The entry after which it reads.
  private last = '$'

  readonly records: RedisRecords

  constructor(private readonly client: IoredisClient | NodeRedisClient) {
    this.records = new RedisRecords(client, NEWS)
  }

  get calls(): StoreCalls {
    return this
  }

  async enter(name: string, id: string, places: number, lease: number): Promise<Standing> {
    const [fence, pause, now] = (await this.run('enter', name, id, places, lease)) as [number, number, now?: number]
    // The news that come before it reads for the first time are for those who are in line by now.
    if (now !== undefined && !this.isReading) this.last = `${now - 1}-0`
    return { fence, pause }
  }

  async extend(name: string, id: string, lease: number): Promise<boolean> {
    return (await this.run('extend', name, id, lease)) === 1
  }

  async leave(name: string, id: string, places: number): Promise<boolean> {
    return (await this.run('leave', name, id, places)) === 1
  }

  async take(name: string, id: string, { interval, capacity, tokens }: Bucket, patience: number): Promise<number> {
    return Number(await this.run('take', name, id, interval, capacity, tokens, patience))
  }

  putBack(name: string, id: string, { interval, capacity, tokens }: Bucket): Promise<unknown> {
    return this.run('putBack', name, id, interval, capacity, tokens)
  }

  isWatching(): boolean {
    return this.isReading
  }

  watch(id: string, wake: (fence?: number) => void): () => void {
    this.watchers.set(id, wake)
    if (!this.isReading) void this.read()
    return () => this.watchers.delete(id)
  }

  close(): Operation<void> {
    return call(() => {
      this.watchers.clear()
      this.closeReader()
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  private run(script: keyof typeof storeScripts, name: string, ...args: (string | number)[]): Promise<unknown> {
    const isLimiter = script === 'take' || script === 'putBack'
    const parts = isLimiter ? ['taken'] : ['held', 'fences']
    const own = ['line', 'kept', 'numbers'].map((part) => keyOf(isLimiter, name, part))
    const keys = [...own, NEWS, ...parts.map((part) => keyOf(isLimiter, name, part))]
    return runScript(this.client, storeScripts[script], keys, args)
  }

  /** Reads the news as long as anybody waits for some. What is missed is noticed by those who wait. */
  private async read(): Promise<void> {
    this.isReading = true
    for (let { last } = this; this.watchers.size > 0;) {
      try {
        this.reader ??= new RedisReader(this.client)
        const command = ['XREAD', 'COUNT', '1000', 'BLOCK', String(WAIT), 'STREAMS', NEWS, last]
        for (const [entry, [, id, , fence]] of entriesOf(await this.reader.ask(command))) {
          last = entry
          this.watchers.get(id)?.(fence === undefined ? fence : Number(fence))
        }
      } catch {
        this.closeReader()
        await new Promise((resolve) => setTimeout(resolve, WAIT / 10))
      }
    }
    this.closeReader()
    this.isReading = false
    this.last = '$'
  }

  private closeReader(): void {
    this.reader?.close()
    this.reader = undefined
  }
}

// The braces keep all keys together in a cluster.
const NEWS = 'gvent:{fleet}:news'

function keyOf(isLimiter: boolean, name: string, part: string): string {
  return `gvent:{fleet}:${isLimiter ? 'limiter' : 'semaphore'}:${name}:${part}`
}

type Entry = [entry: string, fields: ['id', id: string, 'fence'?, fence?: string]]

/** The entries of one stream. Clients differ in how they give an answer that has a name and a value. */
function entriesOf(answer: unknown): Entry[] {
  if (answer === null || answer === undefined) return []
  if (Array.isArray(answer)) {
    const [first, second] = answer as [string | [string, Entry[]], Entry[]]
    return typeof first === 'string' ? second : first[1]
  }
  if (answer instanceof Map) return Array.from((answer as Map<string, Entry[]>).values())[0] ?? []
  return Object.values(answer as Record<string, Entry[]>)[0] ?? []
}
