import { chmodSync, lstatSync, mkdirSync, mkdtempSync, renameSync, rmdirSync, rmSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { dirname, join } from 'node:path'

/** Where the thread for questions of a process listens when nobody said where. */
export function ownSocket(pid: number, folder: string = tmpdir(), user: number = userInfo().uid): string {
  if (process.platform === 'win32') return `\\\\.\\pipe\\gvent-${pid}`
  return join(folder, `gvent-${user}`, `${pid}.sock`)
}

/**
 * A Unix socket for this user alone. It is opened in a folder that nobody else may enter, and moved to its place when it has
 * its mode: there is no moment at which somebody else could connect.
 */
export class PrivateSocket {
  /** Where to listen. */
  readonly made: string
  private readonly folder: string

  /** @param path the place where it is to be. What a process left there that ended without a farewell is removed. */
  constructor(readonly path: string) {
    if (process.platform === 'win32') {
      this.folder = ''
      this.made = path
      return
    }
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
    // Anything but a socket stays.
    if (lstatSync(path, { throwIfNoEntry: false })?.isSocket() === true) rmSync(path)
    this.folder = mkdtempSync(join(dirname(path), '.gvent-'))
    this.made = join(this.folder, 's')
  }

  /** Moves it to its place, when it listens. */
  publish(): void {
    if (this.folder === '') return
    chmodSync(this.made, 0o600)
    renameSync(this.made, this.path)
    rmdirSync(this.folder)
  }

  /** Removes it, when it listens no more. */
  remove(): void {
    if (this.folder !== '') rmSync(this.path, { force: true })
  }
}
