import { createWriteStream, type WriteStream } from 'node:fs'
import { mkdir, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { finished } from 'node:stream/promises'
import { until, type Coroutine } from 'gvent'
import { Failure } from './failure.js'

const LONGEST_NAME = 150

/**
 * The file name for a body: the number makes it unique, the rest says where it came from. No part of the URL can lead
 * out of the folder, hide the file or be refused by a file system.
 */
export function fileNameFor(number: number, url: URL): string {
  const text = url.host + url.pathname + url.search
  const name = withoutEnd(text.replace(/[^A-Za-z0-9.-]+/g, '_'))
  const [ending = ''] = /\.\w{1,8}$/.exec(name) ?? []
  const short = name.length <= LONGEST_NAME ? name : name.slice(0, LONGEST_NAME - ending.length) + ending
  return `${number}-${short}`
}

/** The name without dots and underscores at its end. */
function withoutEnd(name: string): string {
  let end = name.length
  while (end > 0 && '_.'.includes(name[end - 1]!)) end--
  return name.slice(0, end)
}

/**
 * Makes a folder, and those in which it is to be, unless it is there. One by one, because the `recursive` of Node's
 * `mkdir` never ends where nothing can be made, as in `/proc`.
 */
export async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' && dirname(folder) !== folder) {
      await makeFolder(dirname(folder))
      await mkdir(folder)
    } else if (!(await isFolder(folder))) throw error
  }
}

async function isFolder(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isDirectory() === true
}

/** A file that appears under its name only when it is complete. */
export class PartialFile {
  private readonly temporary: string
  private opened: WriteStream | undefined

  /** @param path where it will be; until it is committed it is a hidden file beside that. */
  constructor(readonly path: string) {
    this.temporary = join(dirname(path), `.${basename(path)}.${process.pid}.part`)
  }

  /** Writes the next part; waits until it is written. @throws Failure when that is impossible. */
  *write(data: Uint8Array): Coroutine<void> {
    const written = new Promise<void>((resolve, reject) => {
      this.stream.write(data, (error) => {
        if (error) reject(error)
        else resolve()
      })
    })
    yield* this.attempt(written)
  }

  /** Gives it its name, in place of any older file. @throws Failure when that is impossible. */
  *commit(): Coroutine<void> {
    const ended = finished(this.stream)
    this.stream.end()
    yield* this.attempt(ended)
    yield* this.attempt(rename(this.temporary, this.path))
  }

  /** Removes what was written, unless it was committed. */
  *discard(): Coroutine<void> {
    const { opened } = this
    if (opened === undefined) return
    if (!opened.closed) {
      const closed = new Promise<void>((resolve) => opened.once('close', resolve))
      opened.destroy()
      yield* until(closed)
    }
    yield* until(rm(this.temporary, { force: true }))
  }

  private get stream(): WriteStream {
    // Whoever writes gets its errors; without a listener they would end the process besides.
    this.opened ??= createWriteStream(this.temporary).on('error', () => undefined)
    return this.opened
  }

  private *attempt(work: Promise<void>): Coroutine<void> {
    try {
      yield* until(work)
    } catch (error) {
      const { code, message, syscall } = error as NodeJS.ErrnoException
      if (code === undefined || syscall === undefined) throw error
      throw new Failure(code, `cannot write ${this.path}: ${reasons[code] ?? message}`, { cause: error })
    }
  }
}

const reasons: Record<string, string> = {
  EACCES: 'writing there is not permitted',
  ENOENT: 'the folder is gone',
  ENOSPC: 'the disk is full',
  EROFS: 'the file system is read-only',
  EISDIR: 'there is a folder of that name',
}
