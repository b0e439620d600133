import { parse } from 'acorn'
import { transformSync } from 'esbuild'
import ts from 'typescript'
import * as esbuildHelpers from 'gvent/async/runtime/esbuild'
import { lower } from 'gvent/async/lower'
import * as ownHelpers from 'gvent/async/runtime/lowered'
import * as typescriptHelpers from 'gvent/async/runtime/tslib'
import { withoutHelpers } from './import-lowered.js'

/** A compiler that makes generators of async functions, with gvent's helpers in the place of its own. */
export interface Lowering {
  readonly name: string
  /** Compiles a classic script. */
  lower(source: string): string
  /** What the compiled code finds under these names. */
  readonly helpers: Readonly<Record<string, unknown>>
}

/** The compilers that the project has. */
export const lowerings: readonly Lowering[] = [
  {
    name: 'gvent',
    lower: (source) => lower(source, parse(source, { ecmaVersion: 'latest' }), { expression: 'gvent' }),
    helpers: { gvent: ownHelpers },
  },
  {
    name: 'esbuild',
    lower(source) {
      const supported = { 'async-await': false, 'async-generator': false, 'for-await': false }
      const { code } = transformSync(source, { supported })
      return withoutHelpers(code, Object.keys(esbuildHelpers))
    },
    helpers: esbuildHelpers,
  },
  {
    name: 'TypeScript',
    lower(source) {
      const compilerOptions = { target: ts.ScriptTarget.ES2016, module: ts.ModuleKind.ESNext }
      return withoutHelpers(ts.transpileModule(source, { compilerOptions }).outputText, Object.keys(typescriptHelpers))
    },
    helpers: typescriptHelpers,
  },
]

/**
 * Runs a function body, natively or lowered, with these names in scope.
 *
 * @returns what it returns.
 */
export function evaluate(source: string, scope: Readonly<Record<string, unknown>>, lowering?: Lowering): unknown {
  const names = { ...lowering?.helpers, ...scope }
  // A script may not return, so the compilers see a function.
  const script = `var $body = function () { ${source} }`
  const code = lowering === undefined ? script : lowering.lower(script)
  // eslint-disable-next-line @typescript-eslint/no-implied-eval -- programs are what is tested here
  const run = new Function(...Object.keys(names), `${code}\nreturn $body()`) as (...args: unknown[]) => unknown
  return run(...Object.values(names))
}
