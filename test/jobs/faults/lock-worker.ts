import { writeSync } from 'node:fs'
import { run, sleep, until, type Coroutine } from 'gvent'
import { LeaseLost, RemoteLock } from 'gvent/jobs'
import { LOCK_LEASE, lockEngines } from './lock-engines.js'

/*
 * One of those who share a lock, in a process of its own: `lock-worker.js ENGINE PORT`. It writes a line for each permit, and
 * one for each write that it would make under it.
 */
const [engine, port] = process.argv.slice(2) as [keyof typeof lockEngines, string]

/** Written at once: what was written before a `kill -9` has been read. */
function write(line: string): void {
  writeSync(1, `${line}\n`)
}

function* work(lock: RemoteLock): Coroutine<void> {
  const permit = yield* lock.acquire()
  write(`got ${permit.fence}`)
  try {
    for (let times = 0; times < 4; times++) {
      yield* sleep(5)
      write(`write ${permit.fence}`)
    }
  } finally {
    yield* permit.release()
  }
}

await run(function* () {
  const store = yield* until(lockEngines[engine].open(Number(port)))
  const lock = new RemoteLock(store, 'shared', { lease: LOCK_LEASE })
  for (;;) {
    try {
      yield* work(lock)
    } catch (error) {
      // It goes to another, or the store cannot be reached now.
      write(error instanceof LeaseLost ? 'lost' : `trouble ${String(error).split('\n')[0]!}`)
      yield* sleep(50)
    }
  }
})
