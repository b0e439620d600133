import { existsSync } from 'node:fs'
import { readEngine } from '../../engines/engine-address.js'
import { GivenArguments } from './arguments.js'
import { parseChecksum, type ChecksumWish } from '../output/checksum.js'
import { parseCount, parseRate, parseSize, parseTime } from './quantities.js'
import { parseRetryOn, type RetryOn } from '../requests/retry.js'
import { UsageError } from '../../usage-error.js'

/** The options of the command line. Times are milliseconds; `Infinity` is no limit. */
export interface Options {
  readonly urls: readonly string[]
  readonly files: readonly string[]
  readonly headers: readonly string[]
  readonly userAgent: string | undefined
  readonly user: string | undefined
  readonly netrc: string | undefined
  readonly method: string | undefined
  readonly data: readonly string[]
  readonly jsonBody: string | undefined
  readonly cookies: readonly string[]
  readonly cookieJar: string | undefined
  readonly cacert: string | undefined
  readonly cert: string | undefined
  readonly key: string | undefined
  readonly insecure: boolean
  readonly resolve: readonly string[]
  readonly proxy: string | undefined
  readonly noproxy: string | undefined
  readonly maxRedirects: number
  readonly continue: boolean
  readonly output: string | undefined
  readonly checksum: ChecksumWish | undefined
  readonly manifest: string | undefined
  readonly resume: string | undefined
  readonly har: string | undefined
  readonly json: boolean
  readonly quiet: boolean
  readonly verbose: boolean
  readonly concurrency: number
  readonly perHost: number
  readonly rate: number
  readonly ratePerHost: number
  readonly timeout: number
  readonly connectTimeout: number
  readonly idleTimeout: number
  readonly maxSize: number
  readonly retries: number
  readonly retryOn: RetryOn
  readonly maxErrors: number
  readonly seed: number | undefined
  /** Engines: one to put the URLs into, one to collect their results from. */
  readonly enqueue: URL | undefined
  readonly collect: URL | undefined
  /** The queue there. */
  readonly queue: string
}

/**
 * Reads the command line.
 *
 * @param given what follows the name of the command.
 * @throws UsageError for an option that does not exist or a value that makes no sense.
 */
export function parseOptions(given: GivenArguments): Options {
  const read = <T>(name: string, parse: (option: string, text: string) => T, absent: T): T => {
    const text = given.get(name)
    return text === undefined ? absent : parse(`--${name}`, text)
  }
  const count = (least: number) => (option: string, text: string) => parseCount(option, text, least)
  const isFile = (argument: string): boolean => argument === '-' || (isFleet(given) && isListed(argument))
  const urls = given.positionals.filter((argument) => !isFile(argument))
  const files = [...given.all('file'), ...given.positionals.filter(isFile)]
  const options: Options = {
    urls,
    files: urls.length === 0 && files.length === 0 ? ['-'] : [...new Set(files)],
    headers: given.all('header'),
    userAgent: given.get('user-agent'),
    user: given.get('user'),
    netrc: given.get('netrc-file') ?? (given.has('netrc') ? '~/.netrc' : undefined),
    method: given.get('request') ?? (given.has('head') ? 'HEAD' : undefined),
    data: given.all('data'),
    jsonBody: given.get('json-body'),
    cookies: given.all('cookie'),
    cookieJar: given.get('cookie-jar'),
    cacert: given.get('cacert'),
    cert: given.get('cert'),
    key: given.get('key'),
    insecure: given.has('insecure'),
    resolve: given.all('resolve'),
    proxy: given.get('proxy'),
    noproxy: given.get('noproxy'),
    maxRedirects: read('max-redirects', count(0), 10),
    continue: given.has('continue'),
    output: given.get('output'),
    checksum: read<ChecksumWish | undefined>('checksum', parseChecksum, undefined),
    manifest: given.get('manifest') ?? given.get('resume'),
    resume: given.get('resume'),
    har: given.get('har'),
    json: given.has('json'),
    quiet: given.has('quiet'),
    verbose: given.has('verbose'),
    concurrency: read('concurrency', count(1), 10),
    perHost: read('per-host', count(1), Infinity),
    rate: read('rate', parseRate, Infinity),
    ratePerHost: read('rate-per-host', parseRate, Infinity),
    timeout: read('timeout', parseTime, Infinity),
    connectTimeout: read('connect-timeout', parseTime, 10_000),
    idleTimeout: read('idle-timeout', parseTime, 30_000),
    maxSize: read('max-size', parseSize, Infinity),
    retries: read('retries', count(0), 0),
    retryOn: parseRetryOn('--retry-on', given.get('retry-on')),
    maxErrors: given.has('fail-fast') ? 1 : read('max-errors', count(1), Infinity),
    seed: read<number | undefined>('simulate', count(0), undefined),
    enqueue: readPlace(given, 'enqueue'),
    collect: readPlace(given, 'collect'),
    queue: given.get('name') ?? 'fetch',
  }
  checkTogether(options)
  return options
}

function isFleet(given: GivenArguments): boolean {
  return given.has('enqueue') || given.has('collect')
}

/** Tells a list from a URL. */
function isListed(argument: string): boolean {
  return !argument.includes('://') && existsSync(argument)
}

function readPlace(given: GivenArguments, name: 'enqueue' | 'collect'): URL | undefined {
  const text = given.get(name)
  if (text === undefined) return undefined
  const values = { engine: text === '' ? undefined : text, 'engine-file': given.get('engine-file') }
  return readEngine(values, process.env, `--${name}`)
}

function checkTogether(options: Options): void {
  const { data, jsonBody, output, continue: resumes, quiet, verbose, user, key, cert } = options
  if (key !== undefined && cert === undefined) throw new UsageError('--key needs a certificate: add --cert FILE')
  if (data.length > 0 && jsonBody !== undefined) throw new UsageError('--data and --json-body cannot be combined')
  if (resumes && (output === undefined || output === '-')) throw new UsageError('--continue needs files: --output PATH')
  if (options.enqueue !== undefined && options.collect !== undefined)
    throw new UsageError('--enqueue puts the URLs there, --collect waits for them: write one after the other')
  if (!/^[\w-]{1,80}$/.test(options.queue))
    throw new UsageError(`--name must be letters, digits, _ and -, got ${JSON.stringify(options.queue)}`)
  if (quiet && verbose) throw new UsageError('--quiet and --verbose cannot be combined')
  if (user?.startsWith(':') === true) throw new UsageError('--user must be NAME:PASSWORD')
}
