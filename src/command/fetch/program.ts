import {
  GreenletExit,
  Group,
  getCurrent,
  shield,
  spawn,
  until,
  type Connections,
  type Coroutine,
  type Greenlet,
} from '../../index.js'
import { Sources } from './input/sources.js'
import type { Target } from './input/target.js'
import type { Options } from './options/options.js'
import { LONG, collectEarly } from './memory.js'
import { Bodies } from './output/bodies.js'
import { CookieFile } from './output/cookie-file.js'
import { HttpArchive } from './output/har.js'
import { Manifest } from './output/manifest.js'
import { OutputLost } from './output/output-lost.js'
import { StandardOutput } from './output/standard-output.js'
import { Report } from './report/report.js'
import { connectionsFor } from './requests/connections.js'
import { Failure } from './requests/failure.js'
import { Fetcher } from './requests/fetcher.js'
import { Places, type Place } from './requests/places.js'
import { Requests } from './requests/request.js'
import { Transfer } from './requests/transfer.js'
import { settingsLine } from './settings.js'
import { Stop } from './stop.js'

/** Fetches what the command line names, and accounts for all of it, whatever ends it. */
export class FetchProgram {
  private readonly sources: Sources
  private readonly requests: Requests
  private readonly places: Places
  private readonly lines: StandardOutput
  private readonly words: StandardOutput
  private readonly bodies: Bodies
  private readonly manifest: Manifest | undefined
  private readonly archive: HttpArchive | undefined
  private readonly report: Report
  private readonly fetcher: Fetcher
  private readonly connections: Connections
  private readonly cookies: CookieFile | undefined
  private readonly workers = new Group()
  private main: Greenlet | undefined
  /** The reason that ended it before its time. */
  private stop: Stop | OutputLost | undefined

  /** @throws UsageError for files that cannot be used. */
  constructor(
    private readonly options: Options,
    sources: Sources,
    version: string,
  ) {
    const { seed, output, manifest, resume, har, cookieJar, quiet, verbose } = options
    const isSimulated = seed !== undefined
    this.sources = sources
    this.requests = new Requests(options, version)
    const connections = connectionsFor(options)
    this.places = new Places(options)
    const lost = (error: OutputLost): void => this.end(error)
    this.words = new StandardOutput(2, () => undefined, isSimulated)
    // Bodies and lines do not go well together.
    this.lines = new StandardOutput(output === '-' ? 2 : 1, output === '-' ? () => undefined : lost, isSimulated)
    const printed = output === '-' ? new StandardOutput(1, lost, isSimulated) : this.lines
    this.bodies = new Bodies(options, printed)
    this.manifest =
      manifest === undefined ? undefined : new Manifest(manifest, resume, (file) => this.bodies.names?.use(file))
    this.archive = har === undefined ? undefined : new HttpArchive(har, version)
    this.cookies = cookieJar === undefined ? undefined : new CookieFile(cookieJar, this.requests.jar!)
    this.printed = printed
    this.report = new Report(
      { lines: this.lines, words: this.words, manifest: this.manifest },
      options,
      () => this.sources.total,
    )
    const tell = quiet || !verbose ? undefined : (text: string) => this.report.say(text)
    const attempts = { ...options, requests: this.requests, connections, archive: this.archive, tell }
    this.connections = connections
    this.fetcher = new Fetcher(options, this.bodies, attempts, (transfer, pause) =>
      this.report.tellPause(transfer, pause),
    )
  }

  private readonly printed: StandardOutput;

  /** @returns the exit status: 0 when all were fetched, 1 when not, 3 when results were lost. */
  *run(): Coroutine<number> {
    const { options, report } = this
    this.main = getCurrent()!
    if (!options.quiet) report.say(settingsLine(options))
    const progress = spawn(() => report.showProgress(() => this.places.pausing))
    let isStopped = true
    try {
      yield* this.startAll()
      yield* this.workers.join()
      isStopped = false
    } catch (error) {
      if (!(error instanceof Stop) && !(error instanceof OutputLost)) throw error
      this.stop ??= error
    } finally {
      yield* shield(() => this.finish(progress, isStopped))
    }
    return this.status()
  }

  private status(): number {
    if (this.lost !== undefined) return 3
    const { counts, open } = this.report
    return counts.isComplete && open.size === 0 ? 0 : 1
  }

  private get lost(): OutputLost | undefined {
    return this.stop instanceof OutputLost ? this.stop : (this.report.lost ?? this.printed.lost)
  }

  /** Ends the work. */
  private end(reason: Stop | OutputLost): void {
    if (this.stop !== undefined) return
    this.stop = reason
    void this.main?.kill(reason)
  }

  /** Takes the URLs from the list, as there are places for them. */
  private *startAll(): Coroutine<void> {
    const { sources, places, lines } = this
    let taken = 0
    for (;;) {
      const target = sources.take()
      if (target === undefined) {
        if (sources.ended) return
        yield* until(sources.fill())
        continue
      }
      if (++taken === LONG) collectEarly()
      if (this.manifest?.takeFetched(target) === true) {
        this.report.counts.before++
        continue
      }
      const transfer = new Transfer(target)
      this.report.open.add(transfer)
      if (lines.isFull) yield* lines.flush()
      const place = yield* places.admit()
      yield* this.workers.spawn(() => this.perform(transfer, place))
    }
  }

  /** Fetches a URL, as often as it takes and is allowed. */
  private *perform(transfer: Transfer, place: Place): Coroutine<void> {
    try {
      yield* this.fetcher.fetch(transfer, place)
      this.report.end(transfer, 'fetched')
    } catch (error) {
      if (error instanceof GreenletExit) throw error
      if (error instanceof OutputLost) {
        this.end(error)
        transfer.failure ??= new Failure(error.code ?? 'OUTPUT', error.message, { kind: 'output', cause: error })
      } else if (error instanceof Failure) transfer.failure = error
      else throw error
      this.account(transfer)
    } finally {
      place.close()
    }
  }

  private account(transfer: Transfer): void {
    const { report, options } = this
    try {
      report.end(transfer, 'failed')
    } catch (error) {
      if (!(error instanceof OutputLost)) throw error
      this.end(error)
    }
    const { failed } = report.counts.outcomes
    if (failed < options.maxErrors) return
    this.end(new Stop(options.maxErrors === 1 ? 'stopped at the first failure' : `stopped at ${failed} failures`))
  }

  /** Accounts for all that has come to no end, and closes everything. */
  private *finish(progress: Greenlet, isStopped: boolean): Coroutine<void> {
    const { report, sources, connections } = this
    yield* this.workers.kill()
    yield* progress.kill()
    if (isStopped) yield* this.accountForRest()
    sources.close()
    connections.close()
    yield* this.lines.flush()
    yield* this.printed.flush()
    this.noteLoss(() => this.archive?.close())
    this.noteLoss(() => this.manifest?.close())
    this.noteLoss(() => this.cookies?.write())
    const reason = this.lost ?? this.stop
    report.conclude(reason?.message ?? (isStopped ? 'stopped' : undefined))
    if (this.options.quiet && reason !== undefined) report.say(`gvent fetch: ${reason.message}`)
    yield* this.words.flush()
  }

  private *accountForRest(): Coroutine<void> {
    const { report, sources } = this
    for (const transfer of report.open) {
      if (transfer.attempts.length > 0) transfer.failure = undefined
      this.note(transfer, transfer.attempts.length > 0 ? 'given up' : 'never begun')
    }
    for (;;) {
      const target: Target | undefined = sources.take()
      if (target !== undefined) {
        if (this.manifest?.takeFetched(target) === true) report.counts.before++
        else this.note(new Transfer(target), 'never begun')
        if (this.lines.isFull) yield* this.lines.flush()
      } else if (sources.ended) return
      else if (!(yield* until(sources.fillQuickly()))) {
        report.say('standard input did not end; what was not read of it is not counted')
        return
      }
    }
  }

  private note(transfer: Transfer, outcome: 'given up' | 'never begun'): void {
    this.noteLoss(() => this.report.end(transfer, outcome))
  }

  /** Does something at the end, when nothing is left to be stopped by a loss. */
  private noteLoss(work: () => void): void {
    try {
      work()
    } catch (error) {
      if (!(error instanceof OutputLost)) throw error
      if (!(this.stop instanceof OutputLost)) this.stop = error
    }
  }
}
