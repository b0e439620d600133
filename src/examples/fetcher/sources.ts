import { constants, createReadStream } from 'node:fs'
import { access, stat } from 'node:fs/promises'
import type { Readable } from 'node:stream'

/** No URL is longer; a file with longer lines is not a list of URLs. */
const LONGEST_LINE = 65_536

/** The list of URLs cannot be read. */
export class SourceError extends Error {
  override readonly name = 'SourceError'
  readonly code = 'FETCHER_SOURCE'
}

/**
 * The URLs to fetch, from arguments, files and standard input. A line is read when it is asked for and not earlier
 * (the stream reads a block ahead), so that a list of any length takes no memory, and its writer has to wait.
 */
export class Sources implements AsyncIterable<string> {
  private current: Readable | undefined
  private closed = false
  private fileSize = 0
  private charactersRead = 0
  private linesUsed = 0

  /**
   * @param urls come first.
   * @param files are read after them, one after another; `-` is standard input.
   */
  constructor(
    private readonly urls: readonly string[],
    private readonly files: readonly string[],
  ) {}

  /**
   * How many URLs there are, for a progress bar: exact without files, estimated from what was read of them so far,
   * `undefined` when there is nothing to go by.
   */
  get total(): number | undefined {
    if (this.files.length === 0) return this.urls.length
    if (this.files.includes('-') || this.linesUsed === 0) return undefined
    const left = Math.max(0, 1 - this.charactersRead / this.fileSize)
    return this.urls.length + Math.round(this.linesUsed / (1 - left))
  }

  /** @throws SourceError when a file does not exist or may not be read: to be called before anything is fetched. */
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

  /** Ends reading, also while somebody waits for the next line. */
  close(): void {
    this.closed = true
    this.current?.destroy()
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<string, void, undefined> {
    yield* this.urls
    for (const file of this.files) {
      if (this.closed) return
      this.current = file === '-' ? process.stdin : createReadStream(file)
      yield* this.urlsIn(this.current.setEncoding('utf8'), file === '-' ? 'standard input' : file)
    }
  }

  private async *urlsIn(stream: Readable, name: string): AsyncGenerator<string, void, undefined> {
    let number = 0
    try {
      for await (const line of lines(stream)) {
        number++
        this.charactersRead += line.length + 1
        if (line.length > LONGEST_LINE) {
          throw new SourceError(`${name}: line ${number} is longer than any URL; expected one URL a line`)
        }
        const url = line.trim()
        if (url === '' || url.startsWith('#')) continue
        this.linesUsed++
        yield url
      }
    } catch (error) {
      throw this.closed || error instanceof SourceError ? error : unreadable(name, error)
    } finally {
      stream.destroy()
    }
  }
}

/** The lines of a text; of one that is too long, as much as was read when that was noticed. */
async function* lines(stream: Readable): AsyncGenerator<string, void, undefined> {
  let rest = ''
  for await (const block of stream as AsyncIterable<string>) {
    const parts = (rest + block).split('\n')
    rest = parts.pop()!
    yield* parts
    if (rest.length > LONGEST_LINE) break
  }
  yield rest
}

function unreadable(name: string, error: unknown): SourceError {
  const { code, message } = error as NodeJS.ErrnoException
  const reasons: Record<string, string> = {
    ENOENT: 'there is no such file',
    EACCES: 'reading it is not permitted',
    EISDIR: 'it is a folder; expected a file with one URL a line',
  }
  return new SourceError(`cannot read ${name}: ${reasons[code ?? ''] ?? message}`)
}
