import type { LoweredText } from './lowered-text.js'
import type { Needs } from './needs.js'
import { isStrict } from './place.js'
import { statementsOf, type SyntaxNode } from './syntax.js'

/** @internal */
export const USE_STRICT = '"use strict"; '

/**
 * The parameters and the body of the function in the place of a lowered one.
 *
 * @param code the expression that is its code.
 * @internal
 */
export function wrapper(text: LoweredText, fn: SyntaxNode, needs: Needs, code: string, strict: string = ''): string {
  const params = fn.params ?? []
  const directive = isStrict(statementsOf(fn.body as SyntaxNode)) ? USE_STRICT : strict
  const isSimple = params.every(({ type }) => type === 'Identifier')
  const isDirect = isSimple && !needs.arguments && !fn.generator
  const names = params.slice(0, isDirect ? params.length : lengthOf(params)).map((_, index) => `_${index + 1}`)
  const list = names.join(', ')
  let call: string
  if (fn.generator) call = `${text.runtime('startGenerator')}(${code}, this, arguments)`
  else if (!isDirect) call = `${text.runtime('start')}(${code}, this, arguments)`
  else if (code.startsWith('this.') || !needs.this) call = `${text.runtime('begin')}(${code}(${list}))`
  else call = `${text.runtime('begin')}(${code}.call(${['this', ...names].join(', ')}))`
  return `(${list}) { ${directive}return ${call} }`
}

/** As {@link wrapper}, for an arrow: the whole of it. @internal */
export function arrowWrapper(text: LoweredText, params: readonly SyntaxNode[], needs: Needs, code: string): string {
  const self = needs.this ? 'this' : 'undefined'
  const names = params.map((_, index) => `_${index + 1}`)
  if (params.every(({ type }) => type === 'Identifier')) {
    const list = names.join(', ')
    const call = needs.this ? `${code}.call(${[self, ...names].join(', ')})` : `${code}(${list})`
    return `(${list}) => ${text.runtime('begin')}(${call})`
  }
  const spread = params.map(({ type }, index) => `${type === 'RestElement' ? '...' : ''}_${index + 1}`)
  const length = lengthOf(params)
  const list = spread.map((name, index) => (index < length || name.startsWith('.') ? name : `${name} = undefined`))
  return `(${list.join(', ')}) => ${text.runtime('start')}(${code}, ${self}, [${spread.join(', ')}])`
}

/** The `length` of a function. */
function lengthOf(params: readonly SyntaxNode[]): number {
  const index = params.findIndex(({ type }) => type === 'AssignmentPattern' || type === 'RestElement')
  return index === -1 ? params.length : index
}
