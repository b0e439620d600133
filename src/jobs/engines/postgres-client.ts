import { badArgument } from '../../scheduler/checks/bad-argument.js'
import { onceMade } from '../once-made.js'

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

/** @throws TypeError for what is no pool, or cannot be a table. @internal */
export function checkPostgres(pool: PostgresPool, table: string, where: string, call: string): void {
  if (typeof (Object(pool) as Partial<PostgresPool>).connect !== 'function') {
    throw badArgument(where, 'a pool of pg', pool, `write ${call}(new pg.Pool())`)
  }
  if (typeof table === 'string' && /^([a-z_][a-z0-9_]*\.)?[a-z_][a-z0-9_]*$/.test(table)) return
  throw badArgument(`${where}: { table }`, 'the name of a table: small letters, digits and _', table)
}

/** So many milliseconds from now on, by the clock of the server. @internal */
export function later(milliseconds: string): string {
  return `clock_timestamp() + ${milliseconds}::float8 * interval '1 millisecond'`
}

/** Tables of a database, which are made when they are missing, and their notifications. @internal */
export class PostgresTables {
  /** The name of its notifications, and what the names of its indexes begin with. */
  readonly channel: string
  private readonly make: () => Promise<unknown>
  private listener: Promise<PostgresClient> | undefined

  /**
   * @param table what their names begin with.
   * @param statements which make them. They are one transaction.
   */
  constructor(
    private readonly pool: PostgresPool,
    table: string,
    statements: string,
  ) {
    this.channel = table.replace('.', '_')
    // Two that make the same tables at the same time get in each other's way.
    this.make = onceMade(() => pool.query(`SELECT pg_advisory_xact_lock(hashtext('${table}')); ${statements}`))
  }

  /** Sends a statement when there are the tables. */
  async query(sql: string, values: unknown[]): Promise<PostgresResult> {
    await this.make()
    return this.pool.query(sql, values)
  }

  get isListening(): boolean {
    return this.listener !== undefined
  }

  /**
   * Opens a connection for notifications, or raises an error.
   *
   * @param lost called when the connection is, too.
   */
  async listen(notified: (payload: string) => void, lost: () => void): Promise<void> {
    const listener = (this.listener = this.pool.connect())
    try {
      const client = await listener
      const end = (): void => {
        if (this.listener === listener) void this.stopListening()
        lost()
      }
      client.on('notification', ({ payload = '' }: { payload?: string }) => {
        notified(payload)
      })
      client.on('error', end)
      client.on('end', end)
      await client.query(`LISTEN ${this.channel}`)
    } catch (error) {
      if (this.listener === listener) void this.stopListening()
      throw error
    }
  }

  async stopListening(): Promise<void> {
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
