import { Redis } from 'ioredis'
import pg from 'pg'
import { run } from 'gvent'
import { consumeModule, postgresJobs, postgresStore, redisJobs, redisStore, type Jobs } from 'gvent/jobs'
import * as work from './work.js'

/*
 * A worker in a process of its own: `worker.js ENGINE PORT`.
 */
const [engine, port] = process.argv.slice(2) as [string, string]
const settings = { name: 'calls', lease: 1000 }

function open(): Jobs {
  if (engine === 'redis') {
    const client = new Redis(Number(port))
    return redisJobs(client, { ...settings, store: redisStore(client) })
  }
  const pool = new pg.Pool({ host: '127.0.0.1', port: Number(port), user: 'postgres', database: 'postgres' })
  return postgresJobs(pool, { ...settings, store: postgresStore(pool) })
}

await run(() => consumeModule(open(), work, { size: 4, grace: 0 }))
