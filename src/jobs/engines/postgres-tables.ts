import { onceMade } from '../once-made.js'
import type { PostgresPool, PostgresResult } from './postgres-pool.js'

/** So many milliseconds from now on, by the clock of the server. @internal */
export function later(milliseconds: string): string {
  return `clock_timestamp() + ${milliseconds}::float8 * interval '1 millisecond'`
}

/** Tables of a database, which are made when they are missing. @internal */
export class PostgresTables {
  private readonly make: () => Promise<unknown>

  /**
   * @param table what their names begin with.
   * @param statements which make them. They are one transaction.
   */
  constructor(
    private readonly pool: PostgresPool,
    table: string,
    statements: string,
  ) {
    // Two that make the same tables at the same time get in each other's way.
    this.make = onceMade(() => pool.query(`SELECT pg_advisory_xact_lock(hashtext('${table}')); ${statements}`))
  }

  /** Sends a statement when there are the tables. */
  async query(sql: string, values: unknown[]): Promise<PostgresResult> {
    await this.make()
    return this.pool.query(sql, values)
  }
}
