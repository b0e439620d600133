import { once } from 'node:events'
import type { Writable } from 'node:stream'
import { getHub, sleep, until, type Coroutine } from 'gvent'
import type { Result } from './download.js'
import { ProgressBar } from './progress.js'
import { Paint, isLive, oneLine, widthOf } from './terminal.js'
import { count, duration, size } from './units.js'
import { Waterfall } from './waterfall.js'

const MILLISECONDS_BETWEEN_DRAWINGS = 100

/** How the URLs are fetched: at once, or one after another. */
export type Mode = 'asynchronous' | 'synchronous'

/** Says what happens: results on standard output, everything else on standard error. */
export class Report {
  /** How many URLs were begun. */
  begun = 0
  private fetched = 0
  private failed = 0
  private bytes = 0
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

  /** Prints a result. Waits while the reader of the output is behind, so that results do not pile up in memory. */
  *result(result: Result): Coroutine<void> {
    const { number, url, attempts, failure } = result
    if (failure === undefined) this.fetched++
    else this.failed++
    this.bytes += result.bytes
    if (attempts.length > 0) this.waterfall.add({ number, url, attempts, failed: failure !== undefined })
    const { stdout, stderr } = process
    if (this.json) this.print(stdout, toJson(result, this.mode))
    else this.print(failure === undefined ? stdout : stderr, toText(result))
    if (stdout.writableNeedDrain) yield* until((signal) => once(stdout, 'drain', { signal }))
  }

  /** Keeps the progress bar up to date, until it is killed. */
  *showProgress(): Coroutine<never> {
    for (;;) {
      const { fetched, failed } = this
      const running = this.begun - fetched - failed
      this.bar.draw({ fetched, failed, running, total: this.total(), milliseconds: this.elapsed })
      yield* sleep(MILLISECONDS_BETWEEN_DRAWINGS)
    }
  }

  /** Prints what was done. @param complete whether it is the end of the list; otherwise somebody stopped it. */
  end(complete: boolean): void {
    const { stderr } = process
    this.bar.erase()
    if (isLive(stderr)) {
      for (const line of this.waterfall.draw(widthOf(stderr), Paint.for(stderr))) stderr.write(`${line}\n`)
    }
    const { fetched, failed, begun } = this
    const words = [`${count(fetched)} fetched`]
    if (failed > 0) words.push(`${count(failed)} failed`)
    if (begun > fetched + failed) words.push(`${count(begun - fetched - failed)} given up`)
    const text = `${words.join(', ')}, ${size(this.bytes)} in ${duration(this.elapsed)}`
    stderr.write(complete ? `${text}\n` : `Stopped: ${text}\n`)
  }

  private print(stream: Writable & { isTTY?: boolean }, line: string): void {
    if (stream.isTTY === true) this.bar.printAbove(() => stream.write(`${line}\n`))
    else stream.write(`${line}\n`)
  }
}

function toText({ number, url, title, bytes, failure, attempts }: Result): string {
  const name = `Process ${number}`
  if (failure === undefined) return `${name}: ${title === undefined ? `${size(bytes)} from ${url}` : oneLine(title)}`
  const tries = attempts.length > 1 ? ` (after ${attempts.length} attempts)` : ''
  return `${name} failed: ${oneLine(url)}: ${failure.message}${tries}`
}

function toJson(
  { number, url, status, attempts, bytes, title, file, failure }: Result,
  mode: Mode | undefined,
): string {
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
