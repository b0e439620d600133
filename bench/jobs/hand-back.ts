import { WaitGroup, run, sleep, spawn, withTimeout, type Coroutine } from 'gvent'
import { consume, type Jobs } from 'gvent/jobs'
import { engines } from '../../test/jobs/engines.js'

/** How long jobs may go on after the kill, in milliseconds. */
const GRACE = 200
const SIZE = 10
const LEASE = 60_000

/** From the kill of a worker, in milliseconds. */
interface Times {
  /** Until it has ended, and the engine has its jobs. */
  readonly ended: number
  /** Until another worker has them. */
  readonly taken: number
}

/**
 * Prints how long it takes until the jobs of a worker that is killed are another's: those of ten that do not end by themselves,
 * on each engine.
 */
export async function measureHandBack(turns: number): Promise<void> {
  console.log(`${SIZE} jobs that do not end, grace ${GRACE} ms, ${turns} turns, beyond the grace:\n`)
  console.log('| engine | worker ended, median, ms | worst | all jobs taken by another, median, ms | worst |')
  console.log('| --- | ---: | ---: | ---: | ---: |')
  for (const [name, { without, start }] of Object.entries(engines)) {
    if (without !== false) {
      console.error(`${name}: skipped, ${without}`)
      continue
    }
    const engine = await start()
    try {
      const all: Times[] = []
      for (let turn = 0; turn < turns; turn++) {
        const queue = `hand-back-${turn}`
        const [jobs, other] = [await engine.jobs(queue, LEASE), await engine.jobs(queue, LEASE)]
        all.push(await run(() => withTimeout(LEASE, () => handBack(jobs, other))))
      }
      const cells = (['ended', 'taken'] as const).flatMap((key) => {
        const beyond = all.map((times) => times[key] - GRACE).sort((one, other) => one - other)
        return [beyond[Math.floor(turns / 2)]!, beyond.at(-1)!].map((time) => time.toFixed(0))
      })
      console.log(`| ${[name, ...cells].join(' | ')} |`)
    } finally {
      await engine.stop()
    }
  }
}

function* handBack(jobs: Jobs, other: Jobs): Coroutine<Times> {
  const begun = new WaitGroup()
  begun.add(SIZE)
  for (let job = 0; job < SIZE; job++) yield* jobs.add(job)
  const work = function* (): Coroutine<void> {
    begun.done()
    yield* sleep(Infinity)
  }
  const worker = spawn(() => consume(jobs.source, work, { size: SIZE, grace: GRACE }))
  yield* begun.wait()
  const start = performance.now()
  const ending = spawn(function* () {
    yield* worker.kill()
    return performance.now() - start
  })
  for (let taken = 0; taken < SIZE;) {
    const deliveries = yield* other.source.take(SIZE)
    taken += deliveries.length
    for (const delivery of deliveries) yield* delivery.ack()
  }
  const taken = performance.now() - start
  return { ended: yield* ending, taken }
}
