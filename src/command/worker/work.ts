import { protect } from '../../scheduler/waits/shield.js'
import { until, type Coroutine } from '../../scheduler/index.js'
import type { ClusterWorker } from '../../io/index.js'
import { consumeModule } from '../../jobs/index.js'
import { connect } from '../engines/connect.js'
import { fetchModule } from '../fetch/fleet/fetch-module.js'
import { JobLog } from './job-log.js'
import { loadModule } from './load-module.js'
import { isOurs, type FromProcess } from './messages.js'
import type { WorkerOptions } from './options.js'

/** Runs jobs in this process, one of several, until it is killed. */
export function* work(options: WorkerOptions, member: ClusterWorker): Coroutine<void> {
  const { name, lease, quiet, verbose, concurrency: size, timeout, attempts, grace } = options
  const loaded = options.file === undefined ? undefined : yield* until(loadModule(options.file))
  const engine = yield* connect(options.engine, { lasts: true, lease })
  const log = new JobLog(quiet ? 'quiet' : verbose ? 'verbose' : 'usual')
  const answer = (message: unknown): void => {
    if (isOurs(message) && message.worker === 'question')
      void tell({ worker: 'activity', number: message.number, activity: log.activity })
  }
  process.on('message', answer)
  try {
    const jobs = engine.jobs(name)
    const module = loaded ?? fetchModule(options.fetch!, engine, name)
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

/** Sends a message to the process that looks after this one; resolves when it is sent, or cannot be. */
export function tell(message: FromProcess): Promise<void> {
  return new Promise((resolve) => {
    if (!process.connected) resolve()
    else process.send!(message, undefined, undefined, () => resolve())
  })
}
