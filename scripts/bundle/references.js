import { analyze } from 'eslint-scope'

/**
 * Puts an expression in the place of each use of a name that a module imports, so that what it stands for is looked up when
 * it is used, as an import is.
 * @param {import('magic-string').default} text the code of the module, which is changed
 * @param {object} ast what the code was parsed to, with ranges
 * @param {(node: object, specifier: object) => string | undefined} expressionOf gives the expression for a specifier of an
 *   import declaration; `undefined` leaves its uses alone
 */
export function replaceUses(text, ast, expressionOf) {
  const [, scope] = analyze(ast, { ecmaVersion: 2022, sourceType: 'module' }).scopes
  const expressions = new Map()
  for (const node of ast.body) {
    if (node.type !== 'ImportDeclaration') continue
    for (const specifier of node.specifiers) {
      const expression = expressionOf(node, specifier)
      if (expression === undefined) continue
      for (const { identifier } of scope.set.get(specifier.local.name).references)
        expressions.set(identifier, expression)
    }
  }
  const parents = parentsOf(ast, expressions)
  for (const [identifier, expression] of expressions) {
    const parent = parents.get(identifier)
    const isShorthand = parent?.type === 'Property' && parent.shorthand
    const isCallee = parent?.type === 'CallExpression' && parent.callee === identifier
    // Called as a name, not as a method of the module; and `new net.Socket()` makes no `new` of the accessor.
    const whole = isCallee ? `(0, ${expression})` : `(${expression})`
    text.overwrite(identifier.start, identifier.end, isShorthand ? `${identifier.name}: ${expression}` : whole)
  }
}

/** The node above each of the identifiers. */
function parentsOf(ast, identifiers) {
  const parents = new Map()
  const visit = (node) => {
    for (const child of Object.values(node).flat()) {
      if (typeof child?.type !== 'string') continue
      // A shorthand property has one node twice, as its key and as its value.
      if (identifiers.has(child) || (node.type === 'Property' && node.shorthand && identifiers.has(node.value))) {
        parents.set(identifiers.has(child) ? child : node.value, node)
      }
      visit(child)
    }
  }
  visit(ast)
  return parents
}
