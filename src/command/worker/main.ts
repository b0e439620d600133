import nodeCluster from 'node:cluster'
import { Cluster, WorkerError, signalHandler, type HTTPServer } from '../../io/index.js'
import { Event, run, sleep, spawn, type Coroutine } from '../../scheduler/index.js'
import { protect } from '../../scheduler/waits/shield.js'
import { describeEngineError, placeOf } from '../engines/engine-address.js'
import { UsageError } from '../usage-error.js'
import { Board, tallyText } from './board.js'
import { healthServer } from './health.js'
import { checkFile, commandOf } from './load-module.js'
import { help, readOptions, type WorkerOptions } from './options.js'
import { tell, work } from './work.js'

/** How long the cleanup of jobs that are killed may take, in milliseconds, before their process is ended by force. */
const CLEANUP = 5000
/** How long a process may take until it takes jobs, in milliseconds. */
const START = 60_000
/** How often it is said how many jobs were done, in milliseconds. */
const PROGRESS = 10_000

/** Runs `gvent worker`. */
export async function main(args: string[]): Promise<void> {
  let isProcess = false
  try {
    const options = readOptions(args, process.env)
    if (options === undefined) {
      process.stdout.write(help)
      return
    }
    if (options.file !== undefined) checkFile(options.file)
    const cluster = new Cluster(
      { workers: options.processes, grace: options.grace + CLEANUP, startTimeout: START },
      (member) => work(options, member),
    )
    isProcess = !cluster.isPrimary
    const exec = options.file === undefined ? undefined : commandOf(options.file)
    if (!isProcess && exec !== undefined) nodeCluster.setupPrimary({ exec })
    await run(() => (isProcess ? cluster.serveForever() : new Supervisor(options, cluster).run()))
  } catch (error) {
    await fail(error, isProcess)
  }
  // What the file of the jobs has opened may go on for ever.
  if (isProcess) process.exit()
}

async function fail(error: unknown, isProcess: boolean): Promise<void> {
  const isUsage = error instanceof UsageError
  process.exitCode = isUsage ? 2 : 1
  if (isProcess) return tell({ worker: 'problem', text: describeEngineError(error), status: process.exitCode })
  complain(describeEngineError(error))
  if (isUsage) process.stderr.write('gvent worker --help says what can be written.\n')
}

function complain(text: string): void {
  process.stderr.write(`gvent worker: ${text}\n`)
}

/** The process that looks after those that run the jobs. */
class Supervisor {
  private readonly board: Board
  private hasBegun = false
  private isStopping = false

  constructor(
    private readonly options: WorkerOptions,
    private readonly cluster: Cluster,
  ) {
    this.board = new Board(
      cluster,
      (line) => this.say(line),
      (reason) => {
        // At first all of them have the same reason.
        if (this.hasBegun) complain(`a new process cannot begin: ${reason}`)
      },
    )
  }

  *run(): Coroutine<void> {
    const { cluster, options, board } = this
    const { health, engine, name } = options
    const server =
      health === undefined
        ? undefined
        : healthServer(health, { board, name, engine: placeOf(engine), isStopping: () => this.isStopping })
    using _reload = signalHandler('SIGHUP', () => this.say('SIGHUP: new processes begin, the old ones end'))
    try {
      if (server !== undefined) yield* this.listen(server)
      // A process that takes jobs already gives them back when all are there, and stop.
      yield* protect(() => cluster.start())
      this.hasBegun = true
      this.say(this.describe())
      const progress = spawn(() => this.showProgress())
      progress.name = 'progress'
      yield* new Event().wait()
    } catch (error) {
      if (!(error instanceof WorkerError) || board.problem === undefined) throw error
      complain(board.problem.text)
      process.exitCode = board.problem.status
    } finally {
      this.isStopping = true
      yield* protect(() => this.stop(server))
    }
  }

  private *listen(server: HTTPServer): Coroutine<void> {
    yield* server.start()
    const { address, port, family } = server.address() as { address: string; port: number; family: string }
    this.say(`health at http://${family === 'IPv6' ? `[${address}]` : address}:${port}/`)
  }

  private *stop(server: HTTPServer | undefined): Coroutine<void> {
    const { cluster, board } = this
    if (this.hasBegun) this.say(`stops: jobs have ${this.options.grace} ms, and are given back then`)
    yield* cluster.stop()
    yield* server?.stop({ timeout: 0 }) ?? sleep(0)
    if (this.hasBegun) this.say(`stopped: ${tallyText(board.sum([]))}`)
  }

  /** Says from time to time what was done, if anything was. */
  private *showProgress(): Coroutine<void> {
    let last = ''
    for (;;) {
      yield* sleep(PROGRESS)
      const states = yield* this.board.read()
      const running = states.reduce((sum, { activity }) => sum + (activity?.running.length ?? 0), 0)
      const text = `${running} running, ${tallyText(this.board.sum(states))}`
      if (text !== last) this.say(text)
      last = text
    }
  }

  private describe(): string {
    const { processes, concurrency, engine, name, file } = this.options
    const many = processes === 1 ? '1 process' : `${processes} processes`
    return `${many}, ${concurrency} jobs at once in each, from ${placeOf(engine)} (${name}), ${file === undefined ? 'which are URLs' : `run by ${file}`}`
  }

  private say(line: string): void {
    if (!this.options.quiet) process.stderr.write(`gvent worker: ${line}\n`)
  }
}
