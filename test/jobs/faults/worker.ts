import { writeSync } from 'node:fs'
import { run, sleep, until, type Coroutine } from 'gvent'
import type { Job } from 'gvent/jobs'
import { LEASE, faultEngines } from './clients.js'

/*
 * A worker in a process of its own: `worker.js ENGINE PORT`. It writes a line for each event. SIGTERM ends it as a deploy
 * does.
 */
const [engine, port] = process.argv.slice(2) as [keyof typeof faultEngines, string]

/** Written at once: what was written before a `kill -9` has been read. */
function write(line: string): void {
  writeSync(1, `${line}\n`)
}

function* work(data: unknown, job: Job): Coroutine<void> {
  if (data === 'poison') process.kill(process.pid, 'SIGKILL')
  yield* sleep(data as number)
  write(`ran ${job.id}`)
}

await run(function* () {
  const client = yield* until(faultEngines[engine].open(Number(port), LEASE))
  try {
    yield* client.work(work, (event) => {
      if (event.type === 'trouble') write(`trouble ${event.during} ${String(event.error).split('\n')[0]!}`)
      else write(`${event.type} ${event.id} ${event.attempt}`)
    })
  } finally {
    yield* until(Promise.resolve(client.close()))
  }
})
