import { readFileSync } from 'node:fs'
import { run, until, type Coroutine } from '../../index.js'
import { Sources } from './input/sources.js'
import { Arguments } from './options/arguments.js'
import { helpText } from './options/help.js'
import { parseOptions, type Options } from './options/options.js'
import { UsageError } from '../usage-error.js'
import { FetchProgram } from './program.js'

/** Runs `gvent fetch` with the arguments after its name, and sets the exit status. */
export async function runFetch(args: string[]): Promise<void> {
  try {
    const given = new Arguments(args)
    if (given.has('help')) process.stdout.write(helpText())
    else if (given.has('version')) process.stdout.write(`gvent ${version()}\n`)
    else await fetchAll(parseOptions(given))
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    process.stderr.write(`gvent fetch: ${error.message}\nRun gvent fetch --help for usage.\n`)
    process.exitCode = 2
  }
}

async function fetchAll(options: Options): Promise<void> {
  if (options.seed !== undefined) {
    const { simulateFetch } = await import('./simulation.js')
    process.exitCode = await simulateFetch(options, options.seed, version())
    return
  }
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
  return yield* new FetchProgram(options, sources, version()).run()
}

function version(): string {
  const manifest = readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')
  return (JSON.parse(manifest) as { version: string }).version
}
