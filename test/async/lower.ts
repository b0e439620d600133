import { rmSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import { transformSync } from 'esbuild'
import ts from 'typescript'
import * as esbuildHelpers from 'gvent/async/runtime/esbuild'
import * as typescriptHelpers from 'gvent/async/runtime/tslib'

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

// The compilers write their own helpers into the code.
function withoutHelpers(code: string, names: readonly string[]): string {
  for (const name of names) code = code.replace(new RegExp(`^var ${name} =`, 'm'), `var $${name} =`)
  return code
}

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

/**
 * Imports a module of this folder as it is when esbuild has lowered it, with gvent's helpers.
 *
 * @param module its address.
 */
export async function importLowered<T>(module: URL): Promise<T> {
  const path = fileURLToPath(module)
  const supported = { 'async-await': false, 'async-generator': false, 'for-await': false }
  const { code } = transformSync(await readFile(path, 'utf8'), { supported, sourcemap: 'inline', sourcefile: path })
  const names = Object.keys(esbuildHelpers)
  const file = new URL(`lowered-${process.pid}-${basename(path)}`, module)
  // On the line that was the first, so that the source map holds.
  const imported = `import { ${names.join(', ')} } from 'gvent/async/runtime/esbuild'; `
  await writeFile(file, imported + withoutHelpers(code, names))
  try {
    return (await import(file.href)) as T
  } finally {
    rmSync(file)
  }
}
