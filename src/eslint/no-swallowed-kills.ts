import { isPackage } from './gvent-names.js'
import { describeRule, type Fix, type Fixer, type Rule } from './rule.js'
import { bare, calledName, functionAround, is, isCall, ownNodes, type Node } from './syntax.js'
import { Values } from './values.js'

/** Functions that print an error, and so do not pass it on. */
const PRINTING = /^(?:log|info|warn|error|debug|trace|fatal|String|inspect|print|write|stringify)$/

interface Try extends Node {
  readonly block: Node
  readonly handler: {
    readonly param: Node | null
    readonly body: Node & { readonly range: readonly [number, number] }
  } | null
}

/** A `catch` around a wait that keeps every error to itself: kills, and timeouts from further out, end there. */
export const noSwallowedKills: Rule = {
  meta: describeRule('require a catch around a wait to let kills pass', {
    swallowed:
      'This `catch` swallows kills and outer timeouts, which are errors, too. Write ' +
      '`if (error instanceof GreenletExit) throw error` first, or `allSettled([work()])` for the errors of the work alone.',
    rethrow: 'Let `GreenletExit` pass.',
  }),
  create(context) {
    const values = new Values(context)
    const { ast } = context.sourceCode
    const isGreen = values.names.usePackage

    return {
      TryStatement(node: Try) {
        const { block, handler } = node
        const around = functionAround(node)
        if (handler === null || !around?.generator || around.async) return
        if (!waitsIn(block)) return
        const name = is(handler.param, 'Identifier') ? handler.param.name : undefined
        // A pattern takes the error apart by its message or code: such a catch knows nothing of kills.
        if (passes(handler.body, name)) return
        const suggest =
          handler.param !== null && name === undefined
            ? []
            : [{ messageId: 'rethrow', fix: (fixer: Fixer) => rethrow(fixer, handler, name) }]
        context.report({ node: handler as unknown as Node, messageId: 'swallowed', suggest })
      },
    }

    function waitsIn(block: Node): boolean {
      for (const node of ownNodes(block)) {
        if (!is(node, 'YieldExpression') || !node.delegate) continue
        if (isGreen || values.waitsIn(node.argument!) !== undefined) return true
      }
      return false
    }

    function rethrow(fixer: Fixer, handler: NonNullable<Try['handler']>, name: string | undefined): Fix[] {
      const [start] = handler.body.range
      const fixes = [
        fixer.insertTextAfterRange(
          [start, start + 1],
          ` if (${name ?? 'error'} instanceof GreenletExit) throw ${name ?? 'error'};`,
        ),
      ]
      if (handler.param === null) fixes.unshift(fixer.insertTextAfterRange([start, start], '(error) '))
      const imports = is(ast, 'Program') ? ast.body.filter((node) => is(node, 'ImportDeclaration')) : []
      const ours = imports.find(
        ({ source, specifiers }) => source?.value === 'gvent' && specifiers.some((one) => is(one, 'ImportSpecifier')),
      )
      const names = imports.filter(({ source }) => isPackage(source?.value)).flatMap(({ specifiers }) => specifiers)
      const isImported = names.some(({ local }) => is(local, 'Identifier') && local.name === 'GreenletExit')
      if (isImported) return fixes
      const last = ours?.specifiers.at(-1)
      fixes.push(
        last === undefined
          ? fixer.insertTextAfterRange([0, 0], "import { GreenletExit } from 'gvent'\n")
          : fixer.insertTextAfter(last, ', GreenletExit'),
      )
      return fixes
    }
  },
}

/** Whether a `catch` lets errors pass: it raises one, asks of which class the error is, or hands it to somebody else. */
function passes(body: Node, name: string | undefined): boolean {
  for (const node of ownNodes(body)) {
    if (is(node, 'ThrowStatement')) return true
    if (name === undefined) continue
    const { operator, left } = node as unknown as { readonly operator?: string; readonly left?: Node }
    if (operator === 'instanceof' && isNamed(left, name)) return true
    if (is(node, 'AssignmentExpression') && isNamed(node.right, name)) return true
    if (is(node, 'VariableDeclarator') && isNamed(node.init, name)) return true
    if (node.type === 'ReturnStatement' && isNamed((node as unknown as { argument: Node | null }).argument, name))
      return true
    if (is(node, 'Property') && isNamed(node.value, name) && !isPrinted(node)) return true
    if (
      isCall(node) &&
      !PRINTING.test(calledName(node) ?? '') &&
      node.arguments.some((one) => isNamed(bare(one), name))
    )
      return true
  }
  return false
}

function isNamed(node: Node | null | undefined, name: string): boolean {
  return is(node, 'Identifier') && node.name === name
}

function isPrinted(node: Node): boolean {
  for (let outer = node.parent; outer && !outer.type.endsWith('Statement'); outer = outer.parent) {
    if (isCall(outer)) return PRINTING.test(calledName(outer) ?? '')
  }
  return false
}
