import { Event, call, until, type Coroutine, type Operation } from '../../scheduler/index.js'
import { badArgument } from '../../scheduler/checks/bad-argument.js'
import { checkOptions, type OptionNames } from '../../scheduler/checks/check-options.js'
import { randomUUID } from 'node:crypto'
import { checkLease, checkName } from '../check-engine.js'
import type { Delivery } from '../delivery.js'
import { LeaseLost } from '../errors.js'
import type { AddOptions, DeadLetter, Jobs } from '../jobs.js'
import { LIMIT, checkAdd, decode, decodeLoosely, describeError, encode } from '../payload.js'
import { receive } from '../receive.js'

/** What is used of a `Pool` of the package `pg`. */
export interface PostgresPool {
  /** Runs a query on any of its connections. */
  query(text: string, values?: unknown[]): Promise<PostgresResult>
  /** Takes a connection out of it. */
  connect(): Promise<PostgresClient>
}

/** What is used of the answer of a query. */
export interface PostgresResult {
  /** The rows. */
  readonly rows: readonly unknown[]
  /** How many there are, or were changed. */
  readonly rowCount: number | null
}

/** What is used of a connection of the pool. */
export interface PostgresClient {
  /** Runs a query. */
  query(text: string, values?: unknown[]): Promise<PostgresResult>
  /** Listens for its end and for notifications. */
  on(event: string, listener: (...values: never[]) => void): unknown
  /** Gives it back to the pool, or closes it. */
  release(destroy?: boolean): void
}

/** Options of {@link postgresJobs}. */
export interface PostgresJobsOptions {
  /** Which jobs: those of one name are one queue; `'jobs'` by default. */
  name?: string | undefined
  /** The table, which is made when it is missing; `'gvent_jobs'` by default. It may have a schema before it. */
  table?: string | undefined
  /** How many milliseconds a job belongs to the worker that has it, unless the lease is extended; 30,000 by default. */
  lease?: number | undefined
  /** How many bytes the JSON of a job has at most; 1 MiB by default. */
  limit?: number | undefined
}

const optionNames: OptionNames = { own: ['name', 'table', 'lease', 'limit'] }
const addOptionNames: OptionNames = { own: ['id', 'delay'] }
/** How often is looked for jobs whose notification was lost, in milliseconds. */
const LOOK = 1000

/**
 * Jobs in a table of PostgreSQL, from version 12 on: added in the same database as the data they are about, taken by
 * `SELECT … FOR UPDATE SKIP LOCKED`, and announced by `NOTIFY`.
 *
 * ```ts
 * import pg from 'pg'
 * const jobs = postgresJobs<Order>(new pg.Pool(), { name: 'invoices' })
 * ```
 *
 * @param pool a `Pool` of the package `pg`. A worker that waits for jobs holds one of its connections.
 * @param options `name` of the queue; `table`; `lease` in milliseconds, 30,000 by default; `limit`: how many bytes the JSON
 *   of a job may have.
 */
export function postgresJobs<T = unknown>(pool: PostgresPool, options: PostgresJobsOptions = {}): Jobs<T> {
  const where = 'postgresJobs(pool, options)'
  if (typeof (Object(pool) as Partial<PostgresPool>).connect !== 'function') {
    throw badArgument(where, 'a pool of pg', pool, 'write postgresJobs(new pg.Pool())')
  }
  checkOptions(options, optionNames)
  const { name = 'jobs', table = 'gvent_jobs', lease = 30_000, limit = LIMIT } = options
  checkName(name, `${where}: { name }`)
  if (!/^([a-z_][a-z0-9_]*\.)?[a-z_][a-z0-9_]*$/.test(table)) {
    throw badArgument(`${where}: { table }`, 'the name of a table: small letters, digits and _', table)
  }
  checkLease(lease, `${where}: { lease }`)
  return new PostgresJobs<T>(pool, name, table, lease, limit)
}

interface Row {
  readonly id: string
  readonly data: string
  readonly attempt: number
  /** Grows with each change of hands: only the worker with the last one may say how the job ended. */
  readonly fence: string
  readonly error: string
  readonly died: Date
}

class PostgresJobs<T> implements Jobs<T> {
  readonly source: Jobs<T>['source']
  readonly dead: Jobs<T>['dead']
  private readonly announced = new Event()
  private readonly channel: string
  private prepared: Promise<unknown> | undefined
  private listener: Promise<PostgresClient> | undefined

  constructor(
    private readonly pool: PostgresPool,
    private readonly name: string,
    private readonly table: string,
    lease: number,
    private readonly limit: number,
  ) {
    this.channel = table.replace('.', '_')
    this.source = { lease, take: (max) => call(() => this.take(max)) }
    const letters = `SELECT id, data, attempt, error, died FROM ${table} WHERE name = $1 AND died IS NOT NULL`
    this.dead = {
      list: (count = 100) =>
        call(() =>
          this.query(`${letters} ORDER BY died, seq LIMIT $2`, count).then(({ rows }) => rows.map(letterOf<T>)),
        ),
      look: (id) => call(() => this.query(`${letters} AND id = $2`, id).then(({ rows }) => rows.map(letterOf<T>)[0])),
      putBack: (id) =>
        this.change(
          `UPDATE ${table} SET attempt = 0, due = clock_timestamp(), fence = fence + 1, error = NULL, died = NULL
           WHERE name = $1 AND id = $2 AND died IS NOT NULL RETURNING id`,
          id,
        ),
      drop: (id) =>
        this.change(`DELETE FROM ${table} WHERE name = $1 AND id = $2 AND died IS NOT NULL RETURNING id`, id),
    }
  }

  add(data: T, options: AddOptions = {}): Operation<string> {
    const { id = randomUUID(), delay } = checkAdd(options, addOptionNames)
    const text = encode(data, this.limit)
    return call(() =>
      this.announce(
        `INSERT INTO ${this.table} (name, id, data, due) VALUES ($1, $2, $3, ${later('$4')})
         ON CONFLICT (name, id) DO NOTHING RETURNING id`,
        id,
        text,
        delay,
      ).then(() => id),
    )
  }

  close(): Operation<void> {
    return call(() => this.stopListening())
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  private *take(max: number): Coroutine<Delivery<T>[]> {
    for (;;) {
      this.announced.clear()
      const deliveries = yield* this.takeNow(max)
      if (deliveries.length > 0) return deliveries
      if (this.listener === undefined) yield* until(this.listen())
      else yield* this.waitForMore()
    }
  }

  private *waitForMore(): Coroutine<void> {
    let isOver = false
    try {
      const { rows } = yield* until(
        this.query(
          `SELECT extract(epoch FROM min(due) - clock_timestamp()) * 1000 AS pause FROM ${this.table}
           WHERE name = $1 AND died IS NULL`,
        ),
      )
      const { pause } = rows[0] as { pause: string | null }
      yield* this.announced.wait({ timeout: Math.max(1, Math.min(LOOK, Number(pause ?? LOOK))) })
      isOver = true
    } finally {
      // Killed, or cut off: the connection is the pool's again.
      if (!isOver) void this.stopListening()
    }
  }

  private *takeNow(max: number): Coroutine<Delivery<T>[]> {
    const asked = this.query(
      `WITH next AS (
         SELECT name, id, due AS was FROM ${this.table}
         WHERE name = $1 AND died IS NULL AND due <= clock_timestamp()
         ORDER BY due, seq LIMIT $2 FOR UPDATE SKIP LOCKED
       ), taken AS (
         UPDATE ${this.table} AS jobs SET attempt = attempt + 1, fence = fence + 1, due = ${later('$3')}
         FROM next WHERE jobs.name = next.name AND jobs.id = next.id
         RETURNING jobs.id, jobs.data, jobs.attempt, jobs.fence, jobs.seq, next.was
       )
       SELECT id, data, attempt, fence FROM taken ORDER BY was, seq`,
      max,
      this.source.lease,
    )
    const { rows } = yield* receive(asked, (late) =>
      Promise.all((late.rows as Row[]).map((row) => this.giveBack(row, 0, row.attempt - 1))),
    )
    const deliveries: Delivery<T>[] = []
    for (const row of rows as Row[]) {
      const delivery = this.read(row)
      if (delivery !== undefined) deliveries.push(delivery)
    }
    return deliveries
  }

  /** @returns `undefined` for what nobody added by this package: it is dead at once. */
  private read(row: Row): Delivery<T> | undefined {
    const { id, attempt, fence } = row
    const mine = (set: string, ...values: unknown[]): Operation<void> => call(() => this.end(row, set, values))
    const bury = (error: unknown): Operation<void> =>
      mine('SET fence = fence + 1, error = $4, died = clock_timestamp()', describeError(error))
    let data: T
    try {
      data = decode(row.data, this.limit) as T
    } catch (error) {
      void bury(error).then(undefined, () => undefined)
      return undefined
    }
    return {
      id,
      data,
      attempt,
      ack: () =>
        call(async () => {
          const sql = `DELETE FROM ${this.table} WHERE name = $1 AND id = $2 AND fence = $3 AND died IS NULL`
          if ((await this.query(sql, id, fence)).rowCount !== 1) throw new LeaseLost(id)
        }),
      retry: (delay, error) => call(() => this.giveBack(row, delay, error === undefined ? attempt - 1 : attempt)),
      discard: bury,
      extend: () => mine(`SET due = ${later('$4')}`, this.source.lease),
    }
  }

  private giveBack(row: Row, delay: number, attempt: number): Promise<void> {
    return this.end(row, `SET fence = fence + 1, attempt = $5, due = ${later('$4')}`, [delay, attempt])
  }

  /** Changes a job that is ours. */
  private async end({ id, fence }: Row, set: string, values: unknown[]): Promise<void> {
    const sql = `UPDATE ${this.table} ${set} WHERE name = $1 AND id = $2 AND fence = $3 AND died IS NULL RETURNING id`
    if ((await this.announce(sql, id, fence, ...values)).rowCount !== 1) throw new LeaseLost(id)
  }

  private change(sql: string, id: string): Operation<boolean> {
    return call(() => this.announce(sql, id).then(({ rowCount }) => rowCount === 1))
  }

  /** Makes a change, and wakes the workers that wait. */
  private announce(sql: string, ...values: unknown[]): Promise<PostgresResult> {
    return this.query(`WITH changed AS (${sql}) SELECT pg_notify('${this.channel}', $1) FROM changed`, ...values)
  }

  private async query(sql: string, ...values: unknown[]): Promise<PostgresResult> {
    this.prepared ??= this.prepare()
    await this.prepared
    return this.pool.query(sql, [this.name, ...values])
  }

  private async prepare(): Promise<void> {
    const { table, channel, pool } = this
    try {
      // One transaction. Two that make the same table at the same time get in each other's way.
      await pool.query(`
        SELECT pg_advisory_xact_lock(hashtext('${table}'));
        CREATE TABLE IF NOT EXISTS ${table} (
          name text NOT NULL, id text NOT NULL, data text NOT NULL, attempt integer NOT NULL DEFAULT 0,
          due timestamptz NOT NULL, fence bigint NOT NULL DEFAULT 0, seq bigserial, error text, died timestamptz,
          PRIMARY KEY (name, id));
        CREATE INDEX IF NOT EXISTS ${channel}_due ON ${table} (name, due, seq) WHERE died IS NULL`)
    } catch (error) {
      this.prepared = undefined
      throw error
    }
  }

  private async listen(): Promise<void> {
    this.listener = this.pool.connect()
    const { listener } = this
    try {
      const client = await listener
      const lost = (): void => {
        if (this.listener === listener) void this.stopListening()
        this.announced.set()
      }
      client.on('notification', ({ payload }: { payload?: string }) => {
        if (payload === this.name) this.announced.set()
      })
      client.on('error', lost)
      client.on('end', lost)
      await client.query(`LISTEN ${this.channel}`)
    } catch (error) {
      void this.stopListening()
      throw error
    }
  }

  private async stopListening(): Promise<void> {
    const { listener } = this
    this.listener = undefined
    // A connection that listens is of no use to anybody else.
    await listener?.then(
      (client) => {
        client.release(true)
      },
      () => undefined,
    )
  }
}

/** So many milliseconds from now on, by the clock of the server. */
function later(parameter: string): string {
  return `clock_timestamp() + ${parameter}::float8 * interval '1 millisecond'`
}

function letterOf<T>(row: unknown): DeadLetter<T> {
  const { id, data, attempt, error, died } = row as Row
  return { id, data: decodeLoosely(data) as T, attempt, error, at: died }
}
