import { existsSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { foldersFrom } from './folders.js'

/**
 * A cache on disk of lowered texts: one entry a key, which has the text with it. So a text that has changed is found out by
 * comparing it, which costs less than a digest of it, and takes the place of the one before. What cannot be read or
 * written is not there: it costs time and nothing else.
 * @internal
 */
export class Cache {
  private folder: string | null | undefined = undefined

  /**
   * @param project the folder in which the search for a `node_modules` begins.
   */
  constructor(private readonly project: string) {}

  /**
   * Finds what was made of a text.
   *
   * @param names what the key is made of: where the text comes from, and who makes what of it.
   */
  read(names: readonly string[], source: string): string | undefined {
    const folder = this.open()
    if (folder === null) return undefined
    let entry: string
    try {
      entry = readFileSync(join(folder, keyOf(names)), 'utf8')
    } catch {
      return undefined
    }
    const start = headOf(names, source)
    if (!entry.startsWith(start) || !entry.startsWith(source, start.length)) return undefined
    return entry.slice(start.length + source.length)
  }

  /** Notes what was made of a text. */
  write(names: readonly string[], source: string, result: string): void {
    const folder = this.open()
    if (folder === null) return
    const key = keyOf(names)
    // Another process may read it meanwhile.
    const draft = join(folder, `${key}.${process.pid}.${Math.random().toString(36).slice(2)}`)
    try {
      writeFileSync(draft, headOf(names, source) + source + result, { mode: 0o600 })
      renameSync(draft, join(folder, key))
    } catch {
      // It is made again the next time.
    }
  }

  private open(): string | null {
    if (this.folder !== undefined) return this.folder
    this.folder = null
    for (const folder of this.candidates()) {
      try {
        mkdirSync(folder, { recursive: true, mode: 0o700 })
        // In a folder that belongs to all, somebody else may have made it, with code of his.
        if (process.getuid !== undefined && statSync(folder).uid !== process.getuid()) continue
        this.folder = folder
        break
      } catch {
        // The next one may do.
      }
    }
    return this.folder
  }

  private candidates(): string[] {
    const { GVENT_ASYNC_CACHE } = process.env
    if (GVENT_ASYNC_CACHE !== undefined && GVENT_ASYNC_CACHE !== '') return [GVENT_ASYNC_CACHE]
    const fallback = join(tmpdir(), `gvent-async-${process.getuid?.() ?? 'cache'}`)
    for (const folder of foldersFrom(this.project)) {
      const modules = join(folder, 'node_modules')
      if (existsSync(modules)) return [join(modules, '.cache', 'gvent-async'), fallback]
    }
    return [fallback]
  }
}

function headOf(names: readonly string[], source: string): string {
  return `${JSON.stringify(names)} ${source.length}\n`
}

// The name of a file, and no more: the entry itself says whose it is. To load the digests of Node would take longer than all
// the rest.
function keyOf(names: readonly string[]): string {
  let [one, other] = [0xdeadbeef, 0x41c6ce57]
  for (const char of JSON.stringify(names)) {
    const code = char.codePointAt(0)!
    one = Math.imul(one ^ code, 0x9e3779b1)
    other = Math.imul(other ^ code, 0x5f356495)
    one ^= other >>> 15
    other ^= one >>> 13
  }
  return [one, other].map((half) => (half >>> 0).toString(16).padStart(8, '0')).join('')
}
