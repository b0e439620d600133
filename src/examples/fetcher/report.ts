import { once } from 'node:events'
import type { Writable } from 'node:stream'
import { getHub, sleep, until, type Coroutine } from 'gvent'
import { Download } from './download.js'
import type { Failure } from './failure.js'
import { ProgressBar } from './progress.js'
import { Paint, isLive, oneLine, widthOf } from './terminal.js'
import { count, duration, size } from './units.js'
import { Waterfall } from './waterfall.js'

const MILLISECONDS_BETWEEN_DRAWINGS = 100

/** How the URLs are fetched: at once, or one after another. */
export type Mode = 'asynchronous' | 'synchronous'

/** How it came to an end: at the end of the list; because somebody stopped it; because nobody reads the results. */
export type Ending = 'complete' | 'stopped' | 'unread'

/** Says what happens: results on standard output, everything else on standard error. */
export class Report {
  private begun = 0
  private fetched = 0
  private failed = 0
  private bytes = 0
  private readonly running = new Set<Download>()
  private readonly started = getHub().now()
  private readonly waterfall = new Waterfall()
  private readonly bar = new ProgressBar(process.stderr)

  /**
   * @param json print lines of JSON.
   * @param total how many URLs there are, as far as that is known by now.
   * @param mode becomes a part of each JSON line; left out unless two modes are compared.
   */
  constructor(
    private readonly json: boolean,
    private readonly total: () => number | undefined,
    private readonly mode?: Mode,
  ) {}

  /** How many milliseconds it took so far. */
  get elapsed(): number {
    return getHub().now() - this.started
  }

  /** Whether every URL that was begun was fetched. */
  get successful(): boolean {
    return this.fetched === this.begun
  }

  /** Takes note of a URL whose turn has come. */
  begin(url: string): Download {
    const download = new Download(this.begun++, url)
    this.running.add(download)
    return download
  }

  /** Prints a result. Waits while the reader of the output is behind, so that results do not pile up in memory. */
  *finish(download: Download): Coroutine<void> {
    this.printResult(download)
    const { stdout } = process
    if (stdout.writableNeedDrain) yield* until((signal) => once(stdout, 'drain', { signal }))
  }

  /** Keeps the progress bar up to date, until it is killed. */
  *showProgress(): Coroutine<void> {
    // Whoever types the URLs needs the line.
    if (this.total() === undefined && process.stdin.isTTY) return
    for (;;) {
      const { fetched, failed, running } = this
      this.bar.draw({ fetched, failed, running: running.size, total: this.total(), milliseconds: this.elapsed })
      yield* sleep(MILLISECONDS_BETWEEN_DRAWINGS)
    }
  }

  /** Prints what was done, unless there is nobody who would want to know. */
  end(ending: Ending): void {
    const { stderr } = process
    this.bar.erase()
    if (ending === 'unread') return
    for (const download of this.running) {
      // Those that had ended when the rest was stopped.
      if (download.finished) this.printResult(download)
      else this.draw(download)
    }
    if (isLive(stderr)) {
      for (const line of this.waterfall.draw(widthOf(stderr), Paint.for(stderr))) stderr.write(`${line}\n`)
    }
    const words = [`${count(this.fetched)} fetched`]
    if (this.failed > 0) words.push(`${count(this.failed)} failed`)
    if (this.running.size > 0) words.push(`${count(this.running.size)} given up`)
    const text = `${words.join(', ')}, ${size(this.bytes)} in ${duration(this.elapsed)}`
    stderr.write(ending === 'complete' ? `${text}\n` : `Stopped: ${text}\n`)
  }

  private printResult(download: Download): void {
    const { failure, bytes } = download
    const { stdout, stderr } = process
    this.running.delete(download)
    this.draw(download)
    this.bytes += bytes
    if (failure === undefined) this.fetched++
    else this.failed++
    if (this.json) this.print(stdout, toJson(download, this.mode))
    else if (failure === undefined) this.print(stdout, toText(download))
    else this.print(stderr, toFailure(download, failure, Paint.for(stderr)))
  }

  private draw(download: Download): void {
    if (download.attempts.length === 0) return
    const failed = download.failure !== undefined || this.running.has(download)
    this.waterfall.add({ number: download.number, url: download.url, attempts: download.attempts, failed })
  }

  private print(stream: Writable & { isTTY?: boolean }, line: string): void {
    if (stream.isTTY === true) this.bar.printAbove(() => stream.write(`${line}\n`))
    else stream.write(`${line}\n`)
  }
}

function toText({ number, url, title, bytes }: Download): string {
  return `Process ${number}: ${oneLine(title ?? `${size(bytes)} from ${url}`)}`
}

function toFailure({ number, url, attempts }: Download, { message }: Failure, { red }: Paint): string {
  const repeated = attempts.length > 1 ? ` (after ${attempts.length} attempts)` : ''
  return `Process ${number} ${red('failed')}: ${oneLine(url)}: ${message}${repeated}`
}

function toJson(download: Download, mode: Mode | undefined): string {
  const { number, url, status, attempts, bytes, title, file, failure } = download
  const [first] = attempts
  return JSON.stringify({
    process: number,
    mode,
    url,
    status: status ?? null,
    ms: first === undefined ? 0 : Math.round(attempts.at(-1)!.end - first.start),
    bytes,
    attempts: attempts.length,
    title,
    file,
    error: failure?.message,
    code: failure?.code,
  })
}
