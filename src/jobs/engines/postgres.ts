import { Event, until, type Coroutine } from '../../scheduler/index.js'
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
import { PostgresListener } from './postgres-listener.js'
import { channelOf, checkPool, checkTable, type PostgresPool, type PostgresResult } from './postgres-pool.js'
import { PostgresTables, later } from './postgres-tables.js'

/** Options of {@link postgresJobs}. */
export interface PostgresJobsOptions extends EngineOptions {
  /** The table, which is made when it is missing; `'gvent_jobs'` by default. It may have a schema before it. */
  table?: string | undefined
}

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
  checkPool(pool, where)
  const settings = checkEngine(where, options, ['name', 'table', 'lease', 'limit', 'store'])
  const { table = 'gvent_jobs' } = options
  checkTable(table, `${where}: { table }`)
  return new EngineJobs<T, Row>(new PostgresEngine(pool, settings.name, table, settings.lease), settings)
}

interface Row extends Held {
  /** Grows with each change of hands: only the worker with the last one may say how the job ended. */
  readonly fence: string
}

class PostgresEngine implements Engine<Row> {
  private readonly announced = new Event()
  private readonly tables: PostgresTables
  private readonly listener: PostgresListener
  private readonly adding = new Batches<Added, unknown>(
    (jobs) => this.addNow(jobs),
    ({ text }) => weigh(text),
  )
  private readonly done = new Batches<Row, boolean>(
    (rows) => this.deleteAll(rows),
    () => weigh(),
  )

  constructor(
    pool: PostgresPool,
    private readonly name: string,
    private readonly table: string,
    private readonly lease: number,
  ) {
    const { announced } = this
    this.listener = new PostgresListener(pool, channelOf(table), {
      notified: (payload) => {
        if (payload === name) announced.set()
      },
      lost: () => announced.set(),
    })
    this.tables = new PostgresTables(
      pool,
      table,
      `CREATE TABLE IF NOT EXISTS ${table} (
         name text NOT NULL, id text NOT NULL, data text NOT NULL, attempt integer NOT NULL DEFAULT 0,
         due timestamptz NOT NULL, held boolean NOT NULL DEFAULT false, fence bigint NOT NULL DEFAULT 0, seq bigserial,
         error text, died timestamptz, PRIMARY KEY (name, id));
       CREATE INDEX IF NOT EXISTS ${channelOf(table)}_due ON ${table} (name, due, seq) WHERE died IS NULL`,
    )
  }

  add(jobs: readonly Added[]): Promise<unknown> {
    return this.adding.ask(jobs)
  }

  remove(id: string): Promise<boolean> {
    return this.change('DELETE FROM', 'WHERE name = $1 AND id = $2 AND died IS NULL AND NOT held', id)
  }

  *take(max: number): Coroutine<Row[]> {
    const { listener, announced } = this
    let isOver = false
    try {
      for (;;) {
        announced.clear()
        const rows = yield* receive(this, this.takeNow(max))
        isOver = rows.length > 0
        if (isOver) return rows
        if (listener.isListening) yield* this.waitForMore()
        else yield* until(listener.listen())
      }
    } finally {
      // Killed, or cut off: the connection is the pool's again.
      if (!isOver) void listener.stop()
    }
  }

  async ack(row: Row): Promise<boolean> {
    return (await this.done.ask([row]))[0]!
  }

  giveBack(row: Row, attempt: number, delay: number): Promise<boolean> {
    return this.end(row, `held = false, fence = fence + 1, attempt = $4, due = ${later('$5')}`, attempt, delay)
  }

  bury(row: Row, error: string): Promise<boolean> {
    return this.end(row, 'held = false, fence = fence + 1, error = $4, died = clock_timestamp()', error)
  }

  extend(row: Row): Promise<boolean> {
    return this.end(row, `due = ${later('$4')}`, this.lease)
  }

  list(count: number): Promise<readonly Letter[]> {
    return this.letters('TRUE ORDER BY died, seq LIMIT $2', count)
  }

  look(id: string): Promise<Letter | undefined> {
    return this.letters('id = $2', id).then(([letter]) => letter)
  }

  putBack(id: string): Promise<boolean> {
    const set = 'SET attempt = 0, due = clock_timestamp(), error = NULL, died = NULL'
    return this.change('UPDATE', `${set} WHERE name = $1 AND id = $2 AND died IS NOT NULL`, id)
  }

  drop(id: string): Promise<boolean> {
    return this.change('DELETE FROM', 'WHERE name = $1 AND id = $2 AND died IS NOT NULL', id)
  }

  close(): Promise<void> {
    return this.listener.stop()
  }

  private async addNow(jobs: readonly Added[]): Promise<readonly unknown[]> {
    const rows = `(name, id, data, due) SELECT $1, id, data, ${later('delay')}
      FROM unnest($2::text[], $3::text[], $4::float8[]) WITH ORDINALITY AS job (id, data, delay, place) ORDER BY place
      ON CONFLICT (name, id) DO NOTHING`
    const columns = [jobs.map(({ id }) => id), jobs.map(({ text }) => text), jobs.map(({ delay }) => delay)]
    await this.change('INSERT INTO', rows, ...columns)
    return []
  }

  private async deleteAll(rows: readonly Row[]): Promise<readonly boolean[]> {
    const { rows: deleted } = await this.query(
      `DELETE FROM ${this.table} WHERE name = $1 AND died IS NULL
       AND (id, fence) IN (SELECT * FROM unnest($2::text[], $3::bigint[])) RETURNING id, fence`,
      rows.map(({ id }) => id),
      rows.map(({ fence }) => fence),
    )
    const fences = new Map((deleted as Row[]).map(({ id, fence }) => [id, fence]))
    return rows.map(({ id, fence }) => fences.get(id) === fence)
  }

  private *waitForMore(): Coroutine<void> {
    const { rows } = yield* until(
      this.query(
        `SELECT extract(epoch FROM min(due) - clock_timestamp()) * 1000 AS pause FROM ${this.table}
         WHERE name = $1 AND died IS NULL`,
      ),
    )
    const { pause } = rows[0] as { pause: string | null }
    yield* this.announced.wait({ timeout: Math.max(1, Math.min(LOOK, Number(pause ?? LOOK))) })
  }

  private takeNow(max: number): Promise<Row[]> {
    const sql = `
      WITH next AS (
        SELECT name, id, due AS was FROM ${this.table}
        WHERE name = $1 AND died IS NULL AND due <= clock_timestamp()
        ORDER BY due, seq LIMIT $2 FOR UPDATE SKIP LOCKED
      ), taken AS (
        UPDATE ${this.table} AS jobs
        SET attempt = attempt + 1, held = true, fence = fence + 1, due = ${later('$3')}
        FROM next WHERE jobs.name = next.name AND jobs.id = next.id
        RETURNING jobs.id, jobs.data, jobs.attempt, jobs.fence, jobs.seq, next.was
      )
      SELECT id, data AS text, attempt, fence FROM taken ORDER BY was, seq`
    return this.query(sql, max, this.lease).then(({ rows }) => rows as Row[])
  }

  private letters(which: string, value: unknown): Promise<readonly Letter[]> {
    const sql = `SELECT id, data AS text, attempt, error, died AS at FROM ${this.table}
      WHERE name = $1 AND died IS NOT NULL AND ${which}`
    return this.query(sql, value).then(({ rows }) => rows as Letter[])
  }

  /** Changes a job that is ours. */
  private end({ id, fence }: Row, set: string, ...values: unknown[]): Promise<boolean> {
    const where = 'WHERE name = $1 AND id = $2 AND fence = $3 AND died IS NULL'
    return this.change('UPDATE', `SET ${set} ${where}`, id, fence, ...values)
  }

  /** Makes a change, of however many rows, and wakes the workers that wait, once. @returns whether anything was changed. */
  private async change(what: string, how: string, ...values: unknown[]): Promise<boolean> {
    const announcing = `WITH changed AS (${what} ${this.table} ${how} RETURNING id)
      SELECT pg_notify('${channelOf(this.table)}', $1) FROM changed LIMIT 1`
    return (await this.query(announcing, ...values)).rowCount! > 0
  }

  private query(sql: string, ...values: unknown[]): Promise<PostgresResult> {
    return this.tables.query(sql, [this.name, ...values])
  }
}
