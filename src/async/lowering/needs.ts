import { childrenOf, isArrow, isFunction, type SyntaxNode } from './syntax.js'

/** The names that a function takes from the function around it, and the syntax that decides how it can be lowered. @internal */
export interface Needs {
  arguments: boolean
  newTarget: boolean
  this: boolean
  /** Reads properties of `super`, or calls them. */
  super: boolean
  /** Does something that only works at its own place: a direct `eval`, `super()`, an assignment to a property of `super`. */
  place: boolean
  /** Has what no generator has: `await using`, a variable named `yield`. */
  native: boolean
  /** The variables that are assigned to. */
  readonly assigned: Set<string>
}

/** Looks through a function, without the functions in it that have a `this` of their own. @internal */
export function needsOf(fn: SyntaxNode): Needs {
  const needs: Needs = {
    arguments: false,
    newTarget: false,
    this: false,
    super: false,
    place: false,
    native: false,
    assigned: new Set(),
  }
  for (const child of childrenOf(fn)) if (child !== fn.id) look(child, fn, needs, true)
  return needs
}

function look(node: SyntaxNode, parent: SyntaxNode, needs: Needs, isOwn: boolean): void {
  switch (node.type) {
    case 'Identifier':
      if (isName(node, parent)) return
      if (node.name === 'arguments') needs.arguments = true
      if (node.name === 'yield' && isOwn) needs.native = true
      return
    case 'ThisExpression':
      needs.this = true
      return
    case 'MetaProperty':
      if (node.meta?.name === 'new') needs.newTarget = true
      return
    case 'Super':
      if (parent.type === 'MemberExpression') needs.super = needs.this = true
      else needs.place = true
      return
    case 'CallExpression':
      if (node.callee?.type !== 'Identifier' || node.callee.name !== 'eval') break
      needs.place = needs.arguments = true
      break
    case 'AssignmentExpression':
    case 'UpdateExpression':
    case 'UnaryExpression':
    case 'AssignmentPattern':
    case 'ArrayPattern':
    case 'RestElement':
    case 'Property':
    case 'ForOfStatement':
    case 'ForInStatement':
      if (writesSuper(node)) needs.place = true
      noteAssigned(node, needs)
      break
    case 'TaggedTemplateExpression':
      if (isSuperMember(node.tag)) needs.place = true
      break
    case 'VariableDeclaration':
      if (isOwn && node.kind === 'await using') needs.native = true
      break
    case 'PropertyDefinition':
    case 'AccessorProperty':
      if (node.computed) look(node.key!, node, needs, isOwn)
      return
    case 'StaticBlock':
      return
    default:
  }
  if (isFunction(node) && !isArrow(node)) return
  const isInside = isOwn && !isFunction(node)
  for (const child of childrenOf(node)) look(child, node, needs, isInside)
}

function noteAssigned(node: SyntaxNode, { assigned }: Needs): void {
  const target = node.type === 'UpdateExpression' ? node.argument : node.left
  if (target?.type === 'Identifier') assigned.add(target.name!)
}

function writesSuper(node: SyntaxNode): boolean {
  if (node.type === 'UnaryExpression' && node.operator !== 'delete') return false
  if (node.type === 'AssignmentExpression' || node.type === 'AssignmentPattern') return isSuperMember(node.left)
  if (node.type === 'ForOfStatement' || node.type === 'ForInStatement') return isSuperMember(node.left)
  if (node.type === 'Property') return isSuperMember(node.value)
  if (node.type === 'ArrayPattern') return childrenOf(node).some(isSuperMember)
  return isSuperMember(node.argument)
}

function isSuperMember(target: unknown): boolean {
  const member = target as SyntaxNode | null | undefined
  return member?.type === 'MemberExpression' && member.object?.type === 'Super'
}

/** Whether an identifier is the name of a property, or a label, and no variable. @internal */
export function isName(node: SyntaxNode, parent: SyntaxNode): boolean {
  switch (parent.type) {
    case 'MemberExpression':
      return parent.property === node && !parent.computed
    case 'Property':
      return parent.key === node && !parent.computed && !parent.shorthand
    case 'MethodDefinition':
    case 'PropertyDefinition':
    case 'AccessorProperty':
      return parent.key === node && !parent.computed
    case 'MetaProperty':
      return true
    default:
      return false
  }
}
