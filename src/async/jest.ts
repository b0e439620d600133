/**
 * Lowers the async functions of a program in the tests of jest, where those are modules.
 *
 * ```js
 * // jest.config.js; run with NODE_OPTIONS=--experimental-vm-modules
 * export default { transform: { '\\.[cm]?[jt]s$': 'gvent/async/jest' } }
 * ```
 *
 * @packageDocumentation
 */
import { createHash } from 'node:crypto'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { checkOptions, type OptionNames } from '../scheduler/checks/check-options.js'
import { isTypeScript } from './hooks/loading.js'
import { splitSourceMap } from './hooks/map-comment.js'
import { PASS_VERSION } from './lowering/lower.js'
import { loadingOf, type AsyncPluginOptions } from './hooks/plugin-loading.js'

/** Which files are lowered, and what compiles them before. */
export interface JestTransformerOptions extends AsyncPluginOptions {
  /** Another transformer that comes first, as jest's configuration has it: `'babel-jest'`, `['ts-jest', options]`. */
  readonly after?: string | readonly [name: string, options?: object]
}

/** The result of a transformer of jest. */
export interface JestTransformed {
  /** The code. */
  readonly code: string
  /** Its source map. */
  readonly map?: unknown
}

/** The options of jest for a file. */
export interface JestFileOptions {
  /** Whether the file is loaded as a module. */
  readonly supportsStaticESM?: boolean
  /** Its configuration, as a text. */
  readonly configString?: string
  /** Options of the transformer. */
  readonly transformerConfig?: unknown
}

/** A transformer of jest. */
export interface JestTransformer {
  /** Lowers a file. */
  process(source: string, path: string, file: JestFileOptions): JestTransformed
  /** Lowers a file that is loaded as a module. */
  processAsync(source: string, path: string, file: JestFileOptions): Promise<JestTransformed>
  /** Says what the result hangs on. */
  getCacheKey(source: string, path: string, file: JestFileOptions): string
}

const jestOptionNames: OptionNames = { own: ['packages', 'after'] }

/**
 * Makes a transformer; jest calls it.
 *
 * @param options which files it lowers, and what compiles them before.
 */
export function createTransformer(options: JestTransformerOptions = {}): JestTransformer {
  checkOptions(options, jestOptionNames)
  const { after, ...pluginOptions } = options
  const loading = loadingOf(pluginOptions)
  const first = after === undefined ? undefined : firstTransformer(after)

  function lowered({ code, map }: JestTransformed, path: string, isModule: boolean): JestTransformed {
    // Jest cannot give a module, which gvent is, to a script.
    if (!isModule || !loading.governs(path)) return { code, map }
    const source = first === undefined && isTypeScript(path) ? (loading.strip(code, path, true) ?? code) : code
    const result = splitSourceMap(loading.lower(source, path, 'module').source)
    return { code: result.code, map: map ?? result.map }
  }

  return {
    process(source, path, file) {
      const compiled = first === undefined ? { code: source } : first.process(source, path, withOptions(file, after))
      return lowered(compiled, path, file.supportsStaticESM === true)
    },
    async processAsync(source, path, file) {
      if (first === undefined) return lowered({ code: source }, path, true)
      const own = withOptions(file, after)
      return lowered(await (first.processAsync?.(source, path, own) ?? first.process(source, path, own)), path, true)
    },
    getCacheKey(source, path, file) {
      const inner = first?.getCacheKey?.(source, path, withOptions(file, after))
      const parts = [PASS_VERSION, process.version, path, source, file.configString, file.supportsStaticESM, inner]
      return createHash('sha256').update(JSON.stringify(parts)).digest('hex')
    },
  }
}

type AnyTransformer = Pick<JestTransformer, 'process'> & Partial<JestTransformer>

function firstTransformer(after: string | readonly [string, object?]): AnyTransformer {
  const [name, options] = typeof after === 'string' ? [after] : after
  const loaded = createRequire(join(process.cwd(), 'index.js'))(name) as { default?: unknown }
  const module = (loaded.default ?? loaded) as AnyTransformer & {
    createTransformer?: (options?: object) => AnyTransformer
  }
  return module.createTransformer?.(options) ?? module
}

function withOptions(file: JestFileOptions, after: JestTransformerOptions['after']): JestFileOptions {
  return { ...file, transformerConfig: typeof after === 'object' ? (after[1] ?? {}) : {} }
}

/** The module as jest loads it. */
const transformer: { readonly createTransformer: typeof createTransformer } = { createTransformer }
export default transformer
