/**
 * Lowers the async functions of a program when it is bundled, as `node --import gvent/async` does when it is loaded.
 *
 * ```js
 * // vite.config.js, for vitest too
 * import { vite } from 'gvent/async/plugin'
 *
 * export default { plugins: [vite()] }
 * ```
 *
 * @packageDocumentation
 */
import { readFile } from 'node:fs/promises'
import { dirname, extname, isAbsolute } from 'node:path'
import { typeOf } from './hooks/loading.js'
import { loadingOf, type AsyncPluginOptions } from './hooks/plugin-loading.js'
import { splitSourceMap } from './hooks/map-comment.js'
import { mayBeAsync } from './lowering/lower.js'
import type { SourceMap } from './lowering/source-map.js'
import type { SourceType } from './lowering/syntax.js'

export type { AsyncPluginOptions }

/** A plugin of Rollup and of what takes those: rolldown, tsup's, Vite. */
export interface RollupPlugin {
  /** `gvent-async`. */
  readonly name: string
  /** For Vite: behind the plugins that make JavaScript of other languages. */
  readonly enforce?: 'post'
  /** Lowers a module, if there is anything to lower in it. */
  transform(code: string, id: string): { code: string; map: SourceMap | null } | null
}

/** The argument of a plugin of esbuild. */
export interface EsbuildBuild {
  /** The options of the build: those about JSX and TypeScript are kept. */
  readonly initialOptions: object
  /** Compiles what is no JavaScript. */
  readonly esbuild: {
    transform(source: string, options: object): Promise<{ readonly code: string }>
  }
  /** Takes the place of esbuild's own way to load a file. */
  onLoad(
    options: { filter: RegExp },
    callback: (file: { path: string }) => Promise<{ contents: string; loader: 'js'; resolveDir: string } | undefined>,
  ): void
}

/** A plugin of esbuild. */
export interface EsbuildPlugin {
  /** `gvent-async`. */
  readonly name: string
  /** Registers how files are loaded. */
  setup(build: EsbuildBuild): void
}

/** A plugin of webpack. */
export interface WebpackPlugin {
  /**
   * Takes part in what a compiler of webpack makes.
   *
   * @param compiler is webpack's.
   */
  apply(compiler: object): void
}

interface WebpackCompiler {
  readonly hooks: { readonly compilation: WebpackHook<(compilation: object) => void> }
  readonly webpack: {
    readonly NormalModule: {
      getCompilationHooks(compilation: object): {
        readonly processResult: WebpackHook<(result: WebpackResult, module: WebpackModule) => WebpackResult>
      }
    }
  }
}

interface WebpackHook<T> {
  tap(name: string, callback: T): void
}

type WebpackResult = [code: string | Buffer, map?: unknown, ...rest: unknown[]]

interface WebpackModule {
  readonly resource?: string
  readonly type: string
}

const NAME = 'gvent-async'

/**
 * Makes a plugin of Rollup. It belongs behind those that make JavaScript of other languages.
 *
 * @param options which files it lowers.
 * @throws Error when a file has async functions and the project has no parser: that file is not bundled.
 */
export function rollup(options: AsyncPluginOptions = {}): RollupPlugin {
  const loading = loadingOf(options)
  return {
    name: NAME,
    transform(code, id) {
      const path = id.replace(/[?#].*/, '')
      if (id.startsWith('\0') || !isScript(path) || !loading.governs(path)) return null
      const lowered = loading.lower(code, path, 'module')
      return lowered.source === code ? null : splitSourceMap(lowered.source)
    },
  }
}

/**
 * Makes a plugin of Vite, and of vitest.
 *
 * @param options which files it lowers.
 */
export function vite(options: AsyncPluginOptions = {}): RollupPlugin {
  return { ...rollup(options), enforce: 'post' }
}

/**
 * Makes a plugin of esbuild.
 *
 * @param options which files it lowers.
 */
export function esbuild(options: AsyncPluginOptions = {}): EsbuildPlugin {
  const loading = loadingOf(options)
  return {
    name: NAME,
    setup(build) {
      build.onLoad({ filter: /\.[cm]?[jt]sx?$/ }, async ({ path }) => {
        if (!loading.governs(path)) return undefined
        let source = await readFile(path, 'utf8')
        if (!mayBeAsync(source)) return undefined
        const language = extname(path).replace(/^\.[cm]?/, '')
        if (language !== 'js') {
          source = (await build.esbuild.transform(source, transformOptions(build, language, path))).code
        }
        const type = typeOf(path) ?? (/^[ \t]*(?:import|export)\b/m.test(source) ? 'module' : undefined)
        return { contents: loading.lower(source, path, type).source, loader: 'js', resolveDir: dirname(path) }
      })
    },
  }
}

const webpackTypes: Record<string, SourceType | undefined> = {
  'javascript/esm': 'module',
  'javascript/dynamic': 'script',
}

/**
 * Makes a plugin of webpack. It lowers what the loaders made.
 *
 * @param options which files it lowers.
 */
export function webpack(options: AsyncPluginOptions = {}): WebpackPlugin {
  const loading = loadingOf(options)
  return {
    apply(compiler) {
      const { hooks, webpack: ownWebpack } = compiler as WebpackCompiler
      hooks.compilation.tap(NAME, (compilation) => {
        const { processResult } = ownWebpack.NormalModule.getCompilationHooks(compilation)
        processResult.tap(NAME, (result, { type, resource = '' }) => {
          const path = resource.replace(/[?#].*/, '')
          if (!type.startsWith('javascript/') || !isAbsolute(path) || !loading.governs(path)) return result
          const [source, map, ...rest] = result
          const lowered = loading.lower(source.toString(), path, webpackTypes[type])
          if (lowered.source === source.toString()) return result
          const { code, map: ownMap } = splitSourceMap(lowered.source)
          // That of the loaders leads to what the program was written in: the lines are the same, and so it stays right.
          return [code, map ?? ownMap, ...rest]
        })
      })
    },
  }
}

function transformOptions({ initialOptions }: EsbuildBuild, loader: string, sourcefile: string): object {
  const kept = Object.entries(initialOptions).filter(([name]) => /^(?:jsx|tsconfigRaw$)/.test(name))
  return { ...Object.fromEntries(kept), loader, sourcefile, target: 'esnext', sourcemap: 'inline' }
}

function isScript(path: string): boolean {
  return /\.(?:[cm]?[jt]sx?|vue|svelte)$/.test(path)
}
