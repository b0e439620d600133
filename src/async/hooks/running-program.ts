import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'
import { Loading } from './loading.js'
import { Project } from './project.js'

/** Where lowered scripts find what they call. @internal */
export const RUNTIME: unique symbol = Symbol.for('gvent.async.lowered')

/** The URL of one of gvent's own entries, as the program itself would import it. @internal */
export function entryURL(name: string): string {
  return pathToFileURL(createRequire(import.meta.url).resolve(name)).href
}

/**
 * Lowers the program of this process.
 *
 * @param main the file that was started, where this thread does not know it.
 * @internal
 */
export function loadingOfProgram(main?: string): Loading {
  const accesses = {
    module: { import: entryURL('gvent/async/runtime/lowered') },
    script: { expression: `globalThis[Symbol.for('${RUNTIME.description!}')]` },
  }
  return new Loading(new Project(main), accesses, mapsAreRead())
}

/** Whether somebody maps places: coverage counts by offsets, and stacks show columns. */
function mapsAreRead(): boolean {
  const { env, execArgv, sourceMapsEnabled } = process as NodeJS.Process & { sourceMapsEnabled?: boolean }
  if (env['NODE_V8_COVERAGE'] !== undefined || sourceMapsEnabled) return true
  return [...execArgv, env['NODE_OPTIONS'] ?? ''].some((text) =>
    /--(?:enable-source-maps|experimental-test-coverage)\b/.test(text),
  )
}
