import { parseArgs } from 'node:util'

/** What the command line asks for. */
export interface Options {
  /** URLs given as arguments. */
  readonly urls: readonly string[]
  /** Files that hold one URL a line; `-` stands for standard input. They are read after `urls`. */
  readonly files: readonly string[]
  /** How many requests may be under way at once. */
  readonly concurrency: number
  /** The limit for one attempt, from the look-up of the name to the last byte, in milliseconds. */
  readonly timeout: number
  /** How often an attempt that failed is repeated. */
  readonly retries: number
  /** How many requests may start within a second; `Infinity` for no limit. */
  readonly rate: number
  /** The folder that bodies are written to. */
  readonly output: string | undefined
  /** Print one JSON object a result. */
  readonly json: boolean
  /** Take any body, not only a JSON list with a title. */
  readonly raw: boolean
  /** Fetch everything a second time, one page after another, and compare. */
  readonly sync: boolean
  readonly help: boolean
}

/** The command line makes no sense. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
  readonly code = 'FETCHER_USAGE'
}

/** What it is called: how it was started. */
export const name: string = process.argv[1] === 'gvent fetch' ? 'gvent fetch' : 'fetcher'

export const help: string = `Usage: ${name} [options] [URL...]

Fetches many pages at once. Each page is a JSON list whose first item has a
title; a line for each says \`Process <number>: <title>\`, in the order in which
they arrive. The number is the place in the list of URLs.

Without any argument it shows what that is good for: it serves seven slow pages
to itself, and fetches them at once and then one after another.

  URL                  what to fetch: http://... or https://...
  -                    read URLs from standard input, one a line. It is also
                       read when there are options but no URL and no --file

  --file FILE          read URLs from FILE, one a line; empty lines and lines
                       that begin with # do not count. May be repeated
  --concurrency N      N requests at once at most (default 10)
  --timeout TIME       give an attempt up after TIME: 500 or 500ms, 30s, 2m
                       (default 30s)
  --retries N          repeat a failed attempt N times (default 0), after about
                       0.25 s, 0.5 s, 1 s... or when Retry-After says so.
                       Repeated are failed connections, timeouts, bodies cut
                       short, and the answers 408, 425, 429 and 5xx
  --rate N             start N requests a second at most, attempts included
  --output DIR         save each body as DIR/<number>-<host>-<path>. A file is
                       there whole or not at all; an older one of that name is
                       replaced
  --raw                take any body, not only a JSON list with a title
  --json               print a line of JSON for each result, failures included
  --sync               fetch everything at once, then everything again one after
                       another, and compare the times. Keeps the URLs in memory
  --help               print this

Results go to standard output; failures, progress and the summary go to standard
error. With --json failures are results as well. On a terminal there is a
progress bar, and at the end a waterfall of when each request ran (the slowest
ones, if there are many). NO_COLOR turns colours off.

Exit status: 0 when all pages arrived, 1 when some did not, 2 for a mistake on
the command line, 130 after Ctrl-C.

Examples:
  ${name} http://localhost:8000/a.json http://localhost:8000/b.json
  ${name} --file urls.txt --concurrency 50 --retries 3 --output pages
  generate-urls | ${name} --json - | jq .title
`

const known = {
  file: { type: 'string', multiple: true },
  concurrency: { type: 'string' },
  timeout: { type: 'string' },
  retries: { type: 'string' },
  rate: { type: 'string' },
  output: { type: 'string' },
  json: { type: 'boolean' },
  raw: { type: 'boolean' },
  sync: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const

/**
 * Reads the command line.
 *
 * @param args what follows the name of the program.
 * @throws UsageError for an option that does not exist or a value that makes no sense.
 */
export function parseOptions(args: string[]): Options {
  const { values, positionals, tokens } = parseArgs({
    args,
    options: known,
    allowPositionals: true,
    strict: false,
    tokens: true,
  })
  // The messages of strict mode speak to the programmer, so it is off and the checks are here.
  for (const token of tokens) if (token.kind === 'option') checkOption(token.name, token.rawName, token.value)
  const { file, concurrency, timeout, retries, rate, output } = values as Record<string, string | undefined> & {
    file?: string[]
  }
  const urls = positionals.filter((argument) => argument !== '-')
  const files = [...(file ?? []), ...positionals.filter((argument) => argument === '-')]
  return {
    urls,
    files: urls.length === 0 && files.length === 0 ? ['-'] : [...new Set(files)],
    concurrency: wholeNumber('--concurrency', concurrency ?? '10', 1),
    timeout: duration('--timeout', timeout ?? '30s'),
    retries: wholeNumber('--retries', retries ?? '0', 0),
    rate: rate === undefined ? Infinity : positiveNumber('--rate', rate),
    output,
    json: values.json === true,
    raw: values.raw === true,
    sync: values.sync === true,
    help: values.help === true,
  }
}

function checkOption(name: string, written: string, value: string | undefined): void {
  if (!Object.hasOwn(known, name)) {
    const meant = Object.keys(known).find((candidate) => distance(candidate, name) <= 2)
    throw new UsageError(`there is no option ${written}${meant === undefined ? '' : `; did you mean --${meant}?`}`)
  }
  const { type } = known[name as keyof typeof known]
  if (type === 'string' && (value === undefined || value === '')) {
    throw new UsageError(`${written} needs a value: ${written} ${examples[name] ?? 'VALUE'}`)
  }
  if (type === 'boolean' && value !== undefined) {
    throw new UsageError(`${written} takes no value, got ${JSON.stringify(value)}: write just ${written}`)
  }
}

const examples: Record<string, string> = {
  file: 'urls.txt',
  concurrency: '10',
  timeout: '30s',
  retries: '3',
  rate: '100',
  output: 'pages',
}

function wholeNumber(option: string, text: string, least: number): number {
  const number = Number(text)
  if (/^\d+$/.test(text) && number >= least && Number.isSafeInteger(number)) return number
  throw new UsageError(`${option} must be a whole number from ${least} on, got ${JSON.stringify(text)}`)
}

function positiveNumber(option: string, text: string): number {
  const number = Number(text)
  if (/^(?:\d+|\d*\.\d+)$/.test(text) && number > 0 && number !== Infinity) return number
  throw new UsageError(`${option} must be a number greater than 0, got ${JSON.stringify(text)}`)
}

const unitsInMilliseconds: Record<string, number> = { '': 1, ms: 1, s: 1000, m: 60_000 }

function duration(option: string, text: string): number {
  const [, number = '', unit = ''] = /^(\d+|\d*\.\d+)(ms|s|m|)$/.exec(text) ?? []
  const milliseconds = Number(number) * unitsInMilliseconds[unit]!
  if (milliseconds > 0 && milliseconds !== Infinity) return milliseconds
  throw new UsageError(`${option} must be a time greater than 0 such as 500ms, 30s or 2m, got ${JSON.stringify(text)}`)
}

/** How many letters have to be inserted, left out or changed to make one word of the other (Levenshtein). */
function distance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index)
  for (let index = 0; index < one.length; index++) {
    const next = [index + 1]
    for (let column = 1; column <= other.length; column++) {
      const change = row[column - 1]! + (other[column - 1] === one[index] ? 0 : 1)
      next.push(Math.min(change, row[column]! + 1, next[column - 1]! + 1))
    }
    row = next
  }
  return row[other.length]!
}
