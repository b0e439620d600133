import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** Iterates over a folder and those around it, up to the root. @internal */
export function* foldersFrom(innermost: string): Generator<string, void, undefined> {
  for (let folder = innermost; ; folder = dirname(folder)) {
    yield folder
    if (dirname(folder) === folder) return
  }
}

/** The content of a package.json, as far as it is read here. @internal */
export interface Manifest {
  readonly name?: string
  readonly version?: string
  readonly type?: string
  readonly gvent?: { readonly async?: unknown }
}

/** Reads the package.json of a folder; `undefined` if it has none. @internal */
export function manifestIn(folder: string): Manifest | undefined {
  const file = join(folder, 'package.json')
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Manifest) : undefined
}

/** Finds the package to which a file belongs: its folder and package.json. @internal */
export function packageAround(path: string): { readonly folder: string; readonly manifest: Manifest } | undefined {
  for (const folder of foldersFrom(dirname(path))) {
    const manifest = manifestIn(folder)
    if (manifest !== undefined) return { folder, manifest }
  }
  return undefined
}
