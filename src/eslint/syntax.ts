/** As much of the syntax trees of ESLint's parsers as the rules look at. */

/** A node of any type. */
export interface Node {
  readonly type: string
  readonly range: readonly [number, number]
  readonly parent?: Node | null | undefined
}

interface Named extends Node {
  readonly name: string
}

interface Literal extends Node {
  readonly value: unknown
}

interface Member extends Node {
  readonly object: Node
  readonly property: Node
  readonly computed: boolean
}

/** A call, or a `new`. */
export interface Call extends Node {
  readonly callee: Node
  readonly arguments: readonly Node[]
}

/** A function of any kind. */
export interface FunctionNode extends Node {
  readonly id: Named | null
  readonly async: boolean
  readonly generator: boolean
  readonly body: Node
}

interface Wrapper extends Node {
  readonly expression: Node
}

interface Argument extends Node {
  readonly argument: Node | null
}

interface Declaration extends Node {
  readonly declaration: Node | null
  readonly specifiers: readonly Specifier[]
  readonly source: Literal | null
}

interface Specifier extends Node {
  readonly imported?: Node
  readonly local: Node
  readonly exported?: Node
}

interface Declarator extends Node {
  readonly id: Node
  readonly init: Node | null
}

interface Property extends Node {
  readonly key: Node
  readonly value: Node | null
  readonly computed: boolean
}

interface Nodes {
  ArrowFunctionExpression: FunctionNode
  AssignmentExpression: Node & { readonly left: Node; readonly right: Node }
  AwaitExpression: Argument
  CallExpression: Call
  CatchClause: Node & { readonly param: Node | null; readonly body: Block }
  ChainExpression: Wrapper
  ClassBody: Block
  ConditionalExpression: Node & { readonly test: Node; readonly consequent: Node; readonly alternate: Node }
  ExportAllDeclaration: Declaration
  ExportDefaultDeclaration: Declaration
  ExportNamedDeclaration: Declaration
  ExpressionStatement: Wrapper
  FunctionDeclaration: FunctionNode
  FunctionExpression: FunctionNode
  Identifier: Named
  ImportDeclaration: Declaration
  ImportNamespaceSpecifier: Specifier
  ImportSpecifier: Specifier
  Literal: Literal
  LogicalExpression: Node & { readonly left: Node; readonly right: Node }
  MemberExpression: Member
  MethodDefinition: Property
  NewExpression: Call
  ObjectExpression: Node & { readonly properties: readonly Node[] }
  PrivateIdentifier: Named
  Program: Block
  Property: Property
  PropertyDefinition: Property
  SequenceExpression: Node & { readonly expressions: readonly Node[] }
  ThisExpression: Node
  ThrowStatement: Argument
  TSAsExpression: Wrapper
  TSNonNullExpression: Wrapper
  TSSatisfiesExpression: Wrapper
  TryStatement: Node & { readonly block: Node; readonly handler: Nodes['CatchClause'] | null }
  UnaryExpression: Argument & { readonly operator: string }
  VariableDeclaration: Node & { readonly declarations: readonly Declarator[] }
  VariableDeclarator: Declarator
  YieldExpression: Argument & { readonly delegate: boolean }
}

interface Block extends Node {
  readonly body: readonly Node[]
}

/** Whether a node is of one of these types. */
export function is<T extends keyof Nodes>(node: Node | null | undefined, ...types: T[]): node is Nodes[T] {
  return node !== null && node !== undefined && (types as string[]).includes(node.type)
}

/** Whether a node is a function. */
export function isFunction(node: Node | null | undefined): node is FunctionNode {
  return is(node, 'FunctionDeclaration', 'FunctionExpression', 'ArrowFunctionExpression')
}

/** Whether a node is a call or a `new`. */
export function isCall(node: Node | null | undefined): node is Call {
  return is(node, 'CallExpression', 'NewExpression')
}

/** An expression without `?.`, `as`, `satisfies` and `!` around it. */
export function bare(node: Node): Node {
  return is(node, 'ChainExpression', 'TSAsExpression', 'TSNonNullExpression', 'TSSatisfiesExpression')
    ? bare(node.expression)
    : node
}

/** The name of a property that is read, or that is defined; `undefined` where it is computed. */
export function propertyName(node: {
  readonly computed: boolean
  readonly property?: Node
  readonly key?: Node
}): string | undefined {
  const name = node.property ?? node.key
  if (is(name, 'Literal')) return String(name.value)
  return !node.computed && is(name, 'Identifier', 'PrivateIdentifier') ? name.name : undefined
}

/** The name that a call goes by: `put` of `queue.put(item)`. */
export function calledName({ callee }: Call): string | undefined {
  const called = bare(callee)
  if (is(called, 'Identifier')) return called.name
  return is(called, 'MemberExpression') ? propertyName(called) : undefined
}

/** The function around a node; `undefined` at the top of a module. */
export function functionAround(node: Node): FunctionNode | undefined {
  for (let outer = node.parent; outer; outer = outer.parent) if (isFunction(outer)) return outer
  return undefined
}

/** The nodes below `node`, without those in functions of their own. */
export function* ownNodes(node: Node): Generator<Node, void, undefined> {
  for (const [key, value] of Object.entries(node)) {
    if (key === 'parent') continue
    for (const child of [value].flat() as (Node | null | undefined)[]) {
      if (typeof child?.type !== 'string' || isFunction(child)) continue
      yield child
      yield* ownNodes(child)
    }
  }
}
