import { getHub, sleep, type Coroutine } from '../../../index.js'
import type { Options } from '../options/options.js'
import type { Manifest } from '../output/manifest.js'
import { OutputLost } from '../output/output-lost.js'
import type { StandardOutput } from '../output/standard-output.js'
import type { Outcome, Transfer } from '../requests/transfer.js'
import { Bar } from './bar.js'
import { Counts } from './counts.js'
import { lineOf } from './line.js'
import { Paint, widthOf } from './terminal.js'
import { duration } from './units.js'
import { Waterfall } from './waterfall.js'

const MILLISECONDS_BETWEEN_DRAWINGS = 100

/** Where the lines of URLs go, and everything else that is said. */
export interface Places {
  readonly lines: StandardOutput
  readonly words: StandardOutput
  readonly manifest: Manifest | undefined
}

/** Accounts for each URL once: a line, a place in the counts, and a line of the manifest. */
export class Report {
  readonly counts: Counts = new Counts()
  /** The transfers that have not ended, in the order of the list. */
  readonly open: Set<Transfer> = new Set<Transfer>()
  /** The part of the manifest that was lost, if any. */
  lost: OutputLost | undefined
  private readonly started = getHub().now()
  private readonly waterfall = new Waterfall()
  private readonly bar: Bar | undefined

  /** @param total how many URLs there are, as far as that is known by now. */
  constructor(
    private readonly places: Places,
    private readonly options: Options,
    private readonly total: () => number | undefined,
  ) {
    this.bar = options.quiet || options.seed !== undefined ? undefined : new Bar(process.stderr)
  }

  /** Accounts for a URL that has come to its end. @throws OutputLost when the manifest cannot be written. */
  end(transfer: Transfer, outcome: Outcome): void {
    if (transfer.outcome !== undefined) return
    transfer.outcome = outcome
    this.open.delete(transfer)
    this.counts.add(transfer)
    this.draw(transfer)
    // On a terminal nobody wants to see thousands of URLs go by that were not begun.
    const isUnwanted = outcome === 'never begun' && process.stdout.isTTY
    const isSilent = outcome === 'fetched' && this.options.quiet && this.options.output === '-'
    if (!isUnwanted && !isSilent) {
      this.bar?.erase()
      this.places.lines.put(`${this.options.json ? JSON.stringify(transfer) : lineOf(transfer)}\n`)
    }
    if (this.lost !== undefined) return
    try {
      this.places.manifest?.write(transfer)
    } catch (error) {
      if (error instanceof OutputLost) this.lost = error
      throw error
    }
  }

  /** Says something beside the results. */
  say(text: string): void {
    this.bar?.erase()
    this.places.words.put(`${text}\n`)
  }

  /** Keeps the bar up to date, until it is killed. */
  *showProgress(pausing: () => number): Coroutine<void> {
    const { bar, counts, options } = this
    if (bar?.isLive !== true) return
    try {
      for (;;) {
        const now = getHub().now()
        const slowest = this.slowest()
        bar.draw({
          done: counts.done,
          failed: counts.outcomes.failed,
          running: Math.min(this.open.size, options.concurrency),
          pausing: pausing(),
          total: this.total(),
          milliseconds: now - this.started,
          slowest:
            slowest === undefined
              ? undefined
              : { url: slowest.target.url, milliseconds: now - slowest.attempts.at(-1)!.start },
        })
        yield* sleep(MILLISECONDS_BETWEEN_DRAWINGS)
      }
    } finally {
      bar.erase()
    }
  }

  /** Prints the summary. @param ending why it ended before its time. */
  conclude(ending: string | undefined): void {
    if (this.options.quiet) return
    const { stderr } = process
    if (this.bar?.isLive === true) {
      for (const line of this.waterfall.draw(widthOf(stderr), Paint.for(stderr))) this.say(line)
    }
    const [first, ...others] = this.counts.summary(getHub().now() - this.started)
    this.say(ending === undefined ? first! : `${ending}: ${first!}`)
    for (const line of others) this.say(line)
  }

  /** Tells that a URL is tried again, and when. */
  tellPause(transfer: Transfer, pause: number): void {
    const { retryAfter, message } = transfer.failure!
    const isAsked = retryAfter !== undefined && retryAfter >= pause
    if (this.options.quiet || (!isAsked && !this.options.verbose)) return
    const until = new Date(Date.now() + pause).toTimeString().slice(0, 8)
    const why = isAsked ? `Retry-After: waiting ${duration(pause)}, until ${until}` : `again in ${duration(pause)}`
    this.say(`${transfer.target.url}: ${message}; ${why}`)
  }

  private draw({ attempts, target, outcome }: Transfer): void {
    if (attempts.length === 0 || this.bar?.isLive !== true) return
    const last = attempts.at(-1)!
    if (last.end === Infinity) last.end = getHub().now()
    this.waterfall.add({ number: target.number, url: target.url, attempts, failed: outcome !== 'fetched' })
  }

  private slowest(): Transfer | undefined {
    let slowest: Transfer | undefined
    for (const transfer of this.open) {
      const last = transfer.attempts.at(-1)
      if (last?.end !== Infinity) continue
      if (slowest === undefined || last.start < slowest.attempts.at(-1)!.start) slowest = transfer
    }
    return slowest
  }
}
