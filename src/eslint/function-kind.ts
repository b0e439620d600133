import { is, isCall, isFunction, calledName, type Node } from './syntax.js'

/** The kind of a function, as far as waiting goes. A green function gives an operation. */
export type FunctionKind = 'generator' | 'async generator' | 'green'

/** The kind of a function that is written out, or made by `green`; `undefined` for all else. */
export function functionKind(node: Node | null | undefined): FunctionKind | undefined {
  if (isFunction(node)) return node.generator ? (node.async ? 'async generator' : 'generator') : undefined
  if (is(node, 'CallExpression') && isCall(node) && calledName(node) === 'green') return 'green'
  return undefined
}
