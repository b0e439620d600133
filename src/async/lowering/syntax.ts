/** Whether a file is a module or a script, as CommonJS is. @internal */
export type SourceType = 'module' | 'script'

/** A node of an ESTree syntax tree, of whichever parser; positions count UTF-16 units. @internal */
export interface SyntaxNode {
  readonly type: string
  readonly start: number
  readonly end: number
  readonly async?: boolean
  readonly await?: boolean
  readonly body?: unknown
  readonly callee?: SyntaxNode
  readonly computed?: boolean
  readonly declaration?: SyntaxNode | null
  readonly declarations?: readonly SyntaxNode[]
  readonly directive?: string
  readonly delegate?: boolean
  readonly argument?: SyntaxNode | null
  readonly expression?: unknown
  readonly generator?: boolean
  readonly id?: SyntaxNode | null
  readonly init?: SyntaxNode | null
  readonly key?: SyntaxNode
  readonly kind?: string
  readonly label?: SyntaxNode | null
  readonly left?: SyntaxNode
  readonly meta?: SyntaxNode
  readonly method?: boolean
  readonly name?: string
  readonly object?: SyntaxNode
  readonly operator?: string
  readonly params?: readonly SyntaxNode[]
  readonly property?: SyntaxNode
  readonly right?: SyntaxNode
  readonly shorthand?: boolean
  readonly static?: boolean
  readonly tag?: SyntaxNode
  readonly optional?: boolean
  readonly arguments?: readonly SyntaxNode[]
  readonly decorators?: readonly SyntaxNode[] | null
  readonly sourceType?: string
  readonly value?: unknown
}

const FUNCTION = /^(?:FunctionDeclaration|FunctionExpression|ArrowFunctionExpression)$/

/** Whether a node is a function, a method's and an arrow's too. @internal */
export function isFunction(node: SyntaxNode): boolean {
  return FUNCTION.test(node.type)
}

/** Whether a node is an arrow, which has no `this` and no `arguments` of its own. @internal */
export function isArrow(node: SyntaxNode): boolean {
  return node.type === 'ArrowFunctionExpression'
}

/** The nodes right below a node, in the order of the tree. @internal */
export function childrenOf(node: SyntaxNode): SyntaxNode[] {
  const children: SyntaxNode[] = []
  for (const [key, value] of Object.entries(node)) {
    if (key === 'loc' || key === 'range' || key === 'parent' || key === 'comments' || key === 'tokens') continue
    if (Array.isArray(value)) children.push(...value.filter(isNode))
    else if (isNode(value)) children.push(value)
  }
  return children
}

function isNode(value: unknown): value is SyntaxNode {
  return typeof value === 'object' && value !== null && typeof (value as SyntaxNode).type === 'string'
}

/** The statements of a program, a block, a `static` block or the body of a function; of others none. @internal */
export function statementsOf(node: SyntaxNode): readonly SyntaxNode[] {
  return Array.isArray(node.body) ? (node.body as SyntaxNode[]) : []
}

/** The place after white space and comments. @internal */
export function skipTrivia(source: string, at: number): number {
  for (;;) {
    const char = source[at]
    if (char !== undefined && /\s/.test(char)) at++
    else if (source.startsWith('//', at)) at = endOfLine(source, at)
    else if (source.startsWith('/*', at)) at = source.indexOf('*/', at + 2) + 2
    else return at
  }
}

function endOfLine(source: string, at: number): number {
  while (at < source.length && !/[\n\r\u2028\u2029]/.test(source[at]!)) at++
  return at
}

/** The place behind `token`, which is the next one, or behind the ones in `passed` that come before. @internal */
export function behind(source: string, at: number, token: string, passed: string = ''): number {
  for (;;) {
    at = skipTrivia(source, at)
    if (source.startsWith(token, at)) return at + token.length
    if (at >= source.length || !passed.includes(source[at]!)) throw new Error(`expected ${token} at ${at}`)
    at++
  }
}

/** As many ends of line as a text has: what takes its place takes no line away. @internal */
export function linesOf(text: string): string {
  return text.replace(/[^\n\r\u2028\u2029]+/g, '')
}
