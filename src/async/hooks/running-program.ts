import { Loading } from './loading.js'
import { Project } from './project.js'

/** Where lowered scripts find what they call. @internal */
export const RUNTIME: unique symbol = Symbol.for('gvent.async.lowered')

/** Lowers the program of this process. @internal */
export function loadingOfProgram(): Loading {
  return new Loading(new Project(), {
    module: { import: new URL('../lowering/runtime.js', import.meta.url).href },
    script: { expression: `globalThis[Symbol.for('${RUNTIME.description!}')]` },
  })
}
