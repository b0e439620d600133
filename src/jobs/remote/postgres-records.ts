import { Batches, weigh } from '../batches.js'
import { channelOf } from '../engines/postgres-pool.js'
import { later, type PostgresTables } from '../engines/postgres-tables.js'
import {
  LONGEST,
  type Beginning,
  type JobRecord,
  type JobState,
  type Opened,
  type RecordCalls,
} from './record-calls.js'

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
  private readonly openings = new Batches<Opened, unknown>((jobs) => this.openAll(jobs), weighAll)
  private readonly beginnings = new Batches<Begun, Beginning>((jobs) => this.beginAll(jobs), weighAll)
  private readonly ends = new Batches<Ended, unknown>((jobs) => this.endAll(jobs), weighAll)
  private swept = Date.now()

  constructor(
    table: string,
    private readonly tables: PostgresTables,
  ) {
    this.jobs = `${table}_jobs`
    this.channel = channelOf(table)
  }

  open(jobs: readonly Opened[]): Promise<unknown> {
    if (Date.now() - this.swept > SWEEP) this.sweep()
    return this.openings.ask(jobs)
  }

  async begin(key: string, attempt: number): Promise<Beginning> {
    return (await this.beginnings.ask([{ key, attempt }]))[0]!
  }

  pause(key: string): Promise<unknown> {
    return this.tables.query(`UPDATE ${this.jobs} SET state = 'waiting' WHERE key = $1 AND state = 'running'`, [key])
  }

  report(key: string, progress: string): Promise<unknown> {
    return this.tables.query(`UPDATE ${this.jobs} SET progress = $2 WHERE key = $1`, [key, progress])
  }

  end(key: string, state: JobState, outcome: string): Promise<unknown> {
    return this.ends.ask([{ key, state, outcome }])
  }

  async cancel(key: string): Promise<JobState | undefined> {
    const { rows } = await this.tables.query(
      `WITH changed AS (UPDATE ${this.jobs} SET cancelled = true,
         state = CASE WHEN state = 'waiting' THEN 'cancelled' ELSE state END
         WHERE key = $1 AND state IN ('waiting', 'running') RETURNING key, state)
       SELECT state, pg_notify('${this.channel}', key) FROM changed`,
      [key],
    )
    return (rows[0] as { state: JobState } | undefined)?.state
  }

  async look(keys: readonly string[]): Promise<(JobRecord | undefined)[]> {
    const { rows } = await this.tables.query(
      `SELECT key, state, attempt, cancelled, progress, outcome FROM ${this.jobs}
       WHERE key = ANY($1) AND until > clock_timestamp()`,
      [keys],
    )
    const found = new Map((rows as Row[]).map((row) => [row.key, recordOf(row)]))
    return keys.map((key) => found.get(key))
  }

  forget(keys: readonly string[]): Promise<unknown> {
    return this.tables.query(`DELETE FROM ${this.jobs} WHERE key = ANY($1)`, [keys])
  }

  private async openAll(jobs: readonly Opened[]): Promise<readonly unknown[]> {
    const { rows } = await this.tables.query(
      `INSERT INTO ${this.jobs} AS job (key, state, keep, until)
       SELECT DISTINCT ON (key) key, 'waiting', keep, ${later('lasts')}
         FROM unnest($1::text[], $2::float8[], $3::float8[]) AS opened (key, keep, lasts)
       ON CONFLICT (key) DO UPDATE SET state = 'waiting', attempt = 0, cancelled = false, keep = excluded.keep,
         progress = NULL, outcome = NULL, until = excluded.until
       WHERE job.state IN ('done', 'cancelled') OR job.until <= clock_timestamp()`,
      [jobs.map(({ key }) => key), jobs.map(({ keep }) => keep), jobs.map(({ delay }) => LONGEST + delay)],
    )
    return rows
  }

  private async beginAll(jobs: readonly Begun[]): Promise<readonly Beginning[]> {
    const { rows } = await this.tables.query(
      `INSERT INTO ${this.jobs} AS job (key, state, attempt, keep, until)
       SELECT DISTINCT ON (key) key, 'running', attempt, 0, ${later('$3')}
         FROM unnest($1::text[], $2::integer[]) AS begun (key, attempt)
       ON CONFLICT (key) DO UPDATE SET attempt = excluded.attempt, outcome = NULL, until = excluded.until,
         state = CASE WHEN job.cancelled THEN job.state ELSE 'running' END
       RETURNING key, cancelled, keep > 0 AS kept`,
      [jobs.map(({ key }) => key), jobs.map(({ attempt }) => attempt), LONGEST],
    )
    const found = new Map((rows as { key: string; cancelled: boolean; kept: boolean }[]).map((row) => [row.key, row]))
    return jobs.map(({ key }) => {
      const { cancelled, kept } = found.get(key)!
      return { isCancelled: cancelled, isKept: kept }
    })
  }

  private async endAll(jobs: readonly Ended[]): Promise<readonly unknown[]> {
    const { rows } = await this.tables.query(
      `WITH ended AS (SELECT * FROM unnest($1::text[], $2::text[], $3::text[]) AS job (key, state, outcome)),
       gone AS (DELETE FROM ${this.jobs} AS job USING ended WHERE job.key = ended.key AND job.keep <= 0 RETURNING job.key),
       kept AS (UPDATE ${this.jobs} AS job SET state = ended.state, outcome = ended.outcome, until = ${later('job.keep')}
         FROM ended WHERE job.key = ended.key AND job.keep > 0 RETURNING job.key)
       SELECT pg_notify('${this.channel}', key) FROM (SELECT * FROM gone UNION ALL SELECT * FROM kept) AS news`,
      [jobs.map(({ key }) => key), jobs.map(({ state }) => state), jobs.map(({ outcome }) => outcome)],
    )
    return rows
  }

  private sweep(): void {
    this.swept = Date.now()
    // If it fails, the next one comes soon enough.
    this.tables.query(`DELETE FROM ${this.jobs} WHERE until <= clock_timestamp()`, []).catch(() => undefined)
  }
}

interface Begun {
  readonly key: string
  readonly attempt: number
}

interface Ended {
  readonly key: string
  readonly state: JobState
  readonly outcome: string
}

function weighAll(job: Opened | Begun | Ended): number {
  return weigh(...(Object.values(job) as unknown[]))
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
