import { PASS_VERSION, lower, lowerWithMap, mayBeAsync, type RuntimeAccess } from '../lowering/lower.js'
import { dirname, extname } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { SourceType, SyntaxNode } from '../lowering/syntax.js'
import { Cache } from './cache.js'
import { packageAround } from './folders.js'
import { hasSourceMap, withSourceMap } from './map-comment.js'
import { findParser, type Parser } from './parsers.js'
import { Project } from './project.js'
import { withoutTypes } from './typescript.js'

/** How lowered code gets what it calls: in a module, and in a script. @internal */
export type Accesses = Readonly<Record<SourceType, RuntimeAccess>>

/** Lowers the files of a program when they are loaded. @internal */
export class Loading {
  private readonly cache: Cache
  private foundParser: Parser | undefined
  /** The parser is loaded itself just now. */
  private isBusy = false

  constructor(
    private readonly project: Project,
    private readonly accesses: Accesses,
    private readonly isMapped: boolean,
  ) {
    this.cache = new Cache(dirname(project.main))
  }

  /** A file of the program: the one that was started, unless it is a package's. */
  get main(): string {
    return this.project.main
  }

  /** Whether a file is to be lowered at all. */
  governs(path: string): boolean {
    return !this.isBusy && this.project.governs(path)
  }

  /**
   * Lowers a file. A source map stands behind it where this makes any, and nobody made one before.
   *
   * @param sourceType `undefined` where it is to be seen by its syntax.
   * @returns the code, and what it is; the code as it was if there is nothing to lower.
   * @throws SyntaxError when it cannot be parsed; Error when there is no parser.
   */
  lower(
    source: string,
    path: string,
    sourceType: SourceType | undefined,
  ): { source: string; sourceType: SourceType | undefined } {
    if (!mayBeAsync(source)) return { source, sourceType }
    this.foundParser ??= findParser(this.project.places)
    const { name, version } = this.foundParser
    const access = JSON.stringify([this.accesses, this.isMapped])
    const names = [path, `${PASS_VERSION}`, name, version, process.version, sourceType ?? '', access]
    const known = this.cache.read(names, source)
    if (known !== undefined) {
      const end = known.indexOf('\n')
      const kind = known.slice(0, end) as SourceType | ''
      return { sourceType: kind || undefined, source: end === known.length - 1 ? source : known.slice(end + 1) }
    }
    const result = this.parseAndLower(this.foundParser, source, path, sourceType)
    this.cache.write(names, source, `${result.sourceType}\n${result.source === source ? '' : result.source}`)
    return result
  }

  /** Makes JavaScript of TypeScript; `undefined` if there is nothing that can. */
  strip(source: string, path: string, isModule: boolean): string | undefined {
    const wasBusy = this.isBusy
    this.isBusy = true
    try {
      return withoutTypes(source, path, isModule, this.project.places)
    } finally {
      this.isBusy = wasBusy
    }
  }

  private lowerProgram(source: string, program: SyntaxNode, access: RuntimeAccess, path: string): string {
    if (!this.isMapped || hasSourceMap(source)) return lower(source, program, access)
    const { code, map } = lowerWithMap(source, program, access, pathToFileURL(path).href)
    return map === undefined ? code : withSourceMap(code, map)
  }

  private parseAndLower(
    parser: Parser,
    source: string,
    path: string,
    sourceType: SourceType | undefined,
  ): { source: string; sourceType: SourceType } {
    this.isBusy = true
    try {
      if (sourceType !== undefined) {
        const program = parser.parse(source, sourceType, path)
        return { source: this.lowerProgram(source, program, this.accesses[sourceType], path), sourceType }
      }
      return this.parseAndLower(parser, source, path, isModule(parser, source, path) ? 'module' : 'script')
    } finally {
      this.isBusy = false
    }
  }
}

// As Node does it: what is no script is a module, if it is one.
function isModule(parser: Parser, source: string, path: string): boolean {
  try {
    parser.parse(source, 'script', path)
    return false
  } catch {
    try {
      parser.parse(source, 'module', path)
      return true
    } catch {
      return false
    }
  }
}

/** The type of a file by its name and the nearest package.json; `undefined` if that leaves it open. @internal */
export function typeOf(path: string): SourceType | undefined {
  const extension = extname(path)
  if (extension === '.mjs' || extension === '.mts') return 'module'
  if (extension === '.cjs' || extension === '.cts') return 'script'
  const type = packageAround(path)?.manifest.type
  return type === 'module' ? 'module' : type === 'commonjs' ? 'script' : undefined
}

/** Whether a file is TypeScript, by its name. @internal */
export function isTypeScript(path: string): boolean {
  return /\.[cm]?ts$/.test(path)
}
