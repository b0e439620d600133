import { join } from 'node:path'
import { GreenletExit, Timeout, fetch, getHub, sleep, type Coroutine, type Operation } from 'gvent'
import { Failure, badStatus, checkUrl, cutShort, explain } from './failure.js'
import type { Rate } from './rate.js'
import { PartialFile, fileNameFor } from './storage.js'
import { duration, size } from './units.js'
import type { Attempt } from './waterfall.js'

/** A page is kept in memory until its end, to find its title, so there is a limit to it. */
const LARGEST_PAGE = 16 * 2 ** 20
const FIRST_PAUSE = 250
const LONGEST_PAUSE = 60_000

export interface DownloadOptions {
  /** The limit for one attempt, in milliseconds. */
  readonly timeout: number
  /** How often a failed attempt is repeated. */
  readonly retries: number
  readonly rate: Rate
  /** Take any body. */
  readonly raw: boolean
  /** The folder for the bodies. */
  readonly output: string | undefined
}

/** A URL, and what became of it so far. */
export class Download {
  readonly attempts: Attempt[] = []
  /** The last answer's status; `undefined` when none came. */
  status: number | undefined
  /** The size of the body as far as it came. */
  bytes = 0
  title: string | undefined
  /** Where the body was saved. */
  file: string | undefined
  failure: Failure | undefined
  /** Whether it came to an end, good or bad. */
  finished = false

  /** @param number its place in the list of URLs. */
  constructor(
    readonly number: number,
    readonly url: string,
  ) {}
}

/**
 * Fetches a URL, as often as it takes and is allowed. What goes wrong is noted in the download, and raises nothing.
 *
 * @returns the download.
 * Cancel safety: a kill closes the connection and removes what was saved of the body so far.
 */
export function* perform(download: Download, options: DownloadOptions): Coroutine<Download> {
  try {
    const url = checkUrl(download.url)
    for (let repeats = 0; ; repeats++) {
      yield* options.rate.turn()
      const failure = yield* attempt(download, url, options)
      if (failure === undefined) break
      if (!failure.temporary || repeats === options.retries) throw failure
      yield* sleep(pauseAfter(repeats, failure))
    }
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    download.failure = error
  }
  download.finished = true
  return download
}

/** Doubles each time; the random part keeps those who failed together from coming back together. */
function pauseAfter(repeats: number, { retryAfter }: Failure): number {
  const pause = FIRST_PAUSE * 2 ** repeats * (0.75 + Math.random() / 2)
  return Math.min(Math.max(pause, retryAfter), LONGEST_PAUSE)
}

function* attempt(download: Download, url: URL, options: DownloadOptions): Coroutine<Failure | undefined> {
  const times: Attempt = { start: getHub().now(), end: Infinity }
  const file =
    options.output === undefined ? undefined : new PartialFile(join(options.output, fileNameFor(download.number, url)))
  download.attempts.push(times)
  download.bytes = 0
  download.status = undefined
  try {
    yield* receive(download, times, url, file, options)
    download.file = file?.path
    return undefined
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    return error
  } finally {
    times.end = getHub().now()
    // Out here the timeout is over and cannot disturb it.
    if (file !== undefined) yield* file.discard()
  }
}

function* receive(
  download: Download,
  times: Attempt,
  url: URL,
  file: PartialFile | undefined,
  { timeout, raw }: DownloadOptions,
): Coroutine<void> {
  using limit = Timeout.start(timeout)
  try {
    using response = yield* explained(fetch(url), (error) => explain(error, url))
    times.answer = getHub().now()
    download.status = response.status
    if (!response.ok) throw badStatus(response.status, response.statusText, response.headers.get('retry-after'))

    const parts: Uint8Array[] = []
    for (const next of response.chunks()) {
      const { done, value: part } = yield* explained(next, (error) => cutShort(error, download.bytes, response.headers))
      if (done === true) break
      download.bytes += part.length
      if (file !== undefined) yield* file.write(part)
      if (!raw) parts.push(part)
      if (!raw && download.bytes > LARGEST_PAGE) throw tooLarge()
    }
    if (!raw) download.title = titleOf(parts)
    if (file !== undefined) yield* file.commit()
  } catch (error) {
    if (error !== limit) throw error
    const what = times.answer === undefined ? 'no answer' : `the body did not end (${size(download.bytes)} came)`
    throw new Failure('TIMEOUT', `${what} within ${duration(timeout)}`, { temporary: true })
  }
}

/** Waits for something of the network; an error of it becomes the failure that `explain` makes of it. */
function* explained<T>(operation: Operation<T>, explain: (error: unknown) => Failure): Coroutine<T> {
  try {
    return yield* operation
  } catch (error) {
    if (error instanceof GreenletExit || error instanceof Timeout) throw error
    throw explain(error)
  }
}

function titleOf(parts: Uint8Array[]): string {
  let items: unknown
  try {
    items = JSON.parse(new TextDecoder().decode(Buffer.concat(parts)))
  } catch (error) {
    throw new Failure('NOT_JSON', `the page is not JSON: ${(error as Error).message}`)
  }
  const title = Array.isArray(items) ? (items[0] as { title?: unknown } | null | undefined)?.title : undefined
  if (typeof title === 'string') return title
  throw new Failure('NO_TITLE', 'the page is JSON, but not a list whose first item has a title')
}

function tooLarge(): Failure {
  return new Failure(
    'TOO_LARGE',
    `the page is larger than ${size(LARGEST_PAGE)}, too large to look for a title; try --raw`,
  )
}
