import { badArgument } from '../../scheduler/checks/bad-argument.js'

/** The part of a `Pool` of the package `pg` that is used. */
export interface PostgresPool {
  /** Runs a query on any of its connections. */
  query(text: string, values?: unknown[]): Promise<PostgresResult>
  /** Takes a connection out of it. */
  connect(): Promise<PostgresClient>
}

/** The part of a query's result that is used. */
export interface PostgresResult {
  /** The rows. */
  readonly rows: readonly unknown[]
  /** How many there are, or were changed. */
  readonly rowCount: number | null
}

/** The part of a connection of the pool that is used. */
export interface PostgresClient {
  /** Runs a query. */
  query(text: string, values?: unknown[]): Promise<PostgresResult>
  /** Listens for its end and for notifications. */
  on(event: string, listener: (...values: never[]) => void): unknown
  /** Gives it back to the pool, or closes it. */
  release(destroy?: boolean): void
}

/** @throws TypeError for what is no pool; `where` is a call with it. @internal */
export function checkPool(pool: unknown, where: string): void {
  if (typeof (Object(pool) as Partial<PostgresPool>).connect === 'function') return
  throw badArgument(where, 'a pool of pg', pool, `write ${where.split('(')[0]!}(new pg.Pool())`)
}

/** @throws TypeError for what cannot be a table. @internal */
export function checkTable(table: string, where: string): void {
  if (typeof table === 'string' && /^([a-z_][a-z0-9_]*\.)?[a-z_][a-z0-9_]*$/.test(table)) return
  throw badArgument(where, 'the name of a table: small letters, digits and _', table)
}

/** The channel by which changes of a table are announced. @internal */
export function channelOf(table: string): string {
  return table.replace('.', '_')
}
