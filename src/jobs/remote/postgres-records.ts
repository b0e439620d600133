import type { PostgresResult } from '../engines/postgres-pool.js'
import { LONGEST, type Beginning, type JobRecord, type JobState, type RecordCalls } from './record-calls.js'

/** How often is looked for records that are out of date, in milliseconds. */
const SWEEP = 60_000

/** The table of the records. @internal */
export function recordsTable(table: string): string {
  return `
    CREATE TABLE IF NOT EXISTS ${table}_jobs (
      key text PRIMARY KEY, state text NOT NULL, attempt integer NOT NULL DEFAULT 0, cancelled boolean NOT NULL DEFAULT false,
      keep float8 NOT NULL, progress text, outcome text, until timestamptz NOT NULL);
    CREATE INDEX IF NOT EXISTS ${table.replace('.', '_')}_jobs_until ON ${table}_jobs (until);`
}

/** The records of jobs in PostgreSQL. @internal */
export class PostgresRecords implements RecordCalls {
  private readonly jobs: string
  private readonly channel: string
  private swept = Date.now()

  /** @param query sends a statement when there are the tables. */
  constructor(
    table: string,
    private readonly query: (sql: string, values: unknown[]) => Promise<PostgresResult>,
  ) {
    this.jobs = `${table}_jobs`
    this.channel = table.replace('.', '_')
  }

  open(key: string, keep: number, delay: number): Promise<unknown> {
    if (Date.now() - this.swept > SWEEP) this.sweep()
    return this.query(
      `INSERT INTO ${this.jobs} AS job (key, state, keep, until) VALUES ($1, 'waiting', $2, ${later('$3')})
       ON CONFLICT (key) DO UPDATE SET state = 'waiting', attempt = 0, cancelled = false, keep = excluded.keep,
         progress = NULL, outcome = NULL, until = excluded.until
       WHERE job.state IN ('done', 'cancelled') OR job.until <= clock_timestamp()`,
      [key, keep, LONGEST + delay],
    )
  }

  async begin(key: string, attempt: number): Promise<Beginning> {
    const { rows } = await this.query(
      `INSERT INTO ${this.jobs} AS job (key, state, attempt, keep, until) VALUES ($1, 'running', $2, 0, ${later('$3')})
       ON CONFLICT (key) DO UPDATE SET attempt = excluded.attempt, outcome = NULL, until = excluded.until,
         state = CASE WHEN job.cancelled THEN job.state ELSE 'running' END
       RETURNING cancelled, keep > 0 AS kept`,
      [key, attempt, LONGEST],
    )
    const { cancelled, kept } = rows[0] as { cancelled: boolean; kept: boolean }
    return { isCancelled: cancelled, isKept: kept }
  }

  pause(key: string): Promise<unknown> {
    return this.query(`UPDATE ${this.jobs} SET state = 'waiting' WHERE key = $1 AND state = 'running'`, [key])
  }

  report(key: string, progress: string): Promise<unknown> {
    return this.query(`UPDATE ${this.jobs} SET progress = $2 WHERE key = $1`, [key, progress])
  }

  end(key: string, state: JobState, outcome: string): Promise<unknown> {
    return this.query(
      `WITH gone AS (DELETE FROM ${this.jobs} WHERE key = $1 AND keep <= 0 RETURNING key),
       kept AS (UPDATE ${this.jobs} SET state = $2, outcome = $3, until = ${later('keep')}
         WHERE key = $1 AND keep > 0 RETURNING key)
       SELECT pg_notify('${this.channel}', ended.key) FROM (SELECT * FROM gone UNION ALL SELECT * FROM kept) AS ended`,
      [key, state, outcome],
    )
  }

  async cancel(key: string): Promise<JobState | undefined> {
    const { rows } = await this.query(
      `WITH changed AS (UPDATE ${this.jobs} SET cancelled = true,
         state = CASE WHEN state = 'waiting' THEN 'cancelled' ELSE state END
         WHERE key = $1 AND state IN ('waiting', 'running') RETURNING key, state)
       SELECT state, pg_notify('${this.channel}', key) FROM changed`,
      [key],
    )
    return (rows[0] as { state: JobState } | undefined)?.state
  }

  async look(keys: readonly string[]): Promise<(JobRecord | undefined)[]> {
    const { rows } = await this.query(
      `SELECT key, state, attempt, cancelled, progress, outcome FROM ${this.jobs}
       WHERE key = ANY($1) AND until > clock_timestamp()`,
      [keys],
    )
    const found = new Map((rows as Row[]).map((row) => [row.key, recordOf(row)]))
    return keys.map((key) => found.get(key))
  }

  forget(keys: readonly string[]): Promise<unknown> {
    return this.query(`DELETE FROM ${this.jobs} WHERE key = ANY($1)`, [keys])
  }

  private sweep(): void {
    this.swept = Date.now()
    // If it fails, the next one comes soon enough.
    this.query(`DELETE FROM ${this.jobs} WHERE until <= clock_timestamp()`, []).catch(() => undefined)
  }
}

interface Row {
  readonly key: string
  readonly state: JobState
  readonly attempt: number
  readonly cancelled: boolean
  readonly progress: string | null
  readonly outcome: string | null
}

function recordOf({ state, attempt, cancelled, progress, outcome }: Row): JobRecord {
  return { state, attempt, isCancelled: cancelled, progress: progress ?? undefined, outcome: outcome ?? undefined }
}

/** So many milliseconds from now on, by the clock of the server. */
function later(milliseconds: string): string {
  return `clock_timestamp() + ${milliseconds}::float8 * interval '1 millisecond'`
}
