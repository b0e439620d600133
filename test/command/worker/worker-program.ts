import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../../docs/pages.js'
import { startProgram, type Program } from '../../io/program.js'

const program = join(root, 'dist', 'command', 'main.js')

/** Runs `gvent` to its end. */
export function gvent(...args: string[]): Program['ended'] {
  return startProgram([program, ...args]).ended
}

/** Starts `gvent worker`. */
export function startWorker(args: string[], variables: NodeJS.ProcessEnv = {}): Program {
  return startProgram([program, 'worker', ...args], variables)
}

/** A folder for files of jobs, from which `gvent` can be imported. */
export class Folder {
  private readonly path = mkdtempSync(join(root, 'build', 'worker-'))

  /** Writes a file. @returns its path. */
  write(name: string, text: string): string {
    const path = join(this.path, name)
    writeFileSync(path, text)
    return path
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true })
  }
}
