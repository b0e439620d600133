import { readFileSync } from 'node:fs'
import { Module } from 'node:module'
import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { isTypeScript, typeOf, type Loading } from './loading.js'
import { mayNeedCompiler } from './typescript.js'
import type { SourceType } from '../lowering/syntax.js'

/** The answer of a `load` hook. @internal */
export interface Loaded {
  format?: string | null | undefined
  source?: string | ArrayBuffer | Uint8Array | null | undefined
  shortCircuit?: boolean | undefined
}

const formats: Record<string, SourceType | undefined> = {
  module: 'module',
  commonjs: 'script',
  'module-typescript': 'module',
  'commonjs-typescript': 'script',
}
const formatOf: Record<SourceType, string> = { module: 'module', script: 'commonjs' }

/** The path of a module that may be lowered. @internal */
export function pathOf(loading: Loading, url: string): string | undefined {
  if (!url.startsWith('file:')) return undefined
  const path = fileURLToPath(new URL(url))
  return loading.governs(path) ? path : undefined
}

/**
 * Answers for a TypeScript file that nobody else loads.
 * @returns `undefined` where Node does, or a compiler that is registered for scripts.
 * @internal
 */
export function loadTypeScript(path: string): Loaded | undefined {
  const { typescript } = process.features as { typescript?: string | false }
  if (!isTypeScript(path) || typescript) return undefined
  const isModule = typeOf(path) === 'module'
  if (!isModule && isCompiledByOthers(path)) return undefined
  return readTypeScript(path)
}

/** Reads a TypeScript file for {@link lowerLoaded}. @internal */
export function readTypeScript(path: string): Loaded {
  const format = typeOf(path) === 'module' ? 'module-typescript' : 'commonjs-typescript'
  return { format, source: readFileSync(path, 'utf8'), shortCircuit: true }
}

type Extension = (module: Script, path: string) => void

/** How Node loads scripts, by extension. @internal */
export const extensions: Record<string, Extension> = (Module as unknown as { _extensions: Record<string, Extension> })
  ._extensions

// Where Node has hooks on the thread, none of the handlers is ours.
function isCompiledByOthers(path: string): boolean {
  return 'registerHooks' in Module && extensions[extname(path)] !== undefined
}

/** A script, as Node compiles it. @internal */
export interface Script {
  _compile: (source: string, path: string, format?: string, ...rest: unknown[]) => unknown
}

/** Lowers what was loaded. @internal */
export function lowerLoaded(loading: Loading, path: string, loaded: Loaded): Loaded {
  const format = loaded.format ?? ''
  if (format !== '' && formats[format] === undefined) return loaded
  let source = textOf(loaded.source) ?? readFileSync(path, 'utf8')
  if (format === '' && isTypeScript(path) && isCompiledByOthers(path)) return loaded
  const isTyped = format === '' ? isTypeScript(path) : format.endsWith('-typescript')
  // Node takes it for CommonJS as long as nobody has looked at it.
  const isOpen = format === '' || (format.startsWith('commonjs') && typeOf(path) === undefined)
  let sourceType = isOpen ? undefined : formats[format]
  const { typescript } = process.features as { typescript?: string | false }
  if (isTyped) {
    if (typescript && !/\basync\b/.test(source) && !mayNeedCompiler(source)) return loaded
    if (!typescript && sourceType === undefined) sourceType = 'script'
    const stripped = loading.strip(source, path, sourceType === 'module')
    if (stripped === undefined) return loaded
    source = stripped
  }
  let lowered: ReturnType<Loading['lower']>
  try {
    lowered = loading.lower(source, path, sourceType)
  } catch (error) {
    // What came first compiles it, and has the source as it is here.
    if (error instanceof SyntaxError && !isTyped && isTypeScript(path)) return loaded
    throw error
  }
  if (!isTyped && lowered.source === source) return loaded
  const answer = lowered.sourceType ?? sourceType ?? formats[format] ?? 'script'
  return { ...loaded, format: formatOf[answer], source: lowered.source, shortCircuit: true }
}

function textOf(source: Loaded['source']): string | undefined {
  if (source === null || source === undefined) return undefined
  return typeof source === 'string' ? source : new TextDecoder().decode(source)
}
