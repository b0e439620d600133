/** The hooks of modules where Node has them on a thread of its own only. */
import { loadTypeScript, lowerLoaded, pathOf, type Loaded } from './load.js'
import type { Loading } from './loading.js'
import { loadingOfProgram } from './running-program.js'

let loading: Loading

/** Called with what was given when these hooks were registered. */
export function initialize({ main }: { main: string }): void {
  loading = loadingOfProgram(main)
}

export async function load(
  url: string,
  context: unknown,
  nextLoad: (url: string, context: unknown) => Promise<Loaded>,
): Promise<Loaded> {
  const path = pathOf(loading, url)
  if (path === undefined) return nextLoad(url, context)
  const loaded = loadTypeScript(path) ?? (await nextLoad(url, context))
  // The loader of CommonJS is on the thread of the program, and reads it there.
  if (loaded.format?.startsWith('commonjs')) return { ...loaded, format: 'commonjs', source: null }
  return lowerLoaded(loading, path, loaded)
}
