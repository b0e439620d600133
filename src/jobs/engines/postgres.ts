import { Event, until, type Coroutine } from '../../scheduler/index.js'
import { EngineJobs, checkEngine, type Engine, type EngineOptions, type Held, type Letter } from '../engine.js'
import type { Jobs } from '../jobs.js'
import { receive } from '../receive.js'
import { PostgresListener } from './postgres-listener.js'
import { channelOf, checkPool, checkTable, type PostgresPool, type PostgresResult } from './postgres-pool.js'

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
  private readonly channel: string
  private prepared: Promise<unknown> | undefined
  private readonly listener: PostgresListener

  constructor(
    private readonly pool: PostgresPool,
    private readonly name: string,
    private readonly table: string,
    private readonly lease: number,
  ) {
    this.channel = channelOf(table)
    this.listener = new PostgresListener(pool, this.channel, {
      notified: (payload) => {
        if (payload === name) this.announced.set()
      },
      lost: () => this.announced.set(),
    })
  }

  add(id: string, text: string, delay: number): Promise<unknown> {
    const sql = `INSERT INTO ${this.table} (name, id, data, due) VALUES ($1, $2, $3, ${later('$4')})
      ON CONFLICT (name, id) DO NOTHING RETURNING id`
    return this.change(sql, id, text, delay)
  }

  *take(max: number): Coroutine<Row[]> {
    let isOver = false
    try {
      for (;;) {
        this.announced.clear()
        const rows = yield* receive(this, this.takeNow(max))
        isOver = rows.length > 0
        if (isOver) return rows
        if (!this.listener.isListening) yield* until(this.listener.listen())
        else yield* this.waitForMore()
      }
    } finally {
      // Killed, or cut off: the connection is the pool's again.
      if (!isOver) void this.listener.stop()
    }
  }

  ack({ id, fence }: Row): Promise<boolean> {
    const sql = `DELETE FROM ${this.table} WHERE name = $1 AND id = $2 AND fence = $3 AND died IS NULL`
    return this.query(sql, id, fence).then(({ rowCount }) => rowCount === 1)
  }

  giveBack(row: Row, attempt: number, delay: number): Promise<boolean> {
    return this.end(row, `fence = fence + 1, attempt = $4, due = ${later('$5')}`, attempt, delay)
  }

  bury(row: Row, error: string): Promise<boolean> {
    return this.end(row, 'fence = fence + 1, error = $4, died = clock_timestamp()', error)
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
    const set = 'attempt = 0, due = clock_timestamp(), fence = fence + 1, error = NULL, died = NULL'
    const sql = `UPDATE ${this.table} SET ${set} WHERE name = $1 AND id = $2 AND died IS NOT NULL RETURNING id`
    return this.change(sql, id)
  }

  drop(id: string): Promise<boolean> {
    return this.change(`DELETE FROM ${this.table} WHERE name = $1 AND id = $2 AND died IS NOT NULL RETURNING id`, id)
  }

  close(): Promise<void> {
    return this.listener.stop()
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
        UPDATE ${this.table} AS jobs SET attempt = attempt + 1, fence = fence + 1, due = ${later('$3')}
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
    const where = 'name = $1 AND id = $2 AND fence = $3 AND died IS NULL'
    return this.change(`UPDATE ${this.table} SET ${set} WHERE ${where} RETURNING id`, id, fence, ...values)
  }

  /** Makes a change, and wakes the workers that wait. @returns whether anything was changed. */
  private async change(sql: string, ...values: unknown[]): Promise<boolean> {
    const announcing = `WITH changed AS (${sql}) SELECT pg_notify('${this.channel}', $1) FROM changed`
    return (await this.query(announcing, ...values)).rowCount === 1
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
}

/** So many milliseconds from now on, by the clock of the server. */
function later(parameter: string): string {
  return `clock_timestamp() + ${parameter}::float8 * interval '1 millisecond'`
}
