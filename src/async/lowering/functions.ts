import { asAccess, asKey, inferredName, keyName } from './names.js'
import { needsOf, type Needs } from './needs.js'
import { formOf, type Captured, type Place, type Walk } from './place.js'
import { behind, childrenOf, isArrow, skipTrivia, type SyntaxNode } from './syntax.js'
import { USE_STRICT, arrowWrapper, wrapper } from './wrappers.js'

/** Visits a function, and lowers it if it is async and can be. @internal */
export function lowerFunction(walk: Walk, fn: SyntaxNode, parent: SyntaxNode, place: Place): void {
  const needs = fn.async ? needsOf(fn) : undefined
  if (needs === undefined || needs.native || !canLower(fn, parent, place, needs)) {
    if (isArrow(fn)) {
      for (const child of childrenOf(fn)) walk.visit(child, fn, { ...place, form: 'native' })
      return
    }
    walk.visitInside(fn, place, 'native')
    return
  }
  if (isArrow(fn)) lowerArrow(walk, fn, parent, place, needs)
  else if (fn.type === 'FunctionDeclaration') {
    lowerDeclaration(walk, fn, parent, place, needs)
    walk.visitInside(fn, place, formOf(fn))
  } else lowerExpression(walk, fn, parent, place, needs)
}

/** Returns the place of the parenthesis before the parameters of a function. @internal */
export function openOf(source: string, fn: SyntaxNode, parent: SyntaxNode): number {
  const isMethod = parent.type === 'MethodDefinition' || (parent.type === 'Property' && parent.method)
  if (isMethod) {
    const { end } = parent.key!
    return behind(source, parent.computed ? behind(source, end, ']', ')') : end, '(') - 1
  }
  if (fn.id) return behind(source, fn.id.end, '(') - 1
  const at = behind(source, behind(source, fn.start, 'async'), 'function')
  return behind(source, at, '(', '*') - 1
}

function canLower(fn: SyntaxNode, parent: SyntaxNode, place: Place, needs: Needs): boolean {
  if (isArrow(fn)) return !needs.place && !(needs.arguments && !place.hasArguments)
  if (fn.type === 'FunctionExpression' && fn.id && (needs.place || needs.assigned.has(fn.id.name!))) return false
  return !(parent.type === 'Property' && parent.method && needs.super)
}

function lowerDeclaration(walk: Walk, fn: SyntaxNode, parent: SyntaxNode, place: Place, needs: Needs): void {
  const { text } = walk
  const open = openOf(text.source, fn, parent)
  const isDefault = fn.id === null || fn.id === undefined
  const name = isDefault ? text.fresh() : fn.id.name!
  const code = text.fresh(name)
  const { block } = place
  // A function that is not async is a variable of the function around it, too, where the code is not strict.
  const isLocal = !place.isStrict && block.isInner && parent.type !== 'SwitchCase'
  const declared = isLocal ? text.fresh(name) : name
  if (isLocal) block.variables.push(`${name} = ${declared}`)
  const strict = place.isStrict || RESERVED.test(declared) ? '' : USE_STRICT
  const declare = text.runtime(fn.generator ? 'declareGeneratorFunctions' : 'declareFunctions')
  let head = `function ${declared}${wrapper(text, fn, needs, code, strict)} function* ${code}`
  const shown = isDefault ? ', "default"' : isLocal ? `, ${JSON.stringify(name)}` : ''
  const entry = `[${declared}, ${code}${shown}]`
  if (parent.type === 'SwitchCase') {
    head = `${declare}(${entry}); ${head}`
  } else if (isLastOfItsName(fn, block.statements)) (fn.generator ? block.generators : block.functions).push(entry)
  if (isDefault) text.keepLines(parent.start, open, `export { ${name} as default }; ${head}`)
  else text.keepLines(fn.start, open, head)
}

/** The names that strict code cannot give a function. */
const RESERVED = /^(?:arguments|eval|implements|interface|let|package|private|protected|public|static|yield)$/

function isLastOfItsName(fn: SyntaxNode, statements: readonly SyntaxNode[]): boolean {
  const name = fn.id?.name
  if (name === undefined) return true
  const declared = statements
    .map((statement) => statement.declaration ?? statement)
    .filter((each) => each.type === 'FunctionDeclaration' && each.id?.name === name)
  return declared.at(-1) === fn
}

function lowerExpression(walk: Walk, fn: SyntaxNode, parent: SyntaxNode, place: Place, needs: Needs): void {
  const { text } = walk
  const { source, edits } = text
  const make = text.runtime(fn.generator ? 'asyncGeneratorFunction' : 'asyncFunction')
  const isMethod = parent.type === 'Property' && parent.method
  const open = openOf(text.source, fn, parent)
  let key: string
  let access: string
  let close = ''
  let isNamed = true
  if (isMethod && parent.computed) {
    const variable = text.variable()
    const bracket = behind(source, parent.start, '[', 'async*')
    text.keepLines(parent.start, bracket, `[${variable} = ${text.runtime('propertyKey')}(`)
    key = access = `[${variable}]`
    const bracketEnd = behind(source, parent.key!.end, ']', ')') - 1
    text.keepLines(bracketEnd, open, `)]: ${make}({ *${key}`)
  } else {
    const name = isMethod ? keyName(parent.key!) : (fn.id?.name ?? inferredName(fn, parent) ?? '')
    key = asKey(name)
    access = asAccess(name)
    isNamed = name !== ''
    let head = `${make}(${codeOpen(name)}`
    if (isMethod) head = `${name === '__proto__' ? '["__proto__"]' : key}: ${head}`
    else if (fn.id) {
      head = `(() => { const ${name} = ${head}`
      close = `; return ${name} })()`
    }
    text.keepLines(isMethod ? parent.start : fn.start, open, head)
  }
  walk.visitInside(fn, place, formOf(fn))
  const code = text.fresh()
  edits.after(
    fn.end,
    `${isNamed ? ` }${access}` : ''}, ${code} => ({ ${key}${wrapper(text, fn, needs, code)} }${access}))${close}`,
  )
}

function lowerArrow(walk: Walk, fn: SyntaxNode, parent: SyntaxNode, place: Place, needs: Needs): void {
  const { text } = walk
  const { source, edits } = text
  const params = fn.params ?? []
  const name = inferredName(fn, parent) ?? ''
  const captures = place.captured === undefined ? capturesOf(needs) : []
  const captured: Captured | undefined =
    captures.length === 0 ? place.captured : { arguments: text.fresh(), newTarget: text.fresh(), super: text.fresh() }
  const names = captures.map((each) => captured![each])
  const open = skipTrivia(source, fn.start + 'async'.length)
  const hasParentheses = source[open] === '('
  // As with an await: a parenthesis would go on with the statement before.
  const isStatement = fn.start === walk.statementStart
  const prefix = captures.length === 0 ? '' : `${isStatement ? '0, ' : ''}((${names.join(', ')}) => `
  const arrowAt = behind(source, params.at(-1)?.end ?? (hasParentheses ? open + 1 : open), '=>', ',)') - '=>'.length
  const body = fn.body as SyntaxNode
  const isBlock = body.type === 'BlockStatement'
  text.keepLines(
    fn.start,
    open,
    `${prefix}${text.runtime('asyncFunction')}(${codeOpen(name)}${hasParentheses ? '' : '('}`,
  )
  for (const param of params) walk.visit(param, fn, { ...place, form: 'native', captured })
  edits.replace(arrowAt, arrowAt + 2, `${hasParentheses ? '' : ')'}${isBlock ? '' : ' { return ('}`)
  walk.visit(body, fn, { ...place, form: 'function', captured })
  const code = text.fresh()
  const values = captures.map((each) => CAPTURED[each]).join(', ')
  edits.after(
    fn.end,
    `${isBlock ? '' : ') }'}${codeClose(name)}, ${code} => ${named(name, arrowWrapper(text, params, needs, code))})` +
      (captures.length === 0 ? '' : `)(${values})`),
  )
}

const CAPTURED: Captured = { arguments: 'arguments', newTarget: 'new.target', super: '(_1) => super[_1]' }

function capturesOf(needs: Needs): (keyof Captured)[] {
  return (['arguments', 'newTarget', 'super'] as const).filter((each) => needs[each])
}

// The code has the name of the function, which is bound in it to something else or to nothing: so it is a method.
function codeOpen(name: string): string {
  return name === '' ? 'function* ' : `{ *${asKey(name)}`
}

function codeClose(name: string): string {
  return name === '' ? '' : ` }${asAccess(name)}`
}

// An arrow takes its name from its place.
function named(name: string, arrow: string): string {
  if (name === '') return arrow
  return `({ ${name === '__proto__' ? '["__proto__"]' : asKey(name)}: ${arrow} })${asAccess(name)}`
}
