/** Makes JavaScript of TypeScript by taking the types out. All the rest stays as it was written, comments and line breaks included. */
import ts from 'typescript'

const typeOnly = new Set([
  ts.SyntaxKind.InterfaceDeclaration,
  ts.SyntaxKind.TypeAliasDeclaration,
  ts.SyntaxKind.IndexSignature,
])
const modifiers = new Set([
  ts.SyntaxKind.AbstractKeyword,
  ts.SyntaxKind.OverrideKeyword,
  ts.SyntaxKind.PrivateKeyword,
  ts.SyntaxKind.ProtectedKeyword,
  ts.SyntaxKind.PublicKeyword,
  ts.SyntaxKind.ReadonlyKeyword,
])
/** A type that was asserted needs parentheses that the value alone does not. */
const needsNoParentheses = new Set([
  ts.SyntaxKind.CallExpression,
  ts.SyntaxKind.ElementAccessExpression,
  ts.SyntaxKind.Identifier,
  ts.SyntaxKind.PropertyAccessExpression,
  ts.SyntaxKind.ThisKeyword,
])

/**
 * Makes JavaScript of the blocks of one program, of which each goes on from the one before.
 *
 * @param {readonly string[]} blocks in TypeScript
 * @returns {string[]} the same in JavaScript
 * @throws {SyntaxError} if it uses what JavaScript does not have: an `enum`, a decorator, a property declared by a parameter
 */
export function stripTypes(blocks) {
  const used = new Set()
  return blocks.map((source) => read(source, used)).map((finish) => finish())
}

/**
 * Finds the types of a block, and adds the names that its code uses to `used`.
 *
 * @returns a function that gives the block without types; names that no block uses are not imported.
 */
function read(source, used) {
  const file = ts.createSourceFile('program.ts', source, ts.ScriptTarget.ESNext, true, ts.ScriptKind.TS)
  /** The parts that go, from and to. */
  const removed = []
  const remove = (from, to) => removed.push([from, to])
  const imports = []
  visit(file)
  return () => {
    for (const declaration of imports) stripImport(declaration)
    return join()
  }

  function visit(node) {
    if (typeOnly.has(node.kind) || isDeclared(node) || isOverload(node)) return removeWhole(node)
    if (ts.isImportDeclaration(node)) return void imports.push(node)
    if (ts.isExportDeclaration(node) && node.isTypeOnly) return removeWhole(node)
    if (ts.isExportSpecifier(node) && node.isTypeOnly) return removeFromList(node.parent.elements, [node])
    if (ts.isParameter(node) && node.name.getText() === 'this') return removeFromList(node.parent.parameters, [node])
    if (ts.isEnumDeclaration(node)) throw unknown(node, 'an enum')
    if (ts.isDecorator(node)) throw unknown(node, 'a decorator')
    if (ts.isParameter(node) && node.modifiers?.length > 0) throw unknown(node, 'a property declared by a parameter')
    if (ts.isHeritageClause(node) && node.token === ts.SyntaxKind.ImplementsKeyword) return remove(node.pos, node.end)
    if (ts.isIdentifier(node)) used.add(node.text)
    for (const modifier of node.modifiers ?? []) {
      if (modifiers.has(modifier.kind)) remove(modifier.getStart(), afterSpace(modifier.end))
    }
    if (ts.isAsExpression(node) || ts.isSatisfiesExpression(node) || ts.isNonNullExpression(node)) {
      remove(node.expression.end, node.end)
      return visit(node.expression)
    }
    if (ts.isParenthesizedExpression(node) && isOnlyForType(node)) {
      remove(node.getStart(), node.expression.getStart())
      remove(node.expression.end, node.end)
    }
    for (const list of [node.typeParameters, node.typeArguments]) {
      if (list !== undefined) remove(list.pos - 1, source.indexOf('>', list.end) + 1)
    }
    const isTyped = node.type !== undefined && !ts.isTypeNode(node)
    if (isTyped) remove(beforeSpace(node.type.pos - 1), node.type.end)
    for (const token of [node.questionToken, node.exclamationToken]) {
      if (token?.kind === ts.SyntaxKind.QuestionToken && ts.isConditionalExpression(node)) continue
      if (token !== undefined) remove(token.getStart(), token.end)
    }
    const types = new Set([...(node.typeParameters ?? []), ...(node.typeArguments ?? []), isTyped ? node.type : node])
    ts.forEachChild(node, (child) => {
      if (!types.has(child)) visit(child)
    })
  }

  /** Takes out the names that are types: those that say so, and those that only types used. */
  function stripImport(node) {
    const { importClause: clause } = node
    if (clause === undefined) return
    const named = clause.namedBindings
    const elements = named !== undefined && ts.isNamedImports(named) ? named.elements : []
    const gone = elements.filter((element) => element.isTypeOnly || !used.has(element.name.text))
    const isWhole = clause.name === undefined && elements.length > 0 && gone.length === elements.length
    if (clause.isTypeOnly || isWhole) return removeWhole(node)
    removeFromList(elements, gone)
  }

  /** A statement or a member with its comments; a comment behind the one before it stays. */
  function removeWhole(node) {
    const trailing = ts.getTrailingCommentRanges(source, node.pos) ?? []
    remove(trailing.at(-1)?.end ?? node.pos, node.end)
  }

  /** The commas go with the elements: the one behind, or, behind the last that stays, the one before. */
  function removeFromList(list, gone) {
    const last = list.findLastIndex((element) => !gone.includes(element))
    for (const element of gone) {
      const index = list.indexOf(element)
      if (index < last) remove(element.getStart(), list[index + 1].getStart())
    }
    if (last < list.length - 1) remove(last === -1 ? list[0].getStart() : list[last].end, list.at(-1).end)
  }

  function isOnlyForType({ expression, parent }) {
    if (!ts.isAsExpression(expression) && !ts.isSatisfiesExpression(expression)) return false
    let inner = expression
    while (ts.isAsExpression(inner) || ts.isSatisfiesExpression(inner) || ts.isNonNullExpression(inner)) {
      inner = inner.expression
    }
    return needsNoParentheses.has(inner.kind) && !ts.isNewExpression(parent)
  }

  function afterSpace(position) {
    while (/\s/.test(source[position])) position++
    return position
  }

  function beforeSpace(position) {
    while (/\s/.test(source[position - 1])) position--
    return position
  }

  function unknown(node, what) {
    const { line } = file.getLineAndCharacterOfPosition(node.getStart())
    return new SyntaxError(`line ${line + 1} has ${what}, which JavaScript does not know: ${node.getText()}`)
  }

  function join() {
    let text = ''
    let end = 0
    for (const [from, to] of removed.sort(([a, aEnd], [b, bEnd]) => a - b || bEnd - aEnd)) {
      if (to <= end) continue
      text += source.slice(end, Math.max(from, end))
      end = to
    }
    text += source.slice(end)
    return text
      .replace(/[ \t]+$/gm, '')
      .replace(/^\n+/, '')
      .replace(/\n{3,}/g, '\n\n')
  }
}

function isDeclared(node) {
  return node.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.DeclareKeyword) === true
}

function isOverload(node) {
  return (
    (ts.isFunctionDeclaration(node) || ts.isMethodDeclaration(node) || ts.isConstructorDeclaration(node)) &&
    node.body === undefined
  )
}
