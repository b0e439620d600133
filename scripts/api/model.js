/**
 * What the package exports, as its declarations in `dist` say: each entry with its exports, their members, their
 * signatures and their doc comments. Private and `@internal` members are not part of it.
 */
import { readFileSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { parseComment } from './comment.js'

const root = fileURLToPath(new URL('../../', import.meta.url))
const dist = join(root, 'dist')

/**
 * @typedef {{ text: string, params: { name: string, text: string }[], returns: string, throws: string, cancelSafety:
 *   string, internal: boolean }} Doc
 * @typedef {{ name: string, kind: string, signatures: string[], doc: Doc | undefined, access: string }} Member
 * @typedef {{ name: string, kind: string, head: string, doc: Doc | undefined, members: Member[], module: string,
 *   exports: Export[], scope?: string }} Export `exports`: those of a namespace; `scope`: what an augmentation adds to
 * @typedef {{ name: string, exports: Export[], augmentations: Export[] }} Entry
 */

/** @returns {Entry[]} the entries of the package, the scheduler first, in the order in which they build on one another. */
export function readEntries() {
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const files = Object.entries(manifest.exports)
    .filter(([, target]) => typeof target === 'object' && 'types' in target)
    .map(([name, { types }]) => ({ name: join('gvent', name), file: join(root, types) }))
    // The main entry only passes on what the others have.
    .sort((a, b) => Number(a.name === 'gvent') - Number(b.name === 'gvent'))
  const program = ts.createProgram(
    files.map(({ file }) => file),
    { module: ts.ModuleKind.NodeNext, target: ts.ScriptTarget.ES2022, types: ['node'], skipLibCheck: true },
  )
  const checker = program.getTypeChecker()
  const described = new Map()
  const exported = new Set(
    files
      .map(({ file }) => checker.getSymbolAtLocation(program.getSourceFile(file)))
      .flatMap((symbol) => (symbol === undefined ? [] : checker.getExportsOfModule(symbol).map(aliased))),
  )
  return files.map(({ name, file }) => {
    const source = program.getSourceFile(file)
    const symbol = checker.getSymbolAtLocation(source)
    return {
      name,
      exports: symbol === undefined ? [] : exportsOf(symbol),
      augmentations: augmentationsOf(source),
    }
  })

  function exportsOf(module) {
    const symbols = checker.getExportsOfModule(module).map((symbol) => ({ name: symbol.name, target: aliased(symbol) }))
    return symbols
      .map(({ name, target }) => {
        if (!described.has(target)) described.set(target, describe(name, target))
        return described.get(target)
      })
      .sort(byName)
  }

  function aliased(symbol) {
    return symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol
  }

  function describe(name, symbol) {
    const [declaration] = symbol.declarations
    if (ts.isSourceFile(declaration)) {
      const exports = exportsOf(symbol)
      return {
        name,
        kind: 'namespace',
        head: `namespace ${name}`,
        doc: fileDoc(declaration),
        members: [],
        module: moduleOf(declaration),
        exports,
      }
    }
    const kinds = symbol.declarations.map((each) => kindOf(each))
    const kind = kinds[0]
    const members =
      kind === 'class' || kind === 'interface'
        ? [...constructorsOf(symbol), ...staticsOf(symbol), ...propertiesOf(symbol)]
        : []
    const heads = symbol.declarations.map((each) => headOf(each, visible))
    return {
      name,
      kind,
      head: Array.from(new Set(heads)).join('\n'),
      doc: docOf(symbol.declarations),
      members: members.filter(({ doc, access }) => doc?.internal !== true && access !== 'private'),
      module: moduleOf(declaration),
      exports: [],
    }
  }

  /**
   * A base as it is, or, if it is a class or interface of ours that nobody outside can name, what that one extends: its
   * members count as those of its heirs.
   */
  function visible(base) {
    const symbol = checker.getSymbolAtLocation(base.expression)
    if (symbol === undefined) return [base]
    const target = aliased(symbol)
    if (exported.has(target) || !isOurs(target.declarations[0])) return [base]
    return (target.declarations[0].heritageClauses ?? [])
      .filter(({ token }) => token === ts.SyntaxKind.ExtendsKeyword)
      .flatMap(({ types }) => types.flatMap(visible))
  }

  function propertiesOf(symbol) {
    const type = checker.getDeclaredTypeOfSymbol(symbol)
    return type
      .getProperties()
      .filter((property) => {
        const parent = property.declarations?.[0]?.parent
        if (parent === undefined) return false
        const owner = parent.symbol
        return owner === symbol || (!exported.has(owner) && isOurs(parent))
      })
      .map((property) => memberOf(property, type))
  }

  function staticsOf(symbol) {
    return Array.from(symbol.exports?.values() ?? [])
      .filter(({ name, valueDeclaration }) => name !== 'prototype' && valueDeclaration !== undefined)
      .map((property) => memberOf(property, undefined))
  }

  function constructorsOf(symbol) {
    const own = symbol.members?.get('__constructor')
    if (own !== undefined) return [{ ...memberOf(own, undefined), name: 'constructor' }]
    const [base] = checker.getDeclaredTypeOfSymbol(symbol).getBaseTypes?.() ?? []
    const inherits = symbol.flags & ts.SymbolFlags.Class && base?.symbol !== undefined && base.symbol !== symbol
    return inherits && !exported.has(base.symbol) && isOurs(base.symbol.declarations[0])
      ? constructorsOf(base.symbol)
      : []
  }

  /** @returns {Member} */
  function memberOf(symbol, owner) {
    const { declarations } = symbol
    const own = docOf(declarations)
    return {
      name: memberName(declarations[0]),
      kind: kindOf(declarations[0]),
      signatures: declarations.filter(isPublicDeclaration).map((each) => signatureOf(each)),
      doc: own ?? (owner === undefined ? undefined : inheritedDoc(owner, symbol.escapedName)),
      access: accessOf(declarations[0]),
    }
  }

  /** The comment of what a member overrides or implements. */
  function inheritedDoc(owner, name) {
    for (const base of [...(owner.getBaseTypes?.() ?? []), ...implemented(owner)]) {
      const property = base.getProperties().find(({ escapedName }) => escapedName === name)
      const doc = property === undefined ? undefined : (docOf(property.declarations ?? []) ?? inheritedDoc(base, name))
      if (doc !== undefined) return doc
    }
    return undefined
  }

  function implemented(type) {
    return (type.symbol?.declarations ?? [])
      .flatMap(({ heritageClauses }) => heritageClauses ?? [])
      .filter(({ token }) => token === ts.SyntaxKind.ImplementsKeyword)
      .flatMap(({ types }) => types.map((each) => checker.getTypeAtLocation(each)))
  }

  /** What importing the entry adds to the types of others. */
  function augmentationsOf(entry) {
    const added = new Map()
    for (const file of program.getSourceFiles()) {
      if (!isOurs(file) || !reaches(entry, file)) continue
      for (const block of file.statements) {
        if (!ts.isModuleDeclaration(block) || block.body === undefined) continue
        for (const statement of block.body.statements) {
          const scope = block.name.text
          const name = statement.name?.text ?? statement.declarationList?.declarations[0].name.text
          const key = `${scope} ${name}`
          const members = (statement.members ?? []).map((member) => ({
            name: memberName(member),
            kind: kindOf(member),
            signatures: [signatureOf(member)],
            doc: docOf([member]),
            access: 'public',
          }))
          const kind = kindOf(statement)
          const head = kind === 'interface' ? headOf(statement, visible) : signatureOf(statement)
          const known = added.get(key)
          if (known === undefined) {
            added.set(key, {
              name,
              scope,
              kind,
              head,
              doc: docOf([statement]),
              members,
              module: moduleOf(file),
              exports: [],
            })
          } else if (kind === 'interface') known.members.push(...members)
          else known.head += `\n${head}`
        }
      }
    }
    return Array.from(added.values()).sort(byName)
  }

  /** Whether a file is that of the entry or one that it imports for nothing but its declarations. */
  function reaches(entry, file) {
    return (
      file === entry ||
      entry.imports.some(
        (specifier) =>
          specifier.parent.importClause === undefined &&
          ts.isImportDeclaration(specifier.parent) &&
          join(entry.fileName, '..', specifier.text).replace(/\.js$/, '.d.ts') === file.fileName,
      )
    )
  }
}

/** Code units, which no locale changes. */
function byName(a, b) {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0
}

function isOurs(node) {
  return node.getSourceFile().fileName.startsWith(dist)
}

function moduleOf(node) {
  return relative(dist, node.getSourceFile().fileName)
    .split(sep)
    .join('/')
    .replace(/\.d\.ts$/, '')
}

const kinds = new Map([
  [ts.SyntaxKind.ClassDeclaration, 'class'],
  [ts.SyntaxKind.InterfaceDeclaration, 'interface'],
  [ts.SyntaxKind.FunctionDeclaration, 'function'],
  [ts.SyntaxKind.TypeAliasDeclaration, 'type'],
  [ts.SyntaxKind.VariableDeclaration, 'constant'],
  [ts.SyntaxKind.VariableStatement, 'constant'],
  [ts.SyntaxKind.Constructor, 'constructor'],
  [ts.SyntaxKind.MethodDeclaration, 'method'],
  [ts.SyntaxKind.MethodSignature, 'method'],
])

function kindOf(node) {
  return kinds.get(node.kind) ?? 'property'
}

function accessOf(node) {
  const flags = ts.getCombinedModifierFlags(node)
  if (flags & ts.ModifierFlags.Private || node.name?.kind === ts.SyntaxKind.PrivateIdentifier) return 'private'
  return flags & ts.ModifierFlags.Protected ? 'protected' : 'public'
}

function isPublicDeclaration(node) {
  return accessOf(node) !== 'private' && docOf([node])?.internal !== true
}

function memberName(node) {
  if (node.name !== undefined) return node.name.getText()
  return ts.isCallSignatureDeclaration(node) ? '()' : node.getText()
}

/** The text of a declaration, without comments. */
function signatureOf(node) {
  return textOf(node).replace(/^declare /, '')
}

/** The text of a class or interface up to its members, without bases that are hidden; that of everything else whole. */
function headOf(node, visible) {
  const whole = ts.isVariableDeclaration(node) ? node.parent.parent : node
  return textOf(ts.isClassDeclaration(node) || ts.isInterfaceDeclaration(node) ? bare(node, visible) : whole)
    .replace(/ \{\n?\}$/, '')
    .replace(/^export /, '')
    .replace(/^declare /, '')
}

const printer = ts.createPrinter({ removeComments: true })

function textOf(node) {
  const source = (ts.getOriginalNode(node) ?? node).getSourceFile()
  const text = printer.printNode(ts.EmitHint.Unspecified, node, source)
  return text.replace(/^( {4})+/gm, (indent) => ' '.repeat(indent.length / 2)).replace(/;$/gm, '')
}

function bare(node, visible) {
  const { modifiers, name, typeParameters } = node
  const heritage = (node.heritageClauses ?? [])
    .map((clause) => ts.factory.createHeritageClause(clause.token, clause.types.flatMap(visible)))
    .filter(({ types }) => types.length > 0)
  const copy = ts.isClassDeclaration(node)
    ? ts.factory.createClassDeclaration(modifiers, name, typeParameters, heritage, [])
    : ts.factory.createInterfaceDeclaration(modifiers, name, typeParameters, heritage, [])
  return ts.setOriginalNode(copy, node)
}

function docOf(declarations) {
  for (const declaration of declarations) {
    const holder = ts.isVariableDeclaration(declaration) ? declaration.parent.parent : declaration
    const comment = lastComment(holder)
    if (comment !== undefined) return parseComment(comment)
  }
  return undefined
}

function lastComment(node) {
  const text = node.getSourceFile().text
  const ranges = ts.getLeadingCommentRanges(text, node.pos) ?? []
  const comments = ranges.map(({ pos, end }) => text.slice(pos, end)).filter((comment) => comment.startsWith('/**'))
  return comments.at(-1)
}

/** The comment of a module: that before its first statement, if an empty line or another comment follows. */
function fileDoc(file) {
  const comment = /^\/\*\*.*?\*\//s.exec(file.text)
  return comment === null ? undefined : parseComment(comment[0])
}
