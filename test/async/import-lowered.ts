import { rmSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parse } from 'acorn'
import { transformSync } from 'esbuild'
import { lower } from 'gvent/async/lower'
import * as esbuildHelpers from 'gvent/async/runtime/esbuild'

/** Who lowers a module. */
export type Compiler = 'gvent' | 'esbuild'

/**
 * Imports a module of this folder as it is when a compiler has lowered it, with gvent's helpers.
 *
 * @param module its address.
 */
export async function importLowered<T>(module: URL, compiler: Compiler = 'esbuild'): Promise<T> {
  const path = fileURLToPath(module)
  const file = new URL(`lowered-${process.pid}-${compiler}-${basename(path)}`, module)
  await writeFile(file, compilers[compiler](await readFile(path, 'utf8'), path))
  try {
    return (await import(file.href)) as T
  } finally {
    rmSync(file)
  }
}

// What comes first stands on the line that was the first, so that lines and source maps hold.
const compilers: Record<Compiler, (source: string, path: string) => string> = {
  gvent(source) {
    const program = parse(source, { ecmaVersion: 'latest', sourceType: 'module' })
    return lower(source, program, { import: 'gvent/async/runtime/lowered' })
  },
  esbuild(source, path) {
    const supported = { 'async-await': false, 'async-generator': false, 'for-await': false }
    const { code } = transformSync(source, { supported, sourcemap: 'inline', sourcefile: path })
    const names = Object.keys(esbuildHelpers)
    const imported = `import { ${names.join(', ')} } from 'gvent/async/runtime/esbuild'; `
    return imported + withoutHelpers(code, names)
  },
}

/** The compilers write their own helpers into the code: they stay there under other names. */
export function withoutHelpers(code: string, names: readonly string[]): string {
  for (const name of names) code = code.replace(new RegExp(`^var ${name} =`, 'm'), `var $${name} =`)
  return code
}
