import { createRequire } from 'node:module'
import { dirname } from 'node:path'
import type { SourceType, SyntaxNode } from '../lowering/syntax.js'
import { foldersFrom, manifestIn } from './folders.js'
import type { TypeScriptParser } from './typescript-parser.js'
import { parseWithTypeScript } from './parse-with-typescript.js'

/** A parser that the project has. @internal */
export interface Parser {
  readonly name: string
  readonly version: string
  /** Loads the parser, the first time. @throws SyntaxError, the parser's own, with the place. */
  parse(source: string, sourceType: SourceType, path: string): SyntaxNode
}

interface Kind {
  readonly name: string
  /** The oldest version that knows the language of today: major and minor. */
  readonly since: readonly [number, number]
  /** The first version that cannot be called. */
  readonly until?: readonly [number, number]
  parse(loaded: never, source: string, sourceType: SourceType, path: string): SyntaxNode
}

interface Place {
  readonly line: number
  readonly column: number
}

const kinds: readonly Kind[] = [
  {
    name: 'oxc-parser',
    since: [0, 110],
    parse(
      oxc: {
        parseSync(
          path: string,
          source: string,
          options: object,
        ): { program: SyntaxNode; errors: { message: string; labels?: { start: number }[] }[] }
      },
      source,
      sourceType,
    ) {
      const options = {
        lang: 'js',
        sourceType: sourceType === 'script' ? 'commonjs' : sourceType,
        astType: 'js',
        preserveParens: false,
      }
      const { program, errors } = oxc.parseSync('program.js', source, options)
      const [error] = errors
      if (error === undefined) return program
      throw Object.assign(new SyntaxError(error.message), { loc: placeAt(source, error.labels?.[0]?.start ?? 0) })
    },
  },
  {
    name: 'acorn',
    since: [8, 8],
    parse(acorn: { parse(source: string, options: object): SyntaxNode }, source, sourceType) {
      return acorn.parse(source, {
        ecmaVersion: 'latest',
        sourceType,
        allowHashBang: true,
        allowReturnOutsideFunction: sourceType === 'script',
        allowSuperOutsideMethod: false,
      })
    },
  },
  {
    name: '@babel/parser',
    since: [7, 20],
    parse(babel: { parse(source: string, options: object): { program: SyntaxNode } }, source, sourceType) {
      return babel.parse(source, {
        sourceType,
        allowReturnOutsideFunction: sourceType === 'script',
        createImportExpressions: true,
        plugins: [['estree', { classFeatures: true }], 'explicitResourceManagement', 'importAttributes'],
      }).program
    },
  },
  {
    name: 'typescript',
    since: [5, 2],
    until: [7, 0],
    parse(ts: TypeScriptParser, source, sourceType) {
      try {
        return parseWithTypeScript(ts, source, sourceType)
      } catch (error) {
        const { pos } = error as { pos?: number }
        throw pos === undefined ? error : Object.assign(error as Error, { loc: placeAt(source, pos) })
      }
    },
  },
]

function placeAt(source: string, offset: number): Place {
  const before = source.slice(0, offset).split(/\r\n|[\n\r\u2028\u2029]/)
  return { line: before.length, column: before.at(-1)!.length }
}

/** The line that installs a parser. @internal */
export const INSTALL = 'npm install --save-dev acorn'

/**
 * Finds the parser of the project. It is not loaded yet.
 *
 * @param from files from which it is looked for, one after the other.
 * @throws Error when there is none.
 * @internal
 */
export function findParser(from: readonly string[]): Parser {
  const unfit: string[] = []
  for (const place of from) {
    const require = createRequire(place)
    for (const kind of kinds) {
      const found = packageOf(require, kind.name)
      if (found === undefined) continue
      const { name, since, until } = kind
      const isLate = until !== undefined && isSince(found.version, until)
      if (!isLate && isSince(found.version, since)) return parserOf(kind, found.version, require)
      const reason = isLate
        ? `cannot be called (up to ${until[0] - 1} can)`
        : `is too old (${since.join('.')} or later is needed)`
      unfit.push(`${name} ${found.version} in ${found.folder} ${reason}`)
    }
  }
  throw new Error(
    'gvent/async needs a parser to find the async functions of the program, and the project has none of ' +
      `${kinds.map(({ name }) => name).join(', ')}${Array.from(new Set(unfit), (text) => `; ${text}`).join('')}. Install one: ${INSTALL}`,
  )
}

function parserOf(kind: Kind, version: string, require: NodeJS.Require): Parser {
  const { name } = kind
  let loaded: unknown
  return {
    name,
    version,
    parse(source, sourceType, path) {
      loaded ??= require(name)
      try {
        return kind.parse(loaded as never, source, sourceType, path)
      } catch (error) {
        throw withPlace(error, path, `${name} ${version}`)
      }
    },
  }
}

function withPlace(error: unknown, path: string, parser: string): unknown {
  const { loc } = error as { loc?: Place }
  if (!(error instanceof SyntaxError) || loc === undefined) return error
  const place = `${path}:${loc.line}:${loc.column + 1}`
  const message = error.message.replace(/ \(\d+:\d+\)$/, '')
  error.message = `${message} (${parser}) at ${place}`
  error.stack = `${error.name}: ${error.message}\n    at ${place}`
  return error
}

interface Package {
  readonly folder: string
  readonly version: string
}

function packageOf(require: NodeJS.Require, name: string): Package | undefined {
  let path: string
  try {
    path = require.resolve(name)
  } catch {
    return undefined
  }
  for (const folder of foldersFrom(dirname(path))) {
    const { name: found, version } = manifestIn(folder) ?? {}
    if (found === name && version !== undefined) return { folder, version }
  }
  return undefined
}

function isSince(version: string, [major, minor]: readonly [number, number]): boolean {
  const [ownMajor = 0, ownMinor = 0] = version.split('.').map(Number)
  return ownMajor > major || (ownMajor === major && ownMinor >= minor)
}
