import { readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import type { Target } from '../input/target.js'
import type { Options } from '../options/options.js'
import { UsageError } from '../../usage-error.js'
import { CookieJar } from './cookies.js'
import { Netrc } from './netrc.js'
import { isSecretHeader } from './secret-headers.js'

type Headers = Record<string, string>

/** A request, before it is known to which URL redirects lead. */
export interface Request {
  readonly method: string
  readonly body: string | Uint8Array | undefined
  readonly headers: Readonly<Headers>
}

/** Makes requests as the command line, and the line of a URL, want them. */
export class Requests {
  readonly jar: CookieJar | undefined
  private readonly netrc: Netrc | undefined
  private readonly cookie: string | undefined
  private readonly common: Request
  /** The same without what must not go to another origin. */
  private readonly user: string | undefined

  /** @throws UsageError for files that cannot be read, and headers that are none. */
  constructor(options: Options, version: string) {
    const { netrc, cookieJar, cookies, user } = options
    this.netrc =
      netrc === undefined
        ? undefined
        : new Netrc(readText(netrc === '~/.netrc' ? '--netrc' : '--netrc-file', netrc.replace(/^~/, homedir())))
    const jarFiles = cookies.filter((cookie) => !cookie.includes('='))
    this.jar = cookieJar === undefined && jarFiles.length === 0 ? undefined : new CookieJar()
    for (const file of jarFiles) this.jar!.load(readText('--cookie', file))
    if (cookieJar !== undefined) this.jar!.load(readIfThere('--cookie-jar', cookieJar))
    const pairs = cookies.filter((cookie) => cookie.includes('='))
    this.cookie = pairs.length === 0 ? undefined : headerValue('--cookie', pairs.join('; '))
    this.user = user === undefined || user.includes(':') ? user : `${user}:${passwordFor(user)}`
    this.common = commonRequest(options, version)
  }

  /** The request for a target. */
  for({ options }: Target): Request {
    if (options === undefined) return this.common
    const { method, headers = {}, data, json } = options
    const body = json ?? data ?? this.common.body
    const type = json !== undefined ? JSON_TYPE : data !== undefined ? FORM_TYPE : {}
    const own = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), bytesOf(value)]))
    const fallback = body !== undefined && this.common.method === 'GET' ? 'POST' : this.common.method
    return {
      method: method?.toUpperCase() ?? fallback,
      body,
      headers: { ...this.common.headers, ...type, ...own },
    }
  }

  /**
   * The headers for one step of it.
   *
   * @param isOrigin whether `url` is at the origin of the target, which the secrets are for.
   */
  headers({ headers }: Request, url: URL, { options }: Target, isOrigin: boolean): Readonly<Headers> {
    const user = isOrigin ? (options?.user ?? this.user) : undefined
    const credentials = user ?? this.netrc?.find(url.hostname)
    const cookies = [this.jar?.header(url), isOrigin ? this.cookie : undefined].filter((each) => each !== undefined)
    if (credentials === undefined && cookies.length === 0 && isOrigin) return headers
    const all: Headers = {}
    for (const [name, value] of Object.entries(headers)) if (isOrigin || !isSecretHeader(name)) all[name] = value
    if (credentials !== undefined) all['authorization'] ??= `Basic ${Buffer.from(credentials).toString('base64')}`
    if (cookies.length > 0) all['cookie'] = [all['cookie'], ...cookies].filter((each) => each !== undefined).join('; ')
    return all
  }
}

const FORM_TYPE = { 'content-type': 'application/x-www-form-urlencoded' }
const JSON_TYPE = { 'content-type': 'application/json' }

function commonRequest({ method, data, jsonBody, headers, userAgent }: Options, version: string): Request {
  const parts = data.map((text) => (text.startsWith('@') ? readData('--data', text.slice(1)) : Buffer.from(text)))
  const json = jsonBody?.startsWith('@') === true ? readData('--json-body', jsonBody.slice(1)).toString() : jsonBody
  if (json !== undefined) checkJson(json)
  const body = json ?? (parts.length === 0 ? undefined : join(parts))
  const common: Headers = { 'user-agent': headerValue('--user-agent', userAgent ?? `gvent/${version}`), accept: '*/*' }
  if (json !== undefined) Object.assign(common, JSON_TYPE, { accept: 'application/json, */*' })
  else if (body !== undefined) Object.assign(common, FORM_TYPE)
  const dropped: string[] = []
  for (const line of headers.flatMap(linesOf)) {
    const colon = line.indexOf(':')
    const name = line.slice(0, colon).trim().toLowerCase()
    if (colon < 1 || !/^[\w!#$%&'*+.^`|~-]+$/.test(name)) {
      throw new UsageError(`--header must be 'Name: value', got ${JSON.stringify(isSecretHeader(line) ? '…' : line)}`)
    }
    const value = headerValue('--header', line.slice(colon + 1).trim())
    if (value === '') dropped.push(name)
    else common[name] = value
  }
  if (method !== undefined && !/^[A-Za-z]+$/.test(method))
    throw new UsageError(`--request must be a method, got ${JSON.stringify(method)}`)
  return {
    method: method?.toUpperCase() ?? (body === undefined ? 'GET' : 'POST'),
    body,
    headers: Object.fromEntries(Object.entries(common).filter(([name]) => !dropped.includes(name))),
  }
}

/** A value as it is sent: in UTF-8, whose bytes are letters of Latin-1 for `fetch`. @throws UsageError. */
function headerValue(option: string, text: string): string {
  // eslint-disable-next-line no-control-regex -- they are what a header may not have
  if (/[\x00-\x08\x0a-\x1f\x7f]/.test(text)) throw new UsageError(`${option} has a control character`)
  return bytesOf(text)
}

function bytesOf(text: string): string {
  return Buffer.from(text).toString('latin1')
}

function join(parts: readonly Buffer[]): Buffer {
  return Buffer.concat(parts.flatMap((part, index) => (index === 0 ? [part] : [Buffer.from('&'), part])))
}

function linesOf(text: string): string[] {
  if (!text.startsWith('@')) return [text]
  return readText('--header', text.slice(1))
    .split(/\r?\n/)
    .filter((line) => line.trim() !== '')
}

function checkJson(text: string): void {
  try {
    JSON.parse(text)
  } catch (error) {
    throw new UsageError(`--json-body is not JSON: ${(error as Error).message}`)
  }
}

function passwordFor(user: string): string {
  const { GVENT_FETCH_PASSWORD: password } = process.env
  if (password !== undefined) return password
  throw new UsageError(`--user ${user} has no password: write ${user}:PASSWORD, or set GVENT_FETCH_PASSWORD`)
}

function readData(option: string, file: string): Buffer {
  return read(option, file === '-' ? 0 : file)
}

/** Reads a file that an option names. @throws UsageError. */
export function readText(option: string, file: string): string {
  return read(option, file).toString()
}

function readIfThere(option: string, file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return ''
    throw new UsageError(`${option} ${file} cannot be read: ${(error as Error).message}`)
  }
}

function read(option: string, file: string | number): Buffer {
  try {
    return readFileSync(file)
  } catch (error) {
    throw new UsageError(`${option} ${file} cannot be read: ${(error as Error).message}`)
  }
}
