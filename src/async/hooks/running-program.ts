import { Loading } from './loading.js'
import { Project } from './project.js'

/** Where lowered scripts find what they call. @internal */
export const RUNTIME: unique symbol = Symbol.for('gvent.async.lowered')

/** Lowers the program of this process. @internal */
export function loadingOfProgram(): Loading {
  const accesses = {
    module: { import: new URL('../lowering/runtime.js', import.meta.url).href },
    script: { expression: `globalThis[Symbol.for('${RUNTIME.description!}')]` },
  }
  return new Loading(new Project(), accesses, mapsAreRead())
}

/** Whether somebody maps places: coverage counts by offsets, and stacks show columns. */
function mapsAreRead(): boolean {
  const { env, execArgv, sourceMapsEnabled } = process as NodeJS.Process & { sourceMapsEnabled?: boolean }
  if (env['NODE_V8_COVERAGE'] !== undefined || sourceMapsEnabled) return true
  return [...execArgv, env['NODE_OPTIONS'] ?? ''].some((text) =>
    /--(?:enable-source-maps|experimental-test-coverage)\b/.test(text),
  )
}
