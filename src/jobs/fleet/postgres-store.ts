import { checkOptions } from '../../scheduler/checks/check-options.js'
import { call, type Operation } from '../../scheduler/index.js'
import { PostgresListener } from '../engines/postgres-listener.js'
import { channelOf, checkPool, checkTable, type PostgresPool } from '../engines/postgres-pool.js'
import { PostgresTables } from '../engines/postgres-tables.js'
import { PostgresRecords, recordsTable } from '../remote/postgres-records.js'
import { storeFunctions } from './postgres-store-functions.js'
import type { Bucket, FleetStore, Standing, StoreCalls } from './store.js'

/** Options of {@link postgresStore}. */
export interface PostgresStoreOptions {
  /** How the names of its tables and functions begin; `'gvent_fleet'` by default. It may have a schema before it. */
  table?: string | undefined
}

/**
 * A store in PostgreSQL, from version 12 on: three tables, and a function for each call, which are made when they are
 * missing.
 *
 * ```ts
 * import pg from 'pg'
 * const store = postgresStore(new pg.Pool())
 * ```
 *
 * @param pool a `Pool` of the package `pg`. As long as anybody waits, one of its connections listens.
 * @param options `table`: how the names begin of what it makes.
 */
export function postgresStore(pool: PostgresPool, options: PostgresStoreOptions = {}): FleetStore {
  const where = 'postgresStore(pool, options)'
  checkPool(pool, where)
  checkOptions(options, { own: ['table'] })
  const { table = 'gvent_fleet' } = options
  checkTable(table, `${where}: { table }`)
  return new PostgresStore(pool, table)
}

class PostgresStore implements FleetStore, StoreCalls {
  readonly records: PostgresRecords
  private readonly watchers = new Map<string, () => void>()
  private readonly tables: PostgresTables
  /** Listens for places that become free; a waiter notices by itself what is missed. */
  private readonly listener: PostgresListener
  private lingering: NodeJS.Timeout | undefined

  constructor(
    pool: PostgresPool,
    private readonly table: string,
  ) {
    this.tables = new PostgresTables(pool, table, storeFunctions(table) + recordsTable(table))
    this.listener = new PostgresListener(pool, channelOf(table), {
      notified: (payload = '') => this.watchers.get(payload)?.(),
    })
    this.records = new PostgresRecords(table, this.tables)
  }

  get calls(): StoreCalls {
    return this
  }

  async enter(name: string, id: string, places: number, lease: number): Promise<Standing> {
    const { fence, pause } = await this.run<{ fence: string; pause: number }>('enter', name, id, places, lease)
    return { fence: Number(fence), pause }
  }

  async extend(name: string, id: string, lease: number): Promise<boolean> {
    return (await this.run<{ held: boolean }>('extend', name, id, lease)).held
  }

  async leave(name: string, id: string, places: number): Promise<boolean> {
    return (await this.run<{ held: boolean }>('leave', name, id, places)).held
  }

  async take(name: string, id: string, { interval, capacity, tokens }: Bucket, patience: number): Promise<number> {
    const { pause } = await this.run<{ pause: number }>('take', name, id, interval, capacity, tokens, patience)
    return pause
  }

  putBack(name: string, id: string, { interval, tokens }: Bucket): Promise<unknown> {
    return this.run('put_back', name, id, interval, tokens)
  }

  isWatching(): boolean {
    return this.listener.isListening
  }

  watch(id: string, wake: () => void): () => void {
    const { listener, watchers } = this
    watchers.set(id, wake)
    clearTimeout(this.lingering)
    if (!listener.isListening) listener.listen().catch(() => undefined)
    return () => {
      watchers.delete(id)
      if (watchers.size > 0) return
      clearTimeout(this.lingering)
      this.lingering = setTimeout(() => void listener.stop(), LINGER)
    }
  }

  close(): Operation<void> {
    return call(() => {
      clearTimeout(this.lingering)
      return this.listener.stop()
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  private async run<R>(name: string, ...values: unknown[]): Promise<R> {
    const parameters = values.map((_, index) => `$${index + 1}`).join(', ')
    const { rows } = await this.tables.query(`SELECT * FROM ${this.table}_${name}(${parameters})`, values)
    return rows[0] as R
  }
}

/** How long a connection that listens is kept when nothing waits, in milliseconds. */
const LINGER = 1000
