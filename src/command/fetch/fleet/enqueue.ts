import { shield, sleep, spawn, until, type Coroutine } from '../../../index.js'
import { placeOf } from '../../engines/engine-address.js'
import type { Sources } from '../input/sources.js'
import type { Target } from '../input/target.js'
import type { Options } from '../options/options.js'
import { lineOf } from '../report/line.js'
import { count } from '../report/units.js'
import { Transfer } from '../requests/transfer.js'
import { connect } from '../../engines/connect.js'
import { jobOf } from './fetch-job.js'

/** The number of URLs added at once. */
const BATCH = 1000
/** Pause between two lines of progress, in milliseconds. */
const PROGRESS = 2000

/**
 * Puts the URLs of a list into an engine, as they are read. One that is there already is not put there again, where the engine
 * can tell.
 *
 * @returns the exit status: 1 if some are no URLs.
 */
export function* enqueue(options: Options, address: URL, sources: Sources): Coroutine<number> {
  const say = (text: string): unknown => options.quiet || process.stderr.write(`gvent fetch: ${text}\n`)
  const engine = yield* connect(address)
  let added = 0
  let wrong = 0
  let isComplete = false
  const progress = spawn(function* () {
    for (;;) {
      yield* sleep(PROGRESS)
      say(`${count(added)} put so far`)
    }
  })
  try {
    const jobs = engine.jobs(options.queue)
    for (let batch: Target[] = []; ;) {
      const target = sources.take()
      if (target?.mistake !== undefined) {
        wrong++
        const transfer = Object.assign(new Transfer(target), { outcome: 'failed', failure: target.mistake })
        process.stdout.write(`${options.json ? JSON.stringify(transfer) : lineOf(transfer)}\n`)
      } else if (target !== undefined) batch.push(target)
      if (batch.length === BATCH || (target === undefined && sources.ended)) {
        yield* jobs.addAll(batch.map(jobOf))
        added += batch.length
        batch = []
      }
      if (target !== undefined) continue
      if (sources.ended) break
      yield* until(sources.fill())
    }
    isComplete = true
  } finally {
    yield* shield(function* () {
      yield* progress.kill()
      sources.close()
      yield* until(engine.close())
    })
    const mistakes = wrong === 0 ? '' : `; ${count(wrong)} lines have mistakes`
    say(
      `${isComplete ? '' : 'stopped: '}put ${count(added)} URLs into ${placeOf(address)} (${options.queue})${mistakes}`,
    )
  }
  return wrong === 0 ? 0 : 1
}
