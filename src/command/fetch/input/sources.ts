import { constants, createReadStream, readFileSync } from 'node:fs'
import { access, stat } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { countTemplate } from './template.js'
import { targetsOf, type Target } from './target.js'
import { UsageError } from '../../usage-error.js'

/** No URL is longer; a file with longer lines is not a list of URLs. */
const LONGEST_LINE = 1024 * 1024
/** How long standard input may be silent, when the program is stopped, before the rest of it is left, in milliseconds. */
const SILENCE = 500

/**
 * The URLs to fetch, from arguments, files and standard input. A block is read when it is asked for and not earlier, so that
 * a list of any length takes no memory, and its writer has to wait.
 */
export class Sources {
  /** Whether there is nothing more to read; what was read may still be taken. */
  ended = false
  private lines: readonly string[]
  private nextLine = 0
  private begun: Iterator<Target> | undefined
  private files: string[]
  private stream: AsyncIterator<string> | undefined
  private current: Readable | undefined
  /** The beginning of a line whose end was not read yet. */
  private rest = ''
  private taken = 0
  private fileSize = 0
  private read = 0
  private reading: Promise<void> | undefined

  /**
   * @param urls come first.
   * @param files are read after them, one after another; `-` is standard input.
   */
  constructor(
    private readonly urls: readonly string[],
    files: readonly string[],
  ) {
    this.lines = urls
    this.files = [...files]
    this.ended = files.length === 0
  }

  /** How many URLs there are, for a bar: exact without files, estimated with them; `undefined` if nothing is known. */
  get total(): number | undefined {
    if (this.fileSize === 0 && this.files.length === 0 && this.current === undefined) {
      return this.urls.reduce((sum, url) => sum + countTemplate(url), 0)
    }
    if (this.isEndless || this.read === 0) return undefined
    return Math.max(this.taken, Math.round((this.taken * this.fileSize) / this.read))
  }

  /** @throws UsageError when a file does not exist or may not be read: to be called before anything is fetched. */
  async check(): Promise<void> {
    for (const file of this.files) {
      if (file === '-') continue
      try {
        await access(file, constants.R_OK)
        const status = await stat(file)
        if (status.isDirectory()) throw Object.assign(new Error(), { code: 'EISDIR' })
        this.fileSize += status.size
      } catch (error) {
        throw unreadable(file, error)
      }
    }
  }

  /** Takes the next target of those that were read; `undefined` if more has to be read before. */
  take(): Target | undefined {
    for (;;) {
      const next = this.begun?.next()
      if (next?.done === false) {
        this.taken++
        return next.value
      }
      this.begun = undefined
      const line = this.lines[this.nextLine]
      if (line === undefined) return undefined
      this.nextLine++
      this.begun = targetsOf(line, this.taken + 1)
    }
  }

  /** Reads on; the lines are there then even if nobody waited. */
  fill(): Promise<void> {
    this.reading ??= this.readBlock().finally(() => (this.reading = undefined))
    return this.reading
  }

  /** Reads everything at once, without waiting. */
  readAll(): void {
    const texts = this.files.map((file) => readFileSync(file === '-' ? 0 : file, 'utf8'))
    this.lines = [...this.lines, ...texts.flatMap((text) => text.split('\n'))]
    this.files = []
    this.ended = true
  }

  /** Reads on when the program is stopped. @returns whether it was possible: standard input may go on for ever. */
  async fillQuickly(): Promise<boolean> {
    if (!this.isEndless) return this.fill().then(() => true)
    let timer: NodeJS.Timeout | undefined
    const silence = new Promise<boolean>((resolve) => (timer = setTimeout(resolve, SILENCE, false)))
    const isRead = await Promise.race([this.fill().then(() => true), silence])
    clearTimeout(timer)
    return isRead
  }

  close(): void {
    this.current?.destroy()
  }

  /** Whether its end cannot be known. */
  private get isEndless(): boolean {
    return this.current === process.stdin || this.files.includes('-')
  }

  private async readBlock(): Promise<void> {
    if (this.stream === undefined) {
      const file = this.files.shift()
      if (file === undefined) {
        this.ended = true
        return
      }
      this.current = file === '-' ? process.stdin : createReadStream(file)
      this.stream = (this.current.setEncoding('utf8') as AsyncIterable<string>)[Symbol.asyncIterator]()
    }
    const next = await this.stream.next()
    if (next.done === true) {
      this.stream = undefined
      this.setLines([this.rest])
      this.rest = ''
      this.ended = this.files.length === 0
      return
    }
    this.read += Buffer.byteLength(next.value)
    const lines = (this.rest + next.value).split('\n')
    this.rest = lines.pop()!
    if (this.rest.length > LONGEST_LINE) throw new UsageError('the list has a line that is longer than any URL')
    this.setLines(lines)
  }

  private setLines(lines: string[]): void {
    const left = this.lines.slice(this.nextLine)
    this.lines = left.length === 0 ? lines : [...left, ...lines]
    this.nextLine = 0
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'reading it is not permitted',
  EISDIR: 'it is a folder; expected a file with one URL a line',
}

function unreadable(name: string, error: unknown): UsageError {
  const { code, message } = error as NodeJS.ErrnoException
  return new UsageError(`cannot read ${name}: ${REASONS[code ?? ''] ?? message}`)
}
