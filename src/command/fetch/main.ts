import { run, until, type Coroutine } from '../../index.js'
import { Sources } from './input/sources.js'
import { collectEarly, keepYoungGenerationSmall } from './memory.js'
import { GivenArguments } from './options/arguments.js'
import { helpText } from './options/help.js'
import { parseOptions, type Options } from './options/options.js'
import { UsageError, reportMistakes } from '../run-command.js'
import { FetchProgram } from './program.js'
import { version } from './version.js'

/** Runs `gvent fetch` with the arguments after its name, and sets the exit status. */
export function runFetch(args: string[]): Promise<void> {
  return reportMistakes('fetch', async () => {
    const given = new GivenArguments(args)
    if (given.has('help')) process.stdout.write(helpText())
    else if (given.has('version')) process.stdout.write(`gvent ${version()}\n`)
    else await fetchAll(parseOptions(given))
  })
}

async function fetchAll(options: Options): Promise<void> {
  if (options.seed !== undefined) {
    const { simulateFetch } = await import('./simulation.js')
    process.exitCode = await simulateFetch(options, options.seed, version())
    return
  }
  keepYoungGenerationSmall()
  const status: unknown = await run(fetching, options)
  // After Ctrl-C there is no number, and the exit status is set.
  if (typeof status === 'number') process.exitCode = status
}

function* fetching(options: Options): Coroutine<number> {
  const sources = new Sources(options.urls, options.files)
  yield* until(sources.check())
  if (options.urls.length === 0 && options.files.length === 1 && options.files[0] === '-' && process.stdin.isTTY) {
    throw new UsageError('there is no URL')
  }
  if (options.enqueue !== undefined || options.collect !== undefined) return yield* passOn(options, sources)
  return yield* new FetchProgram(options, sources, version()).run()
}

/** Has others fetch: the code for that is loaded when it runs. */
function* passOn(options: Options, sources: Sources): Coroutine<number> {
  collectEarly()
  if (options.enqueue !== undefined) {
    const { enqueue } = yield* until(import('./fleet/enqueue.js'))
    return yield* enqueue(options, options.enqueue, sources)
  }
  const { Collector } = yield* until(import('./fleet/collector.js'))
  return yield* new Collector(options, sources).run()
}
