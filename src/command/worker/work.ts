import { protect } from '../../scheduler/waits/shield.js'
import { until, type Coroutine } from '../../scheduler/index.js'
import type { ClusterWorker } from '../../io/index.js'
import { consumeModule } from '../../jobs/index.js'
import { describeEngineError, placeOf } from '../engines/engine-address.js'
import { openEngine, type OpenEngine } from '../engines/open-engine.js'
import { UsageError } from '../usage-error.js'
import { JobLog } from './job-log.js'
import { loadModule } from './load-module.js'
import { isOurs, type FromProcess } from './messages.js'
import type { WorkerOptions } from './options.js'

/** Runs jobs in this process, one of several, until it is killed. */
export function* work(options: WorkerOptions, member: ClusterWorker): Coroutine<void> {
  const { name, lease, quiet, verbose, concurrency: size, timeout, attempts, grace } = options
  const module = yield* until(loadModule(options.file))
  const engine = yield* until(connect(options.engine, lease))
  const log = new JobLog(quiet ? 'quiet' : verbose ? 'verbose' : 'usual')
  const answer = (message: unknown): void => {
    if (isOurs(message) && message.worker === 'question')
      void tell({ worker: 'activity', number: message.number, activity: log.activity })
  }
  process.on('message', answer)
  try {
    const jobs = engine.jobs(name)
    member.ready()
    void tell({ worker: 'takes' })
    const source = log.watch(jobs.source)
    yield* consumeModule({ source }, module, { size, timeout, grace, retry: { attempts }, onEvent: log.note })
  } finally {
    yield* protect(function* () {
      process.off('message', answer)
      yield* until(tell({ worker: 'activity', number: undefined, activity: log.activity }))
      yield* until(engine.close())
    })
  }
}

async function connect(url: URL, lease: number | undefined): Promise<OpenEngine> {
  try {
    return await openEngine(url, { lasts: true, lease })
  } catch (error) {
    if (error instanceof UsageError) throw error
    throw new Error(`${placeOf(url)}: ${describeEngineError(error)}`, { cause: error })
  }
}

/** Sends a message to the process that looks after this one; resolves when it is sent, or cannot be. */
export function tell(message: FromProcess): Promise<void> {
  return new Promise((resolve) => {
    if (!process.connected) resolve()
    else process.send!(message, undefined, undefined, () => resolve())
  })
}
