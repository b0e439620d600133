import { until, withTimeout, type Coroutine } from '../../scheduler/index.js'
import { Batches, weigh } from '../batches.js'
import {
  EngineJobs,
  checkEngine,
  type Added,
  type Engine,
  type EngineOptions,
  type Held,
  type Letter,
} from '../engine.js'
import type { Jobs } from '../jobs.js'
import { receive } from '../receive.js'
import { RedisReader, checkRedis, runScript, type IoredisClient, type NodeRedisClient } from './redis-client.js'
import { scripts } from './redis-scripts.js'

/** Options of {@link redisJobs}. */
export type RedisJobsOptions = EngineOptions

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
  checkRedis(client, where, 'redisJobs')
  const settings = checkEngine(where, options)
  return new EngineJobs<T, Entry>(new RedisEngine(client, settings.name, settings.lease), settings)
}

/** A job as the scripts give it: its entry, how often that was delivered, and its fields. */
type Row = [entry: string, times: number, id: string, data: string, attempt: string]

/** A dead letter as the scripts give it. */
type Fields = [id: string, data: string, attempt: string, error: string, at: string]

interface Entry extends Held {
  readonly entry: string
  readonly times: number
}

class RedisEngine implements Engine<Entry> {
  private readonly keys: string[]
  private reader: RedisReader | undefined
  private readonly adding = new Batches<Added, unknown>(
    (jobs) =>
      this.run('add', ...jobs.flatMap(({ id, text, delay }) => [id, text, delay])) as Promise<readonly unknown[]>,
    ({ text }) => weigh(text),
  )
  private lastLook = -Infinity
  // What the last call of `take` has seen: the last entry, and in how many milliseconds the next job is due.
  private last = '0'
  private pause = 0

  constructor(
    private readonly client: IoredisClient | NodeRedisClient,
    name: string,
    private readonly lease: number,
  ) {
    // The braces keep the keys together in a cluster.
    this.keys = ['', ':later', ':ids', ':dead'].map((suffix) => `gvent:{${name}}${suffix}`)
  }

  add(jobs: readonly Added[]): Promise<unknown> {
    return this.adding.ask(jobs)
  }

  async remove(id: string): Promise<boolean> {
    return (await this.run('remove', id)) === 1
  }

  *take(max: number): Coroutine<Entry[]> {
    for (;;) {
      const entries = yield* receive(this, this.takeNow(max))
      if (entries.length > 0) return entries
      yield* this.waitForMore(this.last, Math.max(1, Math.min(this.pause, this.lease / 4, LOOK)))
    }
  }

  ack(entry: Entry): Promise<boolean> {
    return this.end('ack', entry)
  }

  giveBack(entry: Entry, attempt: number, delay: number): Promise<boolean> {
    return this.end('retry', entry, entry.text, attempt, delay)
  }

  bury(entry: Entry, error: string): Promise<boolean> {
    return this.end('discard', entry, entry.text, entry.attempt, error)
  }

  extend(entry: Entry): Promise<boolean> {
    return this.end('extend', entry)
  }

  async list(count: number): Promise<Letter[]> {
    return ((await this.run('list', count)) as Fields[]).map(letterOf)
  }

  async look(id: string): Promise<Letter | undefined> {
    return ((await this.run('look', id)) as Fields[]).map(letterOf)[0]
  }

  async putBack(id: string): Promise<boolean> {
    return (await this.run('putBack', id)) === 1
  }

  async drop(id: string): Promise<boolean> {
    return (await this.run('drop', id)) === 1
  }

  close(): void {
    this.closeReader()
  }

  private async takeNow(max: number): Promise<Entry[]> {
    const { lease } = this
    const looks = Date.now() - this.lastLook >= Math.min(lease / 4, LOOK)
    if (looks) this.lastLook = Date.now()
    const [rows, last = this.last, pause = 0] = (await this.run('take', max, looks ? lease : 0)) as
      [Row[]] | [Row[], string, number]
    this.last = last
    this.pause = pause < 0 ? Infinity : pause
    return rows.map(([entry, times, id, text, before]) => ({ entry, times, id, text, attempt: Number(before) + times }))
  }

  /** Waits until there is something behind the entry `last`. It takes nothing, so it can be left at any moment. */
  private *waitForMore(last: string, pause: number): Coroutine<void> {
    let isOver = false
    try {
      const reader = (this.reader ??= new RedisReader(this.client))
      const command = ['XREAD', 'COUNT', '1', 'BLOCK', String(Math.ceil(pause)), 'STREAMS', this.keys[0]!, last]
      // An engine that is gone without a word does not say that the time is over.
      yield* withTimeout(pause + 5000, () => until(reader.ask(command)))
      isOver = true
    } finally {
      if (!isOver) this.closeReader()
    }
  }

  private closeReader(): void {
    this.reader?.close()
    this.reader = undefined
  }

  /** Runs a script about a delivery, which finds out whether that is still the last one of its job. */
  private async end(
    script: keyof typeof scripts,
    { entry, times, id }: Entry,
    ...args: (string | number)[]
  ): Promise<boolean> {
    return (await this.run(script, entry, times, id, ...args)) === 1
  }

  private run(script: keyof typeof scripts, ...args: (string | number)[]): Promise<unknown> {
    return runScript(this.client, scripts[script], this.keys, args)
  }
}

function letterOf([id, text, attempt, error, at]: Fields): Letter {
  return { id, text, attempt: Number(attempt), error, at: Number(at) }
}
