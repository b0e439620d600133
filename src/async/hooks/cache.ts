import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

/** Texts on disk, each under a key. What cannot be read or written is not there: it costs time and nothing else. @internal */
export class Cache {
  private folder: string | null | undefined = undefined

  /**
   * @param project the folder in which the search for a `node_modules` begins.
   */
  constructor(private readonly project: string) {}

  /** The key of some texts. */
  key(...parts: readonly string[]): string {
    return createHash('sha256').update(JSON.stringify(parts)).digest('hex')
  }

  read(key: string): string | undefined {
    const folder = this.open()
    if (folder === null) return undefined
    try {
      return readFileSync(join(folder, key), 'utf8')
    } catch {
      return undefined
    }
  }

  write(key: string, text: string): void {
    const folder = this.open()
    if (folder === null) return
    // Another process may read it meanwhile.
    const draft = join(folder, `${key}.${process.pid}.${Math.random().toString(36).slice(2)}`)
    try {
      writeFileSync(draft, text, { mode: 0o600 })
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
    for (let folder = this.project; ; folder = dirname(folder)) {
      const modules = join(folder, 'node_modules')
      if (existsSync(modules)) return [join(modules, '.cache', 'gvent-async'), fallback]
      if (dirname(folder) === folder) return [fallback]
    }
  }
}
