import type { Coroutine } from '../../../index.js'
import type { Jobs } from '../../../jobs/index.js'
import type { OpenEngine } from '../../engines/open-engine.js'
import { UsageError } from '../../usage-error.js'
import { GivenArguments } from '../options/arguments.js'
import { parseOptions, type Options } from '../options/options.js'
import { Bodies } from '../output/bodies.js'
import { StandardOutput } from '../output/standard-output.js'
import { connectionsFor } from '../requests/connections.js'
import { Failure } from '../requests/failure.js'
import { Fetcher } from '../requests/fetcher.js'
import { Requests } from '../requests/request.js'
import { Transfer } from '../requests/transfer.js'
import { version } from '../version.js'
import { idOf, resultsOf, type FetchLine, type FetchResult } from './fetch-job.js'
import { FleetPlaces } from './fleet-places.js'

/** Options of `gvent fetch` that say where URLs come from and results go, which others do here. */
const ELSEWHERE = [
  ...['file', 'manifest', 'resume', 'har', 'json', 'fail-fast', 'max-errors', 'simulate', 'cookie-jar', 'continue'],
  ...['enqueue', 'collect', 'verbose', 'version'],
]

/**
 * Reads the options of `gvent fetch` that hold for a worker.
 *
 * @throws UsageError for those that do not.
 */
export function readFetchOptions(args: readonly string[]): Options {
  const given = new GivenArguments(args)
  const wrong = ELSEWHERE.find((name) => given.has(name))
  if (wrong !== undefined)
    throw new UsageError(`--${wrong} is an option of gvent fetch, and not of gvent worker --fetch`)
  if (given.positionals.length > 0)
    throw new UsageError(`unexpected ${given.positionals[0]!}: URLs come from the engine, by gvent fetch --enqueue`)
  const options = parseOptions(given)
  const { output } = options
  if (output === '-') throw new UsageError('--output - is nothing for several processes: write a folder')
  if (output?.includes('{') === true && !output.includes('{n}'))
    throw new UsageError('--output needs {n} here, so that no two processes write the same file')
  return options
}

/** Makes the module whose jobs fetch URLs. @throws UsageError when the engine has no place for the limits of a fleet. */
export function fetchModule(
  options: Options,
  engine: OpenEngine,
  queue: string,
): { fetch: (line: FetchLine) => Coroutine<void> } {
  const { perHost, rate, ratePerHost } = options
  if (engine.store === undefined && [perHost, rate, ratePerHost].some((limit) => limit !== Infinity))
    throw new UsageError('--per-host and --rate hold for all machines, which needs Redis or PostgreSQL as the engine')
  const requests = new Requests(options, version())
  const attempts = { ...options, requests, connections: connectionsFor(options), archive: undefined, tell: undefined }
  const places = new FleetPlaces(engine.store, `gvent:${queue}`, options)
  const results: Jobs<FetchResult> = engine.jobs(resultsOf(queue))
  const nowhere = new StandardOutput(2, () => undefined, false)
  return {
    *fetch(line) {
      const { n: number, url, options: own } = line
      const transfer = new Transfer({ number, url, options: own, mistake: undefined })
      // Its file has the same name, however often it is delivered.
      const fetcher = new Fetcher(options, new Bodies(options, nowhere), attempts, () => undefined)
      const place = places.place()
      try {
        yield* fetcher.fetch(transfer, place)
        transfer.outcome = 'fetched'
      } catch (error) {
        if (!(error instanceof Failure)) throw error
        transfer.failure = error
        transfer.outcome = 'failed'
      } finally {
        place.close()
      }
      const entry = transfer.toJSON() as FetchResult['entry']
      yield* results.add({ line, entry }, { id: idOf(line) })
    },
  }
}
