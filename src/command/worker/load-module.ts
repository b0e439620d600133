import { existsSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { UsageError } from '../usage-error.js'

/** @throws UsageError when there is no such file. */
export function checkFile(file: string): void {
  const stats = statSync(resolve(file), { throwIfNoEntry: false })
  if (stats === undefined) throw new UsageError(`there is no file ${file}`)
  if (!stats.isFile()) throw new UsageError(`${file} is not a file; expected a module that exports functions`)
}

/**
 * Finds the command of the package that the file of the jobs imports: its greenlets run in that one, and in no other copy.
 *
 * @returns `undefined` if it imports none.
 */
export function commandOf(file: string): string | undefined {
  try {
    const command = join(dirname(createRequire(resolve(file)).resolve('gvent')), 'gvent.js')
    return existsSync(command) ? command : undefined
  } catch {
    return undefined
  }
}

/**
 * Imports the file of the jobs.
 *
 * @throws UsageError for TypeScript where Node takes none; otherwise what the file raises.
 */
export async function loadModule(file: string): Promise<Readonly<Record<string, unknown>>> {
  try {
    return (await import(pathToFileURL(resolve(file)).href)) as Record<string, unknown>
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_UNKNOWN_FILE_EXTENSION' || !/\.[cm]?ts$/.test(file)) throw error
    const { node } = process.versions
    throw new UsageError(
      `${file}: Node ${node} takes no TypeScript; take Node from 22.18 on, compile it, or set NODE_OPTIONS='--import tsx'`,
    )
  }
}
