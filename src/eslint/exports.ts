import { readFileSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { functionKind, type FunctionKind } from './function-kind.js'
import { is, type Node } from './syntax.js'

type Exports = ReadonlyMap<string, FunctionKind>

interface Parser {
  parse?(text: string, options: object): Node
  parseForESLint?(text: string, options: object): { readonly ast: Node }
}

/** A file, and the parser that it was read by. */
export interface Importer {
  readonly filename: string
  readonly parser: unknown
}

const none: Exports = new Map()
const cache = new Map<string, { readonly modified: number; readonly exports: Exports }>()
const ENDINGS = ['', '.js', '.mjs', '.ts', '.mts', '/index.js', '/index.ts']

/** Which generator functions and green functions a module beside the linted one exports, by their names there. */
export function exportsOf(source: string, importer: Importer): Exports {
  if (!source.startsWith('.')) return none
  const path = resolve(dirname(importer.filename), source)
  // TypeScript names the file that the compiler makes.
  const paths = [...ENDINGS.map((ending) => path + ending), path.replace(/\.(m?)js$/, '.$1ts')]
  for (const candidate of paths) {
    const stats = statSync(candidate, { throwIfNoEntry: false })
    if (stats?.isFile()) return readExports(candidate, stats.mtimeMs, importer)
  }
  return none
}

function readExports(path: string, modified: number, importer: Importer): Exports {
  const known = cache.get(path)
  if (known?.modified === modified) return known.exports
  const exports = new Map<string, FunctionKind>()
  // Set before it is read: modules may export from each other.
  cache.set(path, { modified, exports })
  const { parser } = importer
  const statements = parse(path, parser as Parser | undefined)
  for (const [name, kind] of collect(statements, { filename: path, parser })) exports.set(name, kind)
  return exports
}

// A file that cannot be read or parsed is reported elsewhere.
function parse(path: string, parser: Parser | undefined): readonly Node[] {
  try {
    const text = readFileSync(path, 'utf8')
    const options = { ecmaVersion: 'latest', sourceType: 'module', range: true, filePath: path }
    const tree = parser?.parseForESLint?.(text, options).ast ?? parser?.parse?.(text, options)
    return is(tree, 'Program') ? tree.body : []
  } catch {
    return []
  }
}

function collect(statements: readonly Node[], importer: Importer): Exports {
  const here = new Map<string, FunctionKind>()
  for (const statement of statements) {
    if (is(statement, 'ImportDeclaration')) continue
    for (const [name, kind] of declared(statement)) here.set(name, kind)
  }
  const exported = new Map<string, FunctionKind>()
  for (const statement of statements) {
    if (is(statement, 'ExportDefaultDeclaration')) {
      const kind = is(statement.declaration, 'Identifier')
        ? here.get(statement.declaration.name)
        : functionKind(statement.declaration)
      if (kind !== undefined) exported.set('default', kind)
    } else if (is(statement, 'ExportAllDeclaration')) {
      for (const [name, kind] of exportsOf(String(statement.source?.value), importer)) exported.set(name, kind)
    } else if (is(statement, 'ExportNamedDeclaration')) {
      const from = statement.source === null ? here : exportsOf(String(statement.source.value), importer)
      for (const [name] of declared(statement)) exported.set(name, here.get(name)!)
      for (const { local, exported: as } of statement.specifiers) {
        const kind = from.get(nameIn(local))
        if (kind !== undefined) exported.set(nameIn(as!), kind)
      }
    }
  }
  return exported
}

function declared(statement: Node): [string, FunctionKind][] {
  if (is(statement, 'ExportNamedDeclaration', 'ExportDefaultDeclaration')) {
    return statement.declaration === null ? [] : declared(statement.declaration)
  }
  if (is(statement, 'FunctionDeclaration')) return named(statement.id, statement)
  return is(statement, 'VariableDeclaration') ? statement.declarations.flatMap(({ id, init }) => named(id, init)) : []
}

function named(id: Node | null, value: Node | null): [string, FunctionKind][] {
  const kind = functionKind(value)
  return is(id, 'Identifier') && kind !== undefined ? [[id.name, kind]] : []
}

function nameIn(node: Node): string {
  return is(node, 'Identifier') ? node.name : is(node, 'Literal') ? String(node.value) : ''
}
