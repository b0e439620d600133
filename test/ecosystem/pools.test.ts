import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { Redis } from 'ioredis'
import { MongoClient } from 'mongodb'
import mysql from 'mysql2/promise'
import pg from 'pg'
import { Pool as UndiciPool } from 'undici'
import { acquireRelease, each, joinAll, run, sleep, spawn, until, withTimeout, type Coroutine } from 'gvent'
import { startMariaDB, withoutMariaDB } from './mariadb-server.js'
import { startMongoDouble } from './mongodb-double.js'
import { startPostgres, withoutPostgres } from './postgres-server.js'
import { startRedis, withoutRedis } from './redis-server.js'

/**
 * Runs `use` so often that a kill comes at every moment of it, in some rounds in many of them at once, and then as often
 * in peace as the pool has places: each has to get one.
 */
function* killAtEveryMoment(use: () => Coroutine<void>, places: number): Coroutine<void> {
  for (let turns = 0; turns < 40; turns++) {
    const users = [spawn(use), spawn(use), spawn(use)]
    for (let turn = 0; turn < turns; turn++) yield* turn % 4 === 3 ? until(new Promise(setImmediate)) : sleep(0)
    yield* joinAll(users.map((user) => spawn(() => user.kill())))
  }
  yield* withTimeout(
    60_000,
    joinAll(
      Array.from({ length: places * 2 }, () => spawn(use)),
      { raiseError: true },
    ),
  )
}

test('a pg pool never starves', { skip: withoutPostgres }, async () => {
  const server = await startPostgres()
  const pool = new pg.Pool({ connectionString: `postgres://postgres@127.0.0.1:${server.port}/postgres`, max: 2 })
  pool.on('error', () => undefined)
  try {
    await run(() =>
      killAtEveryMoment(function* () {
        let isBusy = false
        using client = yield* acquireRelease(
          () => pool.connect(),
          (one) => {
            // A connection whose query was given up is closed; the pool makes another.
            one.release(isBusy)
          },
        )
        isBusy = true
        const { rows } = yield* until(client.query<{ one: number }>('select 1 as one'))
        isBusy = false
        assert.deepEqual(rows, [{ one: 1 }])
      }, 2),
    )
    // One that is being closed still counts.
    while (pool.idleCount < pool.totalCount) await new Promise(setImmediate)
    assert.equal(pool.waitingCount, 0)
  } finally {
    await pool.end()
    await server.stop()
  }
})

test('ioredis connections are all given back', { skip: withoutRedis }, async () => {
  const server = await startRedis()
  const idle: Redis[] = Array.from({ length: 2 }, () => new Redis(server.port, '127.0.0.1'))
  const all = [...idle]
  const waiting: ((redis: Redis) => void)[] = []
  const giveBack = (redis: Redis): void => {
    const next = waiting.shift()
    if (next === undefined) idle.push(redis)
    else next(redis)
  }
  const connect = (): Promise<Redis> => {
    const redis = idle.pop()
    return redis === undefined ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve(redis)
  }
  try {
    await run(() =>
      killAtEveryMoment(function* () {
        using redis = yield* acquireRelease(connect, giveBack)
        assert.equal(yield* until(redis.ping()), 'PONG')
      }, 2),
    )
    assert.deepEqual([idle.length, waiting.length], [2, 0])
  } finally {
    for (const redis of all) redis.disconnect()
    await server.stop()
  }
})

test('a mysql2 pool never starves', { skip: withoutMariaDB }, async () => {
  const server = await startMariaDB()
  const pool = mysql.createPool({ host: '127.0.0.1', port: server.port, user: 'root', connectionLimit: 2 })
  try {
    await run(() =>
      killAtEveryMoment(function* () {
        let isBusy = false
        using connection = yield* acquireRelease(
          () => pool.getConnection(),
          (one) => {
            // A connection whose query was given up is closed; the pool makes another.
            if (isBusy) one.destroy()
            else one.release()
          },
        )
        isBusy = true
        const [rows] = yield* until(connection.query('select 1 as one'))
        isBusy = false
        assert.deepEqual(rows, [{ one: 1 }])
      }, 2),
    )
  } finally {
    await pool.end()
    await server.stop()
  }
})

test('a mongodb pool never starves, and no session is left', async () => {
  const server = await startMongoDouble()
  const client = new MongoClient(`mongodb://127.0.0.1:${server.port}/?directConnection=true`, { maxPoolSize: 2 })
  let inUse = 0
  let sessions = 0
  client.on('connectionCheckedOut', () => inUse++)
  client.on('connectionCheckedIn', () => inUse--)
  try {
    await run(() =>
      killAtEveryMoment(function* () {
        const session = yield* acquireRelease(
          () => {
            sessions++
            return client.startSession()
          },
          async (one) => {
            await one.endSession()
            sessions--
          },
        )
        const result = yield* until(client.db('test').command({ ping: 1 }, { session }))
        assert.equal(result['ok'], 1)
      }, 2),
    )
    // A command that was given up goes on in the driver, and then gives its connection back.
    while (inUse > 0) await new Promise(setImmediate)
    assert.equal(sessions, 0)
  } finally {
    await client.close()
    await server.stop()
  }
})

test('an undici pool never starves', async () => {
  const server = createServer((_, response) => response.end('hello')).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const pool = new UndiciPool(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, { connections: 2 })
  try {
    await run(() =>
      killAtEveryMoment(function* () {
        const response = yield* acquireRelease(
          () => pool.request({ path: '/', method: 'GET' }),
          ({ body }) => {
            // What was read to its end is done already; the rest would hold a connection.
            body.on('error', () => undefined).destroy()
          },
        )
        let text = ''
        for (const next of each(response.body)) {
          const chunk = yield* next
          if (chunk.done === true) break
          text += String(chunk.value)
        }
        assert.equal(text, 'hello')
      }, 2),
    )
  } finally {
    await pool.close()
    server.close()
  }
})
