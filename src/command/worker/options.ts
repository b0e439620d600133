import { ENGINES_HELP, readEngine } from '../engines/engine-address.js'
import { readFetchOptions } from '../fetch/fleet/fetch-module.js'
import type { Options } from '../fetch/options/options.js'
import { parseCount, parseTime } from '../fetch/options/quantities.js'
import { UsageError, readArguments } from '../run-command.js'

/** How `gvent worker` is used. */
export const help: string = `Usage: gvent worker [options] MODULE
       gvent worker --fetch [options] [options of gvent fetch]

Runs jobs of an engine in several processes. MODULE is a file such as jobs.js. Jobs can call the functions that it exports, by
their names, and nothing else. (From Node 22.18 on, it may be TypeScript.)

With --fetch the jobs are the URLs of gvent fetch --enqueue, and the options of
gvent fetch say how they are fetched: --output, --retries, --timeout, --header;
--per-host, --rate and --rate-per-host hold for all workers together.

Options:
${ENGINES_HELP}
  --name NAME    which queue; 'jobs' by default, with --fetch 'fetch'
  --processes N  how many processes; 1 by default
  --concurrency N
                 how many jobs at once in each; 10 by default
  --timeout TIME how long a job may take; without it there is no limit (with
                 --fetch: an attempt)
  --attempts N   how often a job that fails is tried; 5 by default
  --lease TIME   when the jobs of a dead worker go to others; 30s by default
  --grace TIME   how long jobs may run on when the worker stops or reloads,
                 before they are handed back; 5s by default
  --health [HOST:]PORT
                 serve /live, /ready, and / with the running jobs; on
                 127.0.0.1 unless a host is given
  --quiet, -q    print only errors
  --verbose, -v  print which jobs begin and end
  --help, -h

Times have units (500ms, 30s, 2m), and a bare number is seconds.

Signals:
  SIGHUP         reload: new processes start with the current files, the old
                 ones take no more jobs and end within the grace period
  SIGTERM, Ctrl-C
                 take no more jobs, hand back those that do not end within
                 the grace period, and exit; a second one exits at once

Exit status: 130 after Ctrl-C, 143 after SIGTERM; 1 if it cannot start; 2 for a mistake in the command line.

Examples:
  gvent worker jobs.js --engine redis://localhost --concurrency 100 --processes 4
  GVENT_ENGINE=postgres://user:secret@host/db gvent worker jobs.js --health 9000
  gvent worker --fetch --processes 3 --concurrency 50 --per-host 10 --output pages
`

/** The options of `gvent worker`. Times are milliseconds. */
export interface WorkerOptions {
  /** The file of the jobs; `undefined` if they are URLs. */
  readonly file: string | undefined
  /** The options by which URLs are fetched. */
  readonly fetch: Options | undefined
  readonly engine: URL
  readonly name: string
  readonly processes: number
  readonly concurrency: number
  readonly timeout: number | undefined
  readonly attempts: number
  readonly lease: number | undefined
  readonly grace: number
  readonly health: { readonly host: string; readonly port: number } | undefined
  readonly quiet: boolean
  readonly verbose: boolean
}

/**
 * Reads the command line.
 *
 * @returns `undefined` if it asks for help.
 * @throws UsageError
 */
export function readOptions(args: string[], environment: NodeJS.ProcessEnv): WorkerOptions | undefined {
  const isFetch = args.includes('--fetch')
  const [own, rest] = isFetch ? divide(args) : [args, []]
  const { values, positionals } = readArguments(own, table)
  if (values.help === true) return undefined
  const [file, ...others] = positionals
  if (file === undefined && !isFetch)
    throw new UsageError('which jobs? Write the file that exports them: gvent worker jobs.js')
  if (others.length > 0) throw new UsageError(`expected one file, got ${positionals.join(' ')}`)
  const read = <T>(name: 'timeout' | 'lease' | 'grace', absent: T): number | T => {
    const text = values[name]
    return text === undefined ? absent : parseTime(`--${name}`, text)
  }
  const count = (name: 'processes' | 'concurrency' | 'attempts', absent: number): number => {
    const text = values[name]
    return text === undefined ? absent : parseCount(`--${name}`, text, 1)
  }
  const { name = isFetch ? 'fetch' : 'jobs', quiet = false, verbose = false } = values
  if (!/^[\w-]{1,100}$/.test(name)) throw new UsageError(`--name: expected letters, digits, _ and -, got ${name}`)
  if (quiet && verbose) throw new UsageError('--quiet and --verbose exclude each other')
  const timeout = read('timeout', undefined)
  return {
    file,
    fetch: isFetch ? readFetchOptions(rest) : undefined,
    engine: readEngine(values, environment),
    name,
    processes: count('processes', 1),
    concurrency: count('concurrency', 10),
    timeout: timeout === Infinity ? undefined : timeout,
    attempts: count('attempts', 5),
    lease: finite('--lease', read('lease', undefined)),
    // No time is no time here.
    grace:
      values.grace !== undefined && /^0(ms|s|m)?$/.test(values.grace) ? 0 : finite('--grace', read('grace', 5000))!,
    health: values.health === undefined ? undefined : readAddress(values.health),
    quiet,
    verbose,
  }
}

/** Divides the arguments into those of this command and those of `gvent fetch`. */
function divide(args: readonly string[]): [own: string[], rest: string[]] {
  const own: string[] = []
  const rest: string[] = []
  for (let index = 0; index < args.length; index++) {
    const [name = ''] = args[index]!.split('=')
    const option = Object.entries(table).find(
      ([each, row]) => name === `--${each}` || ('short' in row && name === `-${row.short}`),
    )
    // The time limit is that of an attempt.
    if (option === undefined || option[0] === 'timeout') rest.push(args[index]!)
    else {
      own.push(args[index]!)
      if (option[1].type === 'string' && !args[index]!.includes('=') && index + 1 < args.length)
        own.push(args[++index]!)
    }
  }
  return [own, rest]
}

const table = {
  engine: { type: 'string' },
  'engine-file': { type: 'string' },
  name: { type: 'string' },
  fetch: { type: 'boolean' },
  processes: { type: 'string' },
  concurrency: { type: 'string' },
  timeout: { type: 'string' },
  attempts: { type: 'string' },
  lease: { type: 'string' },
  grace: { type: 'string' },
  health: { type: 'string' },
  quiet: { type: 'boolean', short: 'q' },
  verbose: { type: 'boolean', short: 'v' },
  help: { type: 'boolean', short: 'h' },
} as const

function finite(option: string, time: number | undefined): number | undefined {
  if (time !== Infinity) return time
  throw new UsageError(`${option}: expected a time that passes, such as 30s`)
}

function readAddress(text: string): { host: string; port: number } {
  const [, host, port] = /^(?:(.+):)?(\d{1,5})$/.exec(text) ?? []
  if (port === undefined || Number(port) > 65535) {
    throw new UsageError(`--health: expected a port such as 9000, or 0.0.0.0:9000, got ${JSON.stringify(text)}`)
  }
  return { host: host?.replace(/^\[(.*)\]$/, '$1') ?? '127.0.0.1', port: Number(port) }
}
