import {
  closeSync,
  fstatSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { Failure } from '../requests/failure.js'
import { OutputLost, concernsAll } from './output-lost.js'
import { writeWhole } from './write-whole.js'

/**
 * A file that appears under its name only when it is complete. Until then it is a hidden one beside that; with `isKept` what
 * came is left there when the rest does not come, with the mark of the page (ETag or date) in a second file.
 */
export class BodyFile {
  private readonly part: string
  private readonly markFile: string
  private descriptor: number | undefined

  /** @param path where it will be. */
  constructor(
    readonly path: string,
    private readonly isKept: boolean,
  ) {
    const name = isKept ? `.${basename(path)}.part` : `.${basename(path)}.${process.pid}.part`
    this.part = join(dirname(path), name)
    this.markFile = `${this.part}-mark`
  }

  /** Returns the size of the part that is there already, and the mark of its page. */
  begun(): { size: number; mark: string } | undefined {
    if (!this.isKept) return undefined
    try {
      const mark = readFileSync(this.markFile, 'utf8')
      const { size } = statSync(this.part)
      return size === 0 || mark === '' ? undefined : { size, mark }
    } catch {
      return undefined
    }
  }

  /**
   * Opens it for writing.
   *
   * @param offset what of it is kept.
   * @param mark tells whether the page is the same, if the server says so.
   * @throws Failure, or OutputLost for a full disk.
   */
  open(offset: number, mark: string | undefined): void {
    this.attempt(() => {
      this.close()
      makeFolder(dirname(this.path))
      this.descriptor = openSync(this.part, offset === 0 ? 'w+' : 'r+')
      ftruncateSync(this.descriptor, offset)
      if (!this.isKept) return
      if (mark === undefined) rmSync(this.markFile, { force: true })
      else writeFileSync(this.markFile, mark)
    })
  }

  /** Writes the next part at `offset`. */
  write(data: Uint8Array, offset: number): void {
    this.attempt(() => {
      writeWhole(this.descriptor!, data, offset)
    })
  }

  /** Reads the part that was kept, block by block, for a checksum. */
  *kept(): Generator<Uint8Array, void, undefined> {
    const { size } = fstatSync(this.descriptor!)
    for (let offset = 0; offset < size;) {
      const block = Buffer.alloc(Math.min(65_536, size - offset))
      offset += readSync(this.descriptor!, block, 0, block.length, offset)
      yield block
    }
  }

  /** Gives it its name, in place of any older file. */
  commit(): void {
    this.attempt(() => {
      this.close()
      renameSync(this.part, this.path)
      if (this.isKept) rmSync(this.markFile, { force: true })
    })
  }

  /** Ends it without its name. @param isUseless whether nothing of it may be kept. */
  discard(isUseless: boolean): void {
    try {
      this.close()
      if (this.isKept && !isUseless) return
      rmSync(this.part, { force: true })
      if (this.isKept) rmSync(this.markFile, { force: true })
    } catch {
      // The failure before this is the one to report.
    }
  }

  private close(): void {
    const { descriptor } = this
    this.descriptor = undefined
    if (descriptor !== undefined) closeSync(descriptor)
  }

  private attempt(work: () => void): void {
    try {
      work()
    } catch (error) {
      if (concernsAll(error)) throw new OutputLost(this.path, error as NodeJS.ErrnoException)
      const { code = 'WRITE_FAILED', message } = error as NodeJS.ErrnoException
      const reason = REASONS[code] ?? message
      throw new Failure(code, `cannot write ${this.path}: ${reason}`, { kind: 'output', cause: error })
    }
  }
}

const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'writing there is not permitted',
  EISDIR: 'there is a folder of that name',
  ENOTDIR: 'a part of the path is a file',
  EEXIST: 'a part of the path is a file',
  ENAMETOOLONG: 'the name is too long',
  EFBIG: 'it is larger than the file system, or a limit of the shell, allows',
}

/** Makes a folder, one by one: the `recursive` of Node's `mkdir` never ends where nothing can be made, as in `/proc`. */
function makeFolder(folder: string): void {
  try {
    mkdirSync(folder)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' && dirname(folder) !== folder) {
      makeFolder(dirname(folder))
      mkdirSync(folder)
    } else if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) throw error
  }
}
