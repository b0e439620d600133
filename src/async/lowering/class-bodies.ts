import { openOf } from './functions.js'
import type { LoweredText } from './lowered-text.js'
import { asAccess, asKey, keyName } from './names.js'
import { needsOf, type Needs } from './needs.js'
import { formOf, type Place, type Walk } from './place.js'
import { behind, statementsOf, type SyntaxNode } from './syntax.js'
import { wrapper } from './wrappers.js'

/** Visits the members of a class, and lowers its async methods. @internal */
export function lowerClassBody(walk: Walk, node: SyntaxNode, place: Place): void {
  const { text } = walk
  const methods: string[] = []
  text.edits.before(node.start + 1, () => (methods.length === 0 ? '' : ` static { ${methods.join('; ')} }`))
  const members = statementsOf(node)
  for (const member of members) {
    if (member.type !== 'MethodDefinition') {
      walk.visit(member, node, place)
      continue
    }
    walk.visit(member.key!, member, place)
    for (const decorator of member.decorators ?? []) walk.visit(decorator, member, place)
    const fn = member.value as SyntaxNode
    const mayBe = fn.async && !(member.decorators?.length ?? 0) && !isShadowed(member, members)
    const needs = mayBe ? needsOf(fn) : undefined
    const isLowered = needs !== undefined && !needs.native
    if (isLowered) lowerMethod(text, member, fn, needs, methods)
    walk.visitInside(fn, place, isLowered ? formOf(fn) : 'native')
  }
}

function lowerMethod(text: LoweredText, member: SyntaxNode, fn: SyntaxNode, needs: Needs, methods: string[]): void {
  const { source, edits } = text
  const key = member.key!
  // An asterisk would go on with the field before, if that has no semicolon.
  const modifier = member.static ? 'static ' : ';'
  const open = openOf(source, fn, member)
  if (key.type === 'PrivateIdentifier') {
    const name = keyName(key)
    const code = text.fresh(name)
    text.keepLines(
      member.start,
      open,
      `${modifier}${name}${wrapper(text, fn, needs, `this.${code}`)} ${modifier}*${code}`,
    )
    return
  }
  const target = member.static ? 'this' : 'this.prototype'
  const generator = fn.generator ? ', true' : ''
  let method: string
  let keyText: string
  if (member.computed) {
    const variable = text.variable()
    const bracket = behind(source, member.start, '[', 'staticayn*')
    text.keepLines(member.start, bracket, `${modifier}*[${variable} = ${text.runtime('propertyKey')}(`)
    edits.replace(behind(source, key.end, ']', ')') - 1, open, ')]')
    method = `[${variable}]`
    keyText = variable
  } else {
    text.keepLines(member.start, key.start, `${modifier}*`)
    method = asKey(keyName(key))
    keyText = JSON.stringify(keyName(key))
  }
  const access = member.computed ? method : asAccess(keyName(key))
  const code = text.fresh()
  methods.push(
    `${text.runtime('asyncMethod')}(${target}, ${keyText}, ${code} => ({ ${method}${wrapper(text, fn, needs, code)} }${access})${generator})`,
  )
}

// A method of which another of the same name takes the place stays as it is.
function isShadowed(member: SyntaxNode, members: readonly SyntaxNode[]): boolean {
  if (member.computed || member.key!.type === 'PrivateIdentifier') return false
  return members
    .slice(members.indexOf(member) + 1)
    .some(
      (other) =>
        other.type === 'MethodDefinition' &&
        !other.computed &&
        other.key!.type !== 'PrivateIdentifier' &&
        Boolean(other.static) === Boolean(member.static) &&
        keyName(other.key!) === keyName(member.key!),
    )
}
