import { loadBuiltin } from '../../io/node/load-builtin.js'
import { badArgument } from '../../scheduler/checks/bad-argument.js'
import { misuse } from '../../scheduler/checks/errors.js'
import { Event, type Coroutine } from '../../scheduler/index.js'
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

/** Options of {@link sqliteJobs}. */
export type SqliteJobsOptions = EngineOptions

/** How often is looked for jobs that another process has added, in milliseconds. */
const LOOK = 20

interface Statement {
  run(...values: unknown[]): { changes: number | bigint }
  all(...values: unknown[]): unknown[]
}

interface Database {
  exec(sql: string): void
  prepare(sql: string): Statement
  close(): void
}

/**
 * Jobs in a file of this machine, which outlive the process: several processes may add to it and take from it. It needs
 * `node:sqlite`, which Node has from 22.13 on.
 *
 * ```ts
 * const jobs = sqliteJobs<Order>('jobs.db')
 * ```
 *
 * @param path the file, which is made when it is missing; `':memory:'` for none.
 * @param options `name` of the queue; `lease` in milliseconds, 30,000 by default; `limit`: how many bytes the JSON of a job
 *   may have.
 * @throws Error where Node has no `node:sqlite`.
 */
export function sqliteJobs<T = unknown>(path: string, options: SqliteJobsOptions = {}): Jobs<T> {
  const where = 'sqliteJobs(path, options)'
  if (typeof path !== 'string') throw badArgument(where, 'the path of a file', path, "write sqliteJobs('jobs.db')")
  const settings = checkEngine(where, options)
  return new EngineJobs<T, Row>(new SqliteEngine(open(path), settings.name, settings.lease), settings)
}

function open(path: string): Database {
  let sqlite: { DatabaseSync: new (path: string) => Database }
  try {
    sqlite = loadBuiltin('node:sqlite') as typeof sqlite
  } catch {
    throw misuse(
      new Error(`sqliteJobs(path): Node ${process.versions.node} has no node:sqlite; take Node from 22.13 on`),
    )
  }
  const database = new sqlite.DatabaseSync(path)
  database.exec(`PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
    CREATE TABLE IF NOT EXISTS gvent_jobs (
      seq INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, id TEXT NOT NULL, data TEXT NOT NULL,
      attempt INTEGER NOT NULL DEFAULT 0, held INTEGER NOT NULL DEFAULT 0, fence INTEGER NOT NULL DEFAULT 0,
      due REAL NOT NULL, error TEXT, died REAL, UNIQUE (name, id));
    CREATE INDEX IF NOT EXISTS gvent_jobs_due ON gvent_jobs (name, due, seq) WHERE died IS NULL`)
  return database
}

interface Row extends Held {
  readonly seq: number
  /** Grows with each change of hands: only the worker with the last one may say how the job ended. */
  readonly fence: number
}

const CHANGE = 'UPDATE gvent_jobs SET held = 0, fence = fence + 1,'
const LETTERS = `SELECT id, data AS text, attempt, error, died AS at FROM gvent_jobs WHERE name = ?1 AND died IS NOT NULL`

class SqliteEngine implements Engine<Row> {
  private readonly changed = new Event()
  private readonly statements = new Map<string, Statement>()

  constructor(
    private readonly database: Database,
    private readonly name: string,
    private readonly lease: number,
  ) {}

  add(jobs: readonly Added[]): boolean {
    const now = Date.now()
    const rows = JSON.stringify(jobs.map(({ id, text, delay }) => [id, text, now + delay]))
    return this.run(
      `INSERT INTO gvent_jobs (name, id, data, due)
       SELECT ?1, value ->> 0, value ->> 1, value ->> 2 FROM json_each(?2) ORDER BY key ON CONFLICT DO NOTHING`,
      rows,
    )
  }

  remove(id: string): boolean {
    return this.run('DELETE FROM gvent_jobs WHERE name = ?1 AND id = ?2 AND died IS NULL AND NOT held', id)
  }

  *take(max: number): Coroutine<Row[]> {
    for (;;) {
      this.changed.clear()
      const rows = this.takeNow(max)
      if (rows.length > 0) return rows
      yield* this.changed.wait({ timeout: LOOK })
    }
  }

  ack(row: Row): boolean {
    return this.end(row, 'DELETE FROM gvent_jobs')
  }

  giveBack(row: Row, attempt: number, delay: number): boolean {
    return this.end(row, `${CHANGE} attempt = ?4, due = ?5`, attempt, Date.now() + delay)
  }

  bury(row: Row, error: string): boolean {
    return this.end(row, `${CHANGE} error = ?4, died = ?5`, error, Date.now())
  }

  extend(row: Row): boolean {
    return this.end(row, 'UPDATE gvent_jobs SET due = ?4', Date.now() + this.lease)
  }

  list(count: number): Letter[] {
    return this.all<Letter>(`${LETTERS} ORDER BY died, seq LIMIT ?2`, count)
  }

  look(id: string): Letter | undefined {
    return this.all<Letter>(`${LETTERS} AND id = ?2`, id)[0]
  }

  putBack(id: string): boolean {
    const set = `${CHANGE} attempt = 0, due = ?3, error = NULL, died = NULL`
    return this.run(`${set} WHERE name = ?1 AND id = ?2 AND died IS NOT NULL`, id, Date.now())
  }

  drop(id: string): boolean {
    return this.run('DELETE FROM gvent_jobs WHERE name = ?1 AND id = ?2 AND died IS NOT NULL', id)
  }

  close(): void {
    this.database.close()
  }

  private takeNow(max: number): Row[] {
    const now = Date.now()
    const next = 'SELECT seq FROM gvent_jobs WHERE name = ?1 AND died IS NULL AND due <= ?2 ORDER BY due, seq LIMIT ?3'
    // Looking first does not lock out others.
    if (this.all(next, now, 1).length === 0) return []
    const rows = this.all<Row>(
      `UPDATE gvent_jobs SET attempt = attempt + 1, held = 1, fence = fence + 1, due = ?4 WHERE seq IN (${next})
       RETURNING seq, id, data AS text, attempt, fence`,
      ...[now, max, now + this.lease],
    )
    return rows.sort((one, other) => one.seq - other.seq)
  }

  /** Changes a job that is ours. */
  private end({ id, fence }: Row, change: string, ...values: unknown[]): boolean {
    const sql = `${change} WHERE name = ?1 AND id = ?2 AND fence = ?3 AND died IS NULL`
    return this.run(sql, id, fence, ...values)
  }

  private run(sql: string, ...values: unknown[]): boolean {
    const { changes } = this.statement(sql).run(this.name, ...values)
    this.changed.set()
    return Number(changes) > 0
  }

  private all<R>(sql: string, ...values: unknown[]): R[] {
    return this.statement(sql).all(this.name, ...values) as R[]
  }

  private statement(sql: string): Statement {
    const statement = this.statements.get(sql) ?? this.database.prepare(sql)
    this.statements.set(sql, statement)
    return statement
  }
}
