import { basename, dirname, join, normalize, sep } from 'node:path'
import type { Target } from '../input/target.js'
import { UsageError } from '../../usage-error.js'
import { PrintSet } from './print-set.js'

/** File systems take 255 bytes; a letter may have four, and beside a file there is its part. */
const LONGEST_NAME = 150

const PLACES = ['n', 'host', 'port', 'path', 'query', 'name'] as const
type Values = Readonly<Record<(typeof PLACES)[number], string>>

/** Gives each body a file. No part of a URL, or of a name in a list, can lead out of the folder. */
export class FileNames {
  private readonly template: string
  private readonly used = new UsedNames()

  /** @throws UsageError for a template with an unknown place. */
  constructor(private readonly output: string) {
    for (const [, place] of output.matchAll(/\{(\w*)\}/g)) {
      if ((PLACES as readonly string[]).includes(place!)) continue
      throw new UsageError(
        `--output has an unknown {${place}}; there are ${PLACES.map((each) => `{${each}}`).join(', ')}`,
      )
    }
    this.template = output
  }

  /** Leaves a path to a file of an earlier run. */
  use(path: string): void {
    this.used.add(normalize(path))
  }

  /** The path of the file for a URL: never the same twice. */
  pathFor({ number, options }: Target, url: URL): string {
    const values = valuesFor(number, options?.name, url)
    const path = this.template.includes('{')
      ? normalize(fill(this.template, values))
      : join(this.output, defaultName(values, options?.name))
    return this.unused(path, number)
  }

  /** A path that no other URL has: neither as its file, nor as a folder of it, nor below its file. */
  private unused(path: string, number: number): string {
    const folder = dirname(path)
    const hasFolder = folder !== path && folder !== '.'
    const own = hasFolder ? join(this.folder(folder, number), basename(path)) : path
    let name = own
    while (this.used.has(name) || this.used.has(name + sep)) name = withNumber(name, number)
    this.used.add(name)
    return name
  }

  private folder(path: string, number: number): string {
    if (this.used.has(path + sep)) return path
    const parent = dirname(path)
    const isTop = parent === path || parent === '.'
    const own = isTop ? path : join(this.folder(parent, number), basename(path))
    let name = own
    while (this.used.has(name)) name += `-${number}`
    this.used.add(name + sep)
    return name
  }
}

/** The names that are taken: on Windows and macOS one in capitals is the same as one without. */
class UsedNames {
  private readonly prints = new PrintSet()
  private readonly isBlind = process.platform === 'win32' || process.platform === 'darwin'

  add(name: string): void {
    this.prints.add(this.seen(name))
  }

  has(name: string): boolean {
    return this.prints.has(this.seen(name))
  }

  private seen(name: string): string {
    return this.isBlind ? name.normalize().toLowerCase() : name
  }
}

/** Names of a folder without a template: the number makes them unique, the rest says where they came from. */
function defaultName({ n, host, path, query }: Values, name: string | undefined): string {
  if (name !== undefined) return safePath(name)
  const text = [host, ...path.split('/')].join('_') + (query === '' ? '' : `_${query}`)
  return shorten(`${n}-${withoutEnd(text.replace(/[^A-Za-z0-9.-]+/g, '_'))}`)
}

function valuesFor(number: number, name: string | undefined, url: URL): Values {
  const path = url.pathname.endsWith('/') ? `${url.pathname}index.html` : url.pathname
  const query = url.search.slice(1)
  const pathAndQuery = query === '' ? path : `${path}_${query.replaceAll('/', '_')}`
  const last = path.slice(path.lastIndexOf('/') + 1)
  return {
    n: String(number),
    host: safeName(url.hostname),
    port: url.port === '' ? (url.protocol === 'https:' ? '443' : '80') : url.port,
    path: safePath(decode(pathAndQuery)),
    query: safeName(query),
    name: name === undefined ? safeName(decode(last)) : safePath(name),
  }
}

function fill(template: string, values: Values): string {
  return template.replace(/\{(\w+)\}/g, (_, place: keyof Values) => values[place])
}

function decode(text: string): string {
  return text.replace(/(?:%[\da-f]{2})+/gi, (escaped) => {
    try {
      return decodeURIComponent(escaped)
    } catch {
      return escaped
    }
  })
}

/** A path below a folder, whatever the text is. */
function safePath(text: string): string {
  const parts = text.split(/[/\\]/).filter((part) => part !== '' && part !== '.')
  return parts.length === 0 ? '_' : parts.map(safeName).join('/')
}

/** A name of a file: nothing that leads elsewhere, hides the file, or is refused by a file system. */
function safeName(text: string): string {
  // Windows leaves out a dot at the end: the name would be that of another file.
  const name = text.replace(/[\p{C}\p{Z}<>:"/\\|?*]+/gu, '_').replace(/^[.~-]+|\.$/g, '_')
  const isDevice = /^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)/i.test(name)
  return shorten(name === '' ? '_' : isDevice ? `_${name}` : name)
}

function shorten(name: string): string {
  if (Buffer.byteLength(name) <= LONGEST_NAME) return name
  const [ending = ''] = /\.\w{1,8}$/.exec(name) ?? []
  let short = name.slice(0, LONGEST_NAME - ending.length)
  while (Buffer.byteLength(short) > LONGEST_NAME - ending.length) short = short.slice(0, -1)
  return short + ending
}

/** The name without dots and underscores at its end, which some file systems refuse. */
function withoutEnd(name: string): string {
  let end = name.length
  while (end > 0 && '_.'.includes(name[end - 1]!)) end--
  return name.slice(0, end)
}

/** Puts the number of the URL before the ending: of a name, not of an address. */
function withNumber(path: string, number: number): string {
  const [ending = ''] = /\.[A-Za-z]\w{0,7}$/.exec(path) ?? []
  return `${path.slice(0, path.length - ending.length)}-${number}${ending}`
}
