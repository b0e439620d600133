import { randomUUID } from 'node:crypto'
import { loadBuiltin } from '../../io/node/load-builtin.js'
import { badArgument } from '../../scheduler/checks/bad-argument.js'
import { checkOptions, type OptionNames } from '../../scheduler/checks/check-options.js'
import { misuse } from '../../scheduler/checks/errors.js'
import { Event, call, type Coroutine, type Operation } from '../../scheduler/index.js'
import { checkLease, checkName } from '../check-engine.js'
import type { Delivery } from '../delivery.js'
import { LeaseLost } from '../errors.js'
import type { AddOptions, DeadLetter, Jobs } from '../jobs.js'
import { LIMIT, checkAdd, decode, decodeLoosely, describeError, encode } from '../payload.js'

/** Options of {@link sqliteJobs}. */
export interface SqliteJobsOptions {
  /** Which jobs of the file: those of one name are one queue; `'jobs'` by default. */
  name?: string | undefined
  /** How many milliseconds a job belongs to the worker that has it, unless the lease is extended; 30,000 by default. */
  lease?: number | undefined
  /** How many bytes the JSON of a job has at most; 1 MiB by default. */
  limit?: number | undefined
}

const optionNames: OptionNames = { own: ['name', 'lease', 'limit'] }
const addOptionNames: OptionNames = { own: ['id', 'delay'] }
/** How often is looked for jobs that another process has added, in milliseconds. */
const LOOK = 100

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
  checkOptions(options, optionNames)
  const { name = 'jobs', lease = 30_000, limit = LIMIT } = options
  checkName(name, `${where}: { name }`)
  checkLease(lease, `${where}: { lease }`)
  return new SqliteJobs<T>(open(path), name, lease, limit)
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
      attempt INTEGER NOT NULL DEFAULT 0, fence INTEGER NOT NULL DEFAULT 0, due REAL NOT NULL,
      error TEXT, died REAL, UNIQUE (name, id));
    CREATE INDEX IF NOT EXISTS gvent_jobs_due ON gvent_jobs (name, due, seq) WHERE died IS NULL`)
  return database
}

interface Row {
  readonly seq: number
  readonly id: string
  readonly data: string
  readonly attempt: number
  /** Grows with each change of hands: only the worker with the last one may say how the job ended. */
  readonly fence: number
  readonly error: string
  readonly died: number
}

class SqliteJobs<T> implements Jobs<T> {
  readonly source: Jobs<T>['source']
  readonly dead: Jobs<T>['dead']
  private readonly changed = new Event()
  private readonly statements = new Map<string, Statement>()

  constructor(
    private readonly database: Database,
    private readonly name: string,
    lease: number,
    private readonly limit: number,
  ) {
    this.source = { lease, take: (max) => call(() => this.take(max)) }
    const letters = `SELECT * FROM gvent_jobs WHERE name = ?1 AND died IS NOT NULL`
    this.dead = {
      list: (count = 100) => call(() => this.all(`${letters} ORDER BY died, seq LIMIT ?2`, count).map(letterOf<T>)),
      look: (id) => call(() => this.all(`${letters} AND id = ?2`, id).map(letterOf<T>)[0]),
      putBack: (id) =>
        call(() => {
          const set = 'attempt = 0, fence = fence + 1, due = ?3, error = NULL, died = NULL'
          const sql = `UPDATE gvent_jobs SET ${set} WHERE name = ?1 AND id = ?2 AND died IS NOT NULL`
          return this.run(sql, id, Date.now())
        }),
      drop: (id) => call(() => this.run('DELETE FROM gvent_jobs WHERE name = ?1 AND id = ?2 AND died IS NOT NULL', id)),
    }
  }

  add(data: T, options: AddOptions = {}): Operation<string> {
    const { id = randomUUID(), delay } = checkAdd(options, addOptionNames)
    const text = encode(data, this.limit)
    return call(() => {
      const sql = 'INSERT INTO gvent_jobs (name, id, data, due) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING'
      this.run(sql, id, text, Date.now() + delay)
      return id
    })
  }

  close(): Operation<void> {
    return call(() => {
      this.database.close()
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  private *take(max: number): Coroutine<Delivery<T>[]> {
    for (;;) {
      this.changed.clear()
      const deliveries = this.takeNow(max)
      if (deliveries.length > 0) return deliveries
      yield* this.changed.wait({ timeout: LOOK })
    }
  }

  private takeNow(max: number): Delivery<T>[] {
    const now = Date.now()
    const next = 'SELECT seq FROM gvent_jobs WHERE name = ?1 AND died IS NULL AND due <= ?2 ORDER BY due, seq LIMIT ?3'
    // Looking first does not lock out others.
    if (this.all(next, now, 1).length === 0) return []
    const rows = this.all(
      `UPDATE gvent_jobs SET attempt = attempt + 1, fence = fence + 1, due = ?4 WHERE seq IN (${next}) RETURNING *`,
      ...[now, max, now + this.source.lease],
    )
    rows.sort((one, other) => one.seq - other.seq)
    return rows.map((row) => this.read(row)).filter((delivery) => delivery !== undefined)
  }

  /** @returns `undefined` for what nobody added by this package: it is dead at once. */
  private read(row: Row): Delivery<T> | undefined {
    const { id, attempt } = row
    const bury = (error: unknown): void => {
      this.end(row, 'UPDATE gvent_jobs SET fence = fence + 1, error = ?4, died = ?5', describeError(error), Date.now())
    }
    let data: T
    try {
      data = decode(row.data, this.limit) as T
    } catch (error) {
      bury(error)
      return undefined
    }
    const back = 'UPDATE gvent_jobs SET fence = fence + 1, due = ?4, attempt = ?5'
    return {
      id,
      data,
      attempt,
      ack: () => call(() => this.end(row, 'DELETE FROM gvent_jobs')),
      retry: (delay, error) =>
        call(() => this.end(row, back, Date.now() + delay, error === undefined ? attempt - 1 : attempt)),
      discard: (error) => call(() => bury(error)),
      extend: () => call(() => this.end(row, 'UPDATE gvent_jobs SET due = ?4', Date.now() + this.source.lease)),
    }
  }

  /** Changes a job that is ours. */
  private end({ id, fence }: Row, change: string, ...values: unknown[]): void {
    const isOurs = this.run(
      `${change} WHERE name = ?1 AND id = ?2 AND fence = ?3 AND died IS NULL`,
      id,
      fence,
      ...values,
    )
    if (!isOurs) throw new LeaseLost(id)
  }

  private run(sql: string, ...values: unknown[]): boolean {
    const { changes } = this.statement(sql).run(this.name, ...values)
    this.changed.set()
    return Number(changes) > 0
  }

  private all(sql: string, ...values: unknown[]): Row[] {
    return this.statement(sql).all(this.name, ...values) as Row[]
  }

  private statement(sql: string): Statement {
    const statement = this.statements.get(sql) ?? this.database.prepare(sql)
    this.statements.set(sql, statement)
    return statement
  }
}

function letterOf<T>({ id, data, attempt, error, died }: Row): DeadLetter<T> {
  return { id, data: decodeLoosely(data) as T, attempt, error, at: new Date(died) }
}
