import { checkOptions, type OptionNames } from '../../../scheduler/checks/check-options.js'
import type { BigIntStats } from 'node:fs'
import { realpath, stat } from 'node:fs/promises'
import { STATUS_CODES } from 'node:http'
import { join, resolve, sep } from 'node:path'
import { green } from '../../../scheduler/greenlets/call.js'
import { badArgument } from '../../../scheduler/checks/bad-argument.js'
import { misuse } from '../../../scheduler/checks/errors.js'
import type { Operation } from '../../../scheduler/kernel/operation.js'
import { show } from '../../../scheduler/checks/show.js'
import { until } from '../../../scheduler/kernel/until.js'
import { rangeOf } from './byte-range.js'
import { evaluate, rangeApplies, type Validators } from './conditions.js'
import { FileContent } from './file-content.js'
import { mediaTypeOf } from './media-types.js'

/** Options of {@link staticFiles}. */
export interface StaticFilesOptions {
  /** The file that a folder is answered with: `index.html` unless given; `null` for none. */
  index?: string | null | undefined
  /** The path of requests at which the folder begins: `/` unless given. */
  prefix?: string | undefined
  /** For how long caches may keep a file without asking, in seconds: they always ask unless given. */
  maxAge?: number | undefined
  /** Whether files and folders whose names begin with a dot are shown: they are not unless given. */
  hidden?: boolean | undefined
  /** Media types by the ends of names, beside the usual ones: `{ glb: 'model/gltf-binary' }`. */
  types?: Readonly<Record<string, string>> | undefined
}

const staticFilesOptionNames: OptionNames = { own: ['index', 'prefix', 'maxAge', 'hidden', 'types'] }

/** The part of a request that says which file is meant. */
export type FileRequest = Pick<Request, 'method' | 'url' | 'headers'>

/**
 * Makes a handler for `HTTPServer` that answers with the files of a folder.
 *
 * ```ts
 * const files = staticFiles('public')
 * new HTTPServer({ port: 8080 }, files)
 * new HTTPServer({ port: 8081 }, function* (request) {
 *   if (new URL(request.url).pathname === '/time') return new Response(new Date().toISOString())
 *   return yield* files(request)
 * })
 * ```
 *
 * It answers GET and HEAD, conditional requests (`ETag`, `Last-Modified`, `If-None-Match`, `If-Modified-Since`, `If-Match`,
 * `If-Unmodified-Since`), and requests for a part of a file (`Range`, `If-Range`); one that asks for several parts gets the whole
 * file. Nothing outside of the folder is ever shown, also not where a symbolic link leads there. A folder without its
 * slash is redirected to the one with it. A file that changes while it is being sent breaks the response off, so that nobody
 * takes two halves for one.
 *
 * @param folder its path; from the working directory when it is relative.
 * @returns a green function: it can be called from another handler, as above. Its `Response` is 404 when there is no such
 *   file, which is how to find out and to answer with something else. Cancel safety: no file stays open.
 */
export function staticFiles(
  folder: string,
  options: StaticFilesOptions = {},
): (request: FileRequest) => Operation<Response> {
  if (typeof folder !== 'string') {
    throw badArgument('staticFiles(folder)', 'a path', folder, "write staticFiles('public')")
  }
  checkOptions(options, staticFilesOptionNames)
  const files = new StaticFiles(resolve(folder), options)
  return green(function* staticFiles(request: FileRequest) {
    return yield* until(files.answer(request))
  })
}

/** Files that are not longer than this are read at once: a response that is whole goes out in one piece. */
const SMALL = 64 * 1024

class StaticFiles {
  private readonly index: string | null
  private readonly prefix: string
  private readonly hidden: boolean
  private readonly types: Readonly<Record<string, string>>
  private readonly cacheControl: string

  constructor(
    private readonly folder: string,
    { index = 'index.html', prefix = '/', maxAge, hidden = false, types = {} }: StaticFilesOptions,
  ) {
    if (!prefix.startsWith('/')) {
      throw misuse(new TypeError(`staticFiles({ prefix }) must begin with a slash, got ${show(prefix)}`))
    }
    if (maxAge !== undefined && !(Number.isInteger(maxAge) && maxAge >= 0)) {
      throw misuse(new RangeError(`staticFiles({ maxAge }) must be a whole number of seconds, got ${show(maxAge)}`))
    }
    this.index = index
    this.prefix = prefix.endsWith('/') ? prefix : `${prefix}/`
    this.hidden = hidden
    this.types = types
    this.cacheControl = maxAge === undefined ? 'no-cache' : `max-age=${maxAge}`
  }

  async answer(request: FileRequest): Promise<Response> {
    const { method } = request
    if (method !== 'GET' && method !== 'HEAD') return plain(405, { allow: 'GET, HEAD' })
    const { pathname, search } = new URL(request.url)
    const names = this.namesIn(pathname)
    if (names === undefined) return plain(404)
    const found = await this.find(names)
    if (found === 'folder') return plain(301, { location: `${pathname}/${search}` })
    return found === undefined ? plain(404) : this.send(request, found)
  }

  /** The names that lead to a file; the last one is empty for a folder. `undefined` for a path that nothing can have. */
  private namesIn(pathname: string): string[] | undefined {
    if (!pathname.startsWith(this.prefix)) return undefined
    let names: string[]
    try {
      names = pathname.slice(this.prefix.length).split('/').map(decodeURIComponent)
    } catch {
      return undefined
    }
    const last = names.length - 1
    return names.every((name, index) => (name === '' ? index === last : this.shows(name))) ? names : undefined
  }

  // A slash that was encoded is no slash, so that who looks at the path of a request sees the folder that is meant.
  private shows(name: string): boolean {
    if (name === '.' || name === '..' || /[/\0]/.test(name)) return false
    if (process.platform === 'win32' && OTHER_ON_WINDOWS.test(name)) return false
    return this.hidden || !name.startsWith('.')
  }

  private async find(names: readonly string[]): Promise<File | 'folder' | undefined> {
    const isFolder = names.at(-1) === ''
    if (isFolder && this.index === null) return undefined
    try {
      const root = await realpath(this.folder)
      const path = await realpath(join(root, ...names, isFolder ? this.index! : ''))
      if (path !== root && !path.startsWith(root.endsWith(sep) ? root : root + sep)) return undefined
      const stats = await stat(path, { bigint: true })
      if (stats.isDirectory()) return isFolder ? undefined : 'folder'
      return stats.isFile() ? { path, stats } : undefined
    } catch (error) {
      if (NOT_THERE.has((error as NodeJS.ErrnoException).code)) return undefined
      throw error
    }
  }

  private async send({ method, headers }: FileRequest, { path, stats }: File): Promise<Response> {
    const size = Number(stats.size)
    const validators = validatorsOf(stats)
    const fields: Record<string, string> = {
      etag: validators.etag,
      'last-modified': new Date(validators.modified * 1000).toUTCString(),
      'cache-control': this.cacheControl,
    }
    const status = evaluate(headers, validators)
    if (status !== 0) return status === 304 ? new Response(null, { status, headers: fields }) : plain(status)
    const wanted = method === 'GET' && rangeApplies(headers, validators) ? headers.get('range') : null
    const range = rangeOf(wanted, size)
    if (range === null) return plain(416, { 'content-range': `bytes */${size}` })
    const { start, end } = range ?? { start: 0, end: size }
    fields['accept-ranges'] = 'bytes'
    fields['content-type'] = mediaTypeOf(path, this.types)
    // A page that somebody has uploaded as a picture must not be taken for a page.
    fields['x-content-type-options'] = 'nosniff'
    fields['content-length'] = String(end - start)
    if (range !== undefined) fields['content-range'] = `bytes ${start}-${end - 1}/${size}`
    const content = new FileContent(path, stats, start, end)
    const body = method === 'HEAD' ? null : end - start <= SMALL ? await content.readAll() : content.stream()
    return new Response(body, { status: range === undefined ? 200 : 206, headers: fields })
  }
}

/**
 * Names by which Windows opens something else: the backslash is a slash to it, a colon stands behind a drive or before a
 * stream, devices are in every folder, a dot or a blank at the end is left out, and `GIT~1` is `.git`.
 */
const OTHER_ON_WINDOWS = /[\\:]|^(?:con|prn|aux|nul|(?:com|lpt)[\d¹²³])(?:\.|$)|[. ]$|~\d/i

interface File {
  readonly path: string
  readonly stats: BigIntStats
}

const NOT_THERE: ReadonlySet<string | undefined> = new Set([
  'ENOENT',
  'ENOTDIR',
  'ENAMETOOLONG',
  'EACCES',
  'EPERM',
  'ELOOP',
])

// To the nanosecond, so that of two files of the same length within one second each has its own. A date that is still to
// come would be false from then on. (RFC 9110, 8.8.2.1.)
function validatorsOf({ size, mtimeNs }: BigIntStats): Validators {
  const modified = Math.min(Number(mtimeNs / 1_000_000_000n), Math.floor(Date.now() / 1000))
  return { etag: `"${size.toString(16)}-${mtimeNs.toString(16)}"`, modified }
}

function plain(status: number, headers: Record<string, string> = {}): Response {
  return new Response(`${STATUS_CODES[status]}\n`, { status, headers: { 'content-type': 'text/plain', ...headers } })
}
