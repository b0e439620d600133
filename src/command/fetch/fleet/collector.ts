import {
  Event,
  GreenletExit,
  getCurrent,
  getHub,
  shield,
  sleep,
  spawn,
  until,
  type Coroutine,
  type Greenlet,
} from '../../../index.js'
import { Discard, consume, type JobCall } from '../../../jobs/index.js'
import { connect } from '../../engines/connect.js'
import { placeOf } from '../../engines/engine-address.js'
import type { OpenEngine } from '../../engines/open-engine.js'
import type { Sources } from '../input/sources.js'
import type { Options } from '../options/options.js'
import { Manifest } from '../output/manifest.js'
import { OutputLost } from '../output/output-lost.js'
import { PrintSet } from '../output/print-set.js'
import { StandardOutput } from '../output/standard-output.js'
import { Report } from '../report/report.js'
import { count } from '../report/units.js'
import { Failure, type FailureKind } from '../requests/failure.js'
import { Transfer, type Outcome } from '../requests/transfer.js'
import { idOf, resultsOf, type FetchLine, type FetchResult } from './fetch-job.js'

/** The most results taken at once. */
const SIZE = 100
/** Pause between two looks for URLs whose workers died, in milliseconds. */
const LOOK = 2000

/** Waits until workers have fetched the URLs of a list, and accounts for each of them once, however often it was done. */
export class Collector {
  private readonly lines: StandardOutput
  private readonly words: StandardOutput
  private readonly manifest: Manifest | undefined
  private readonly report: Report
  /** The ids of all that is wanted, and of what has not come yet. */
  private readonly listed = new PrintSet()
  private readonly missing = new PrintSet()
  private readonly complete = new Event()
  private lost: OutputLost | undefined
  private main: Greenlet | undefined

  /** @throws UsageError for files that cannot be used. */
  constructor(
    private readonly options: Options,
    private readonly sources: Sources,
  ) {
    const { manifest, resume } = options
    this.words = new StandardOutput(2, () => undefined, false)
    this.lines = new StandardOutput(1, (error) => this.end(error), false)
    this.manifest = manifest === undefined ? undefined : new Manifest(manifest, resume, () => undefined)
    const places = { lines: this.lines, words: this.words, manifest: this.manifest }
    this.report = new Report(places, options, () => this.listed.size)
  }

  /** @returns the exit status: 0 when all were fetched, 1 when not, 3 when results were lost. */
  *run(): Coroutine<number> {
    const { options, report } = this
    this.main = getCurrent()!
    const address = options.collect!
    const engine = yield* connect(address, { lasts: true })
    let isStopped = true
    const helpers: Greenlet[] = []
    try {
      yield* this.readList()
      if (!options.quiet) {
        report.say(
          `gvent fetch: waiting for ${count(this.missing.size)} URLs from ${placeOf(address)} (${options.queue})`,
        )
      }
      const results = engine.jobs<FetchResult>(resultsOf(options.queue)).source
      const troubles = { onEvent: undefined, size: SIZE }
      helpers.push(
        spawn(() => consume(results, (result) => this.receive(result), troubles)),
        spawn(() => report.showProgress(() => 0)),
        spawn(() => this.lookForDead(engine)),
      )
      yield* this.complete.wait()
      isStopped = false
    } catch (error) {
      if (!(error instanceof OutputLost)) throw error
    } finally {
      yield* shield(() => this.finish(helpers, engine, isStopped))
    }
    if (this.lost !== undefined) return 3
    return report.counts.isComplete ? 0 : 1
  }

  private *readList(): Coroutine<void> {
    const { sources, report, listed, missing } = this
    for (;;) {
      const target = sources.take()
      if (target === undefined) {
        if (sources.ended) break
        yield* until(sources.fill())
        continue
      }
      const { number: n, url, options, mistake } = target
      const id = idOf({ url, options })
      // The same line twice is fetched once.
      if (listed.has(id)) continue
      listed.add(id)
      if (this.manifest?.takeFetched(target) === true) report.counts.before++
      else if (mistake !== undefined)
        this.account({ n, url, options }, 'failed', { error: mistake.message, code: mistake.code })
      else missing.add(id)
      if (this.lines.isFull) yield* this.lines.flush()
    }
    this.checkComplete()
  }

  /** A result, which may come twice: from two workers, and after a crash of this program. */
  private *receive({ line, entry }: FetchResult): Coroutine<void> {
    const id = idOf(line)
    if (!this.listed.has(id)) throw new Discard(`${line.url} is not in the list: another list has the same --name`)
    if (!this.missing.take(id)) return
    this.account(line, entry['outcome'] as Outcome, entry)
    if (this.lines.isFull) yield* this.lines.flush()
    this.checkComplete()
  }

  /** Accounts for URLs that no worker survived. */
  private *lookForDead(engine: OpenEngine): Coroutine<void> {
    const dead = engine.dead(this.options.queue)
    for (;;) {
      yield* sleep(LOOK)
      let letters
      try {
        letters = yield* dead.list(1000)
      } catch (error) {
        if (error instanceof GreenletExit) throw error
        // An engine that is away is asked again.
        continue
      }
      for (const { data, error } of letters) {
        const [line] = ((data as Partial<JobCall>).args ?? []) as FetchLine[]
        if (typeof line?.url !== 'string' || !this.missing.take(idOf(line))) continue
        this.account(line, 'failed', {
          error: `no worker came to its end: ${error.split('\n')[0]!}`,
          code: 'DEAD_LETTER',
        })
      }
      this.checkComplete()
    }
  }

  private account(line: FetchLine, outcome: Outcome, entry: FetchResult['entry']): void {
    try {
      this.report.end(transferOf(line, entry), outcome)
    } catch (error) {
      if (!(error instanceof OutputLost)) throw error
      this.end(error)
      throw error
    }
  }

  private checkComplete(): void {
    if (this.missing.size === 0) this.complete.set()
  }

  private end(error: OutputLost): void {
    if (this.lost !== undefined) return
    this.lost = error
    void this.main?.kill(error)
  }

  private *finish(helpers: readonly Greenlet[], engine: OpenEngine, isStopped: boolean): Coroutine<void> {
    for (const helper of helpers) yield* helper.kill()
    this.sources.close()
    yield* until(engine.close())
    yield* this.lines.flush()
    this.manifest?.close()
    const left = this.missing.size
    this.report.conclude(
      this.lost?.message ??
        (isStopped ? `stopped, ${count(left)} not there yet (the same again with --resume)` : undefined),
    )
    yield* this.words.flush()
  }
}

/** A transfer as its worker described it. */
function transferOf({ n: number, url, options }: FetchLine, entry: FetchResult['entry']): Transfer {
  const transfer = new Transfer({ number, url, options, mistake: undefined })
  const { status, size, file, checksum, times, attempts = 0, error, code, kind } = entry
  const now = getHub().now()
  const numbers = Object.entries(Object(times) as Record<string, number | null>)
  Object.assign(transfer, { status: status ?? undefined, size: size ?? 0, file: file ?? undefined, checksum })
  Object.assign(transfer.times, Object.fromEntries(numbers.map(([name, time]) => [name, time ?? undefined])))
  for (let each = 0; each < Number(attempts); each++) transfer.attempts.push({ start: now, end: now })
  if (typeof error === 'string')
    transfer.failure = new Failure(String(code), error, { kind: (kind ?? 'other') as FailureKind })
  return transfer
}
