import { realpathSync } from 'node:fs'
import { join, normalize, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { packageAround } from './folders.js'

/** gvent's own code is not governed by itself, but for its examples, which are programs. */
const own = fileURLToPath(new URL('../..', import.meta.url))
const examples = fileURLToPath(new URL('../../examples/', import.meta.url))
const modules = `${sep}node_modules${sep}`

/** A program: where it is, and which files of it are lowered. @internal */
export class Project {
  private readonly packages: ReadonlySet<string>

  /**
   * @param main a file of the program; the one that was started, if it belongs to no package that is installed.
   * @param packages the names of packages that are lowered, too.
   */
  constructor(
    readonly main: string = mainFile(),
    packages: readonly string[] = packagesOf(main),
  ) {
    this.packages = new Set(packages)
  }

  /** Where parsers and compilers are looked for. */
  get places(): string[] {
    return [this.main, join(process.cwd(), 'index.js')]
  }

  /** Whether a file is lowered: the program's own, and those of the packages that it names. */
  governs(file: string): boolean {
    // Vite writes the paths of Windows with slashes.
    const path = normalize(file)
    if (path.startsWith(own) && !path.startsWith(examples)) return false
    const index = path.lastIndexOf(modules)
    if (index === -1 || this.packages.has('*')) return true
    const [scope = '', name = ''] = path.slice(index + modules.length).split(sep)
    return this.packages.has(scope.startsWith('@') ? `${scope}/${name}` : scope)
  }
}

function mainFile(): string {
  const given = process.argv[1]
  try {
    const main = given === undefined ? modules : realpathSync(given)
    if (!main.includes(modules)) return main
  } catch {
    // It may be no file at all.
  }
  return join(process.cwd(), 'index.js')
}

function packagesOf(main: string): readonly string[] {
  const { GVENT_ASYNC } = process.env
  return GVENT_ASYNC === undefined ? listed(main) : GVENT_ASYNC.split(',').map((name) => name.trim())
}

/** Reads the names in `"gvent": { "async": [...] }` of the nearest package.json. */
function listed(main: string): string[] {
  const { folder, manifest } = packageAround(main) ?? {}
  const names = manifest?.gvent?.async ?? []
  const list = Array.isArray(names) ? (names as unknown[]) : [names]
  if (list.every((name) => typeof name === 'string')) return list
  throw new TypeError(
    `${join(folder!, 'package.json')}: "gvent": { "async": … } has to be a list of names of packages, or "*": ${JSON.stringify(names)}`,
  )
}
