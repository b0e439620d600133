import { Pool, spawn, until, type Coroutine } from 'gvent'
import { comparison } from './comparison.js'
import { perform, type Download } from './download.js'
import { UsageError, type Options } from './options.js'
import { OutputLost, stopWhenNobodyReads } from './output-lost.js'
import { Rate } from './rate.js'
import { Report, type Ending } from './report.js'
import { Sources } from './sources.js'
import { makeFolder } from './storage.js'

type Source = Iterable<string> | AsyncIterable<string>

/**
 * Fetches what the command line names.
 *
 * @returns the exit status: 0 when all arrived, 1 when something failed.
 * @throws UsageError, SourceError when the list of URLs or the folder for the bodies cannot be used; OutputLost.
 */
export function* fetchAll(options: Options): Coroutine<number> {
  const sources = new Sources(options.urls, options.files)
  yield* until(sources.check())
  if (options.output !== undefined) yield* prepareFolder(options.output)
  stopWhenNobodyReads()
  if (options.files.includes('-') && process.stdin.isTTY) {
    process.stderr.write('Type URLs, one a line; Ctrl-D ends the list.\n')
  }
  const total = (): number | undefined => sources.total

  try {
    if (!options.sync) {
      const report = new Report(options.json, total)
      yield* fetchEach(sources, options.concurrency, report, options)
      return report.successful ? 0 : 1
    }
    const urls: string[] = []
    const headings = options.json ? process.stderr : process.stdout
    headings.write('Asynchronous:\n')
    const together = new Report(options.json, total, 'asynchronous')
    yield* fetchEach(remember(sources, urls), options.concurrency, together, options)
    const { elapsed } = together
    headings.write('Synchronous:\n')
    const apart = new Report(options.json, () => urls.length, 'synchronous')
    yield* fetchEach(urls, 1, apart, options)
    headings.write(`${comparison(elapsed, apart.elapsed)}\n`)
    return together.successful && apart.successful ? 0 : 1
  } finally {
    sources.close()
  }
}

/** Fetches the URLs, so many at a time. The next one is read when there is a free place for it. */
function* fetchEach(urls: Source, concurrency: number, report: Report, options: Options): Coroutine<void> {
  const rate = new Rate(options.rate)
  const pool = new Pool(concurrency)
  const progress = spawn(() => report.showProgress())
  let ending: Ending = 'stopped'
  const download = (url: string): Coroutine<Download> => perform(report.begin(url), { ...options, rate })
  try {
    for (const next of pool.imapUnordered(download, urls)) {
      const { done, value } = yield* next
      if (done === true) break
      yield* report.finish(value)
    }
    ending = 'complete'
  } catch (error) {
    if (error instanceof OutputLost) ending = 'unread'
    throw error
  } finally {
    yield* pool.kill()
    yield* progress.kill()
    report.end(ending)
  }
}

async function* remember(urls: Source, memory: string[]): AsyncGenerator<string, void, undefined> {
  for await (const url of urls) {
    memory.push(url)
    yield url
  }
}

function* prepareFolder(folder: string): Coroutine<void> {
  try {
    yield* until(makeFolder(folder))
  } catch (error) {
    throw new UsageError(`--output ${folder}: ${(error as Error).message}`)
  }
}
