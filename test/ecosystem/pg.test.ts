import 'gvent/monkey/all'
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import pg from 'pg'
import { joinAll, shield, spawn, type Coroutine } from 'gvent'
import { greenTest } from '../io/green-test.js'
import type { ServerProgram } from '../io/servers/server-program.js'
import { printedPlainly } from './plainly.js'
import { startPostgres, withoutPostgres } from './postgres-server.js'

const plain = `
import pg from 'pg'
const pool = new pg.Pool({ connectionString: process.argv[1], max: 3 })
await pool.query('create table if not exists people (id serial, name text)')
await Promise.all(['Ada', 'Bob', 'Cy'].map((name) => pool.query('insert into people (name) values ($1)', [name])))
console.log((await pool.query('select name from people order by name')).rows)
const client = await pool.connect()
await client.query('begin')
await client.query('delete from people')
await client.query('rollback')
client.release()
console.log((await pool.query('select count(*) from people')).rows)
await pool.query('select wrong').catch((error) => console.log(error.name, error.code, error.message))
await pool.query('drop table people')
await new Promise((resolve) => pool.query('select 1 as one', (error, { rows }) => resolve(console.log(error, rows))))
await pool.end()
console.log(pool.totalCount)
`

let server: ServerProgram
let connectionString: string
before(async () => {
  if (withoutPostgres !== false) return
  server = await startPostgres()
  connectionString = `postgres://postgres@127.0.0.1:${server.port}/postgres`
})
after(() => server?.stop())

/** A query whose connection is closed when the greenlet that waits for it is killed, so that the server stops too. */
function* query(pool: pg.Pool, text: string): Coroutine<unknown[]> {
  const client = yield* shield(pool.connect())
  let isDone = false
  try {
    const { rows } = yield* client.query<Record<string, unknown>>(text)
    isDone = true
    return rows
  } finally {
    client.release(!isDone)
  }
}

/** Waits until the server is busy with so many queries that sleep. */
function* sleepers(pool: pg.Pool, expected: number): Coroutine<void> {
  const text = "select 1 from pg_stat_activity where state = 'active' and wait_event = 'PgSleep'"
  while ((yield* pool.query(text)).rows.length !== expected);
}

test('pg: a program with async/await does what it did', { skip: withoutPostgres }, async () => {
  const printed = await printedPlainly(plain, connectionString)
  assert.match(printed, /^\[ { name: 'Ada' }, { name: 'Bob' }, { name: 'Cy' } \]\n\[ { count: '3' } \]\nerror 42703 /)
  assert.match(printed, /undefined \[ { one: 1 } \]\n0\n$/)
})

greenTest(
  'pg: a hundred greenlets share a pool of three connections',
  function* () {
    const pool = new pg.Pool({ connectionString, max: 3 })
    const square = function* (number: number): Coroutine<number> {
      const { rows } = yield* pool.query<{ square: number }>('select $1::int * $1::int as square', [number])
      return rows[0]!.square
    }
    const greenlets = Array.from({ length: 100 }, (_, number) => spawn(square, number))
    yield* joinAll(greenlets, { raiseError: true })
    assert.deepEqual(
      greenlets.map(({ value }) => value),
      greenlets.map((_, number) => number * number),
    )
    assert.equal(pool.totalCount, 3)
    yield* pool.end()
  },
  { skip: withoutPostgres },
)

greenTest(
  'pg: a greenlet that is killed in the middle of a query leaves the pool usable',
  function* () {
    const pool = new pg.Pool({ connectionString, max: 1 })
    const other = new pg.Pool({ connectionString, max: 1 })
    const killed = spawn(function* () {
      yield* pool.query('select pg_sleep(0.5)')
      assert.fail('it was not killed')
    })
    yield* sleepers(other, 1)
    yield* killed.kill()
    // The only connection is free when the server is done with it.
    assert.deepEqual((yield* pool.query('select 1 as one')).rows, [{ one: 1 }])
    assert.deepEqual([pool.totalCount, pool.idleCount, pool.waitingCount], [1, 1, 0])
    yield* pool.end()
    yield* other.end()
  },
  { skip: withoutPostgres },
)

greenTest(
  'pg: a connection that is released as broken takes its query along, and the pool makes another',
  function* () {
    const pool = new pg.Pool({ connectionString, max: 2 })
    const other = new pg.Pool({ connectionString, max: 1 })
    const killed = [1, 2].map(() => spawn(query, pool, "select pg_sleep(60), 'not to be seen'"))
    yield* sleepers(other, 2)
    const waiting = spawn(query, pool, 'select 1 as one')
    for (const greenlet of killed) yield* greenlet.kill()
    assert.deepEqual(yield* waiting, [{ one: 1 }])
    assert.deepEqual(yield* query(pool, 'select 2 as two'), [{ two: 2 }])
    yield* pool.end()
    yield* other.end()
  },
  { skip: withoutPostgres },
)
