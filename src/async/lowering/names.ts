import type { SyntaxNode } from './syntax.js'

/** A prefix for names that the source has nowhere. @internal */
export function unusedPrefix(source: string): string {
  let prefix = '$g'
  while (source.includes(prefix)) prefix += '_'
  return prefix
}

/**
 * The name that a function without one takes from its place.
 * @returns `undefined` where it takes none.
 * @internal
 */
export function inferredName(fn: SyntaxNode, parent: SyntaxNode): string | undefined {
  switch (parent.type) {
    case 'VariableDeclarator':
      return parent.init === fn ? nameOf(parent.id) : undefined
    case 'AssignmentExpression':
      return parent.right === fn && /^(?:=|&&=|\|\|=|\?\?=)$/.test(parent.operator!) ? nameOf(parent.left) : undefined
    case 'AssignmentPattern':
      return parent.right === fn ? nameOf(parent.left) : undefined
    case 'Property':
    case 'PropertyDefinition':
    case 'AccessorProperty':
      return parent.value === fn && !parent.computed ? keyName(parent.key!) : undefined
    case 'ExportDefaultDeclaration':
      return 'default'
    default:
      return undefined
  }
}

function nameOf(target: SyntaxNode | null | undefined): string | undefined {
  return target?.type === 'Identifier' ? target.name : undefined
}

/** The property key that a key in the source stands for, if it is not computed. @internal */
export function keyName(key: SyntaxNode): string {
  if (key.type === 'PrivateIdentifier') return `#${key.name!}`
  return key.type === 'Identifier' ? key.name! : String(key.value)
}

/** Writes a property name, as the key of a method. @internal */
export function asKey(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : `[${JSON.stringify(name)}]`
}

/** Writes the access to a property. @internal */
export function asAccess(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? `.${name}` : `[${JSON.stringify(name)}]`
}
