import { statSync } from 'node:fs'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { UsageError } from '../usage-error.js'

/** @throws UsageError when there is no such file. */
export function checkFile(file: string): void {
  const stats = statSync(resolve(file), { throwIfNoEntry: false })
  if (stats === undefined) throw new UsageError(`there is no file ${file}`)
  if (!stats.isFile()) throw new UsageError(`${file} is no file; expected one that exports functions`)
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
