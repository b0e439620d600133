import { renameSync, writeFileSync } from 'node:fs'
import type { CookieJar } from '../requests/cookies.js'
import { OutputLost } from './output-lost.js'

/** The file of a jar of cookies, which nobody else may read. */
export class CookieFile {
  constructor(
    private readonly path: string,
    private readonly jar: CookieJar,
  ) {}

  /** Writes it, whole or not at all. @throws OutputLost. */
  write(): void {
    const temporary = `${this.path}.${process.pid}.part`
    try {
      writeFileSync(temporary, this.jar.toString(), { mode: 0o600 })
      renameSync(temporary, this.path)
    } catch (error) {
      throw new OutputLost(this.path, error as NodeJS.ErrnoException)
    }
  }
}
