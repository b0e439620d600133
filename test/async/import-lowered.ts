import { rmSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import { transformSync } from 'esbuild'
import * as esbuildHelpers from 'gvent/async/runtime/esbuild'

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

/** The compilers write their own helpers into the code: they stay there under other names. */
export function withoutHelpers(code: string, names: readonly string[]): string {
  for (const name of names) code = code.replace(new RegExp(`^var ${name} =`, 'm'), `var $${name} =`)
  return code
}
