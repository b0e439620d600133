import { existsSync, readFileSync, realpathSync } from 'node:fs'
import { dirname, join, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

/** gvent's own code is not governed by itself. */
const own = fileURLToPath(new URL('../..', import.meta.url))
const modules = `${sep}node_modules${sep}`

/** The program that runs: where it is, and which files of it are lowered. @internal */
export class Project {
  /** The file that was started; without one, a name in the folder in which the process was. */
  readonly main: string
  private readonly packages: ReadonlySet<string>

  constructor() {
    this.main = mainFile()
    const given = process.env['GVENT_ASYNC']
    this.packages = new Set(given === undefined ? listed(this.main) : given.split(',').map((name) => name.trim()))
  }

  /** Where parsers and compilers are looked for. */
  get places(): string[] {
    return [this.main, join(process.cwd(), 'index.js')]
  }

  /** Whether a file is lowered: the program's own, and those of the packages that it names. */
  governs(path: string): boolean {
    if (path.startsWith(own)) return false
    const index = path.lastIndexOf(modules)
    if (index === -1 || this.packages.has('*')) return true
    const [scope = '', name = ''] = path.slice(index + modules.length).split(sep)
    return this.packages.has(scope.startsWith('@') ? `${scope}/${name}` : scope)
  }
}

function mainFile(): string {
  const given = process.argv[1]
  try {
    if (given !== undefined) return realpathSync(given)
  } catch {
    // It may have no extension, or be no file at all.
  }
  return given ?? join(process.cwd(), 'index.js')
}

/** What `"gvent": { "async": [...] }` of the nearest package.json names. */
function listed(main: string): string[] {
  for (let folder = dirname(main); ; folder = dirname(folder)) {
    const file = join(folder, 'package.json')
    if (existsSync(file)) return namesIn(file)
    if (dirname(folder) === folder) return []
  }
}

function namesIn(file: string): string[] {
  const { gvent } = JSON.parse(readFileSync(file, 'utf8')) as { gvent?: { async?: unknown } }
  const names = gvent?.async ?? []
  const list = Array.isArray(names) ? (names as unknown[]) : [names]
  if (list.every((name) => typeof name === 'string')) return list
  throw new TypeError(
    `${file}: "gvent": { "async": … } has to be a list of names of packages, or "*": ${JSON.stringify(names)}`,
  )
}
