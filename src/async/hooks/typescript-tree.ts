import type { SourceType, SyntaxNode } from '../lowering/syntax.js'
import type { SourceFile, TypeScriptNode, TypeScriptParser } from './typescript-parser.js'

type Converted = Record<string, unknown> & SyntaxNode
type Convert = (node: TypeScriptNode) => Converted

type PartName =
  'argumentExpression' | 'expression' | 'initializer' | 'label' | 'name' | 'statement' | 'tag' | 'template'
type ListName = 'arguments' | 'declarations' | 'elements' | 'statements'
type TokenName = 'argumentExpression' | 'asteriskToken' | 'questionDotToken'

/** A part, a list of parts, or whether there is such a token. */
type Part = PartName | readonly [ListName] | { readonly has: TokenName }
type Form = readonly [type: string, parts: Readonly<Record<string, Part>>]

const OPTIONAL = { has: 'questionDotToken' } as const
const SWITCH_CASE: Form = ['SwitchCase', { test: 'expression', consequent: ['statements'] }]
const MEMBER = { object: 'expression', optional: OPTIONAL } as const
const COMPUTED = { property: 'argumentExpression', computed: { has: 'argumentExpression' } } as const

/** The nodes that have the same parts by other names. */
const PLAIN: Readonly<Record<string, Form>> = {
  ArrayBindingPattern: ['ArrayPattern', { elements: ['elements'] }],
  AwaitExpression: ['AwaitExpression', { argument: 'expression' }],
  CallExpression: ['CallExpression', { callee: 'expression', arguments: ['arguments'], optional: OPTIONAL }],
  CaseClause: SWITCH_CASE,
  Decorator: ['Decorator', { expression: 'expression' }],
  DefaultClause: SWITCH_CASE,
  ElementAccessExpression: ['MemberExpression', { ...MEMBER, ...COMPUTED }],
  ExportAssignment: ['ExportDefaultDeclaration', { declaration: 'expression' }],
  ExpressionStatement: ['ExpressionStatement', { expression: 'expression' }],
  LabeledStatement: ['LabeledStatement', { label: 'label', body: 'statement' }],
  ObjectBindingPattern: ['ObjectPattern', { properties: ['elements'] }],
  PropertyAccessExpression: ['MemberExpression', { ...MEMBER, property: 'name' }],
  ReturnStatement: ['ReturnStatement', { argument: 'expression' }],
  SpreadAssignment: ['SpreadElement', { argument: 'expression' }],
  SuperKeyword: ['Super', {}],
  TaggedTemplateExpression: ['TaggedTemplateExpression', { tag: 'tag', quasi: 'template' }],
  ThisKeyword: ['ThisExpression', {}],
  VariableDeclaration: ['VariableDeclarator', { id: 'name', init: 'initializer' }],
  YieldExpression: ['YieldExpression', { argument: 'expression', delegate: { has: 'asteriskToken' } }],
}

/**
 * Converts a tree of TypeScript to ESTree, as far as the lowering looks at it: all other nodes keep the names of TypeScript.
 * @internal
 */
export class Conversion {
  private readonly converters: ReadonlyMap<number, Convert>

  constructor(
    private readonly ts: TypeScriptParser,
    private readonly file: SourceFile,
    private readonly source: string,
  ) {
    const kinds: Record<string, Convert> = {
      ArrowFunction: (node) => this.functionOf('ArrowFunctionExpression', node),
      BinaryExpression: (node) => this.binary(node),
      BindingElement: (node) => this.bindingElement(node),
      Block: (node) => this.make('BlockStatement', node, { body: this.statements(node.statements!) }),
      ClassDeclaration: (node) => this.exported(node, this.classOf('ClassDeclaration', node)),
      ClassExpression: (node) => this.classOf('ClassExpression', node),
      ClassStaticBlockDeclaration: (node) =>
        this.make('StaticBlock', node, { body: this.statements(node.body!.statements!) }),
      Constructor: (node) => this.method(node),
      DeleteExpression: (node) =>
        this.make('UnaryExpression', node, { operator: 'delete', argument: this.convert(node.expression!) }),
      ForInStatement: (node) => this.loop('ForInStatement', node),
      ForOfStatement: (node) => this.loop('ForOfStatement', node),
      FunctionDeclaration: (node) => this.exported(node, this.functionOf('FunctionDeclaration', node)),
      FunctionExpression: (node) => this.functionOf('FunctionExpression', node),
      GetAccessor: (node) => this.method(node),
      Identifier: (node) => this.make('Identifier', node, { name: node.text }),
      MetaProperty: (node) =>
        this.make('MetaProperty', node, {
          meta: this.make('Identifier', node, { name: this.ts.tokenToString(node.keywordToken!) }),
          property: this.convert(node.name!),
        }),
      MethodDeclaration: (node) => this.method(node),
      NumericLiteral: (node) => this.make('Literal', node, { value: Number(node.text) }),
      ObjectLiteralExpression: (node) =>
        this.make('ObjectExpression', node, { properties: node.properties!.map((each) => this.property(each)) }),
      Parameter: (node) => this.parameter(node),
      ParenthesizedExpression: (node) => this.convert(node.expression!),
      PostfixUnaryExpression: (node) => this.unary(node),
      PrefixUnaryExpression: (node) => this.unary(node),
      PrivateIdentifier: (node) => this.make('PrivateIdentifier', node, { name: node.text!.slice(1) }),
      PropertyDeclaration: (node) => this.field(node),
      SetAccessor: (node) => this.method(node),
      StringLiteral: (node) => this.make('Literal', node, { value: node.text }),
      VariableDeclarationList: (node) => this.variables(node, node),
      VariableStatement: (node) => this.exported(node, this.variables(node.declarationList!, node)),
    }
    for (const [name, form] of Object.entries(PLAIN)) kinds[name] = (node) => this.plain(node, form)
    this.converters = new Map(Object.entries(kinds).map(([name, convert]) => [ts.SyntaxKind[name]!, convert]))
  }

  program(sourceType: SourceType): SyntaxNode {
    const body = this.statements(this.file.statements!)
    return { type: 'Program', start: 0, end: this.source.length, sourceType, body }
  }

  private convert(node: TypeScriptNode): Converted {
    const converter = this.converters.get(node.kind)
    if (converter !== undefined) return converter(node)
    const children: Converted[] = []
    this.ts.forEachChild(node, (child) => void children.push(this.convert(child)))
    return this.make(this.ts.SyntaxKind[node.kind]!, node, { children })
  }

  private plain(node: TypeScriptNode, [type, parts]: Form): Converted {
    const converted = Object.entries(parts).map(([name, part]) => [name, this.part(node, part)])
    return this.make(type, node, Object.fromEntries(converted) as Record<string, unknown>)
  }

  private part(node: TypeScriptNode, part: Part): unknown {
    if (typeof part === 'string') return node[part] && this.convert(node[part])
    return 'has' in part ? node[part.has] !== undefined : this.all(node[part[0]])
  }

  private make(type: string, node: TypeScriptNode, parts: Record<string, unknown>): Converted {
    return { type, start: node.getStart(this.file), end: node.end, ...parts }
  }

  private all(nodes: readonly TypeScriptNode[] = []): Converted[] {
    return nodes.map((node) => this.convert(node))
  }

  private statements(nodes: readonly TypeScriptNode[]): Converted[] {
    let isPrologue = true
    return nodes.map((node) => {
      const statement = this.convert(node)
      isPrologue &&= this.is(node, 'ExpressionStatement') && this.is(node.expression, 'StringLiteral')
      if (!isPrologue) return statement
      const { start, end } = statement.expression as Converted
      return { ...statement, directive: this.source.slice(start + 1, end - 1) }
    })
  }

  private is(node: TypeScriptNode | undefined, kind: string): boolean {
    return node?.kind === this.ts.SyntaxKind[kind]
  }

  private has(node: TypeScriptNode, modifier: string): boolean {
    return node.modifiers?.some((each) => this.is(each, modifier)) ?? false
  }

  private decorators(node: TypeScriptNode): Converted[] {
    return this.all(node.modifiers?.filter((each) => this.is(each, 'Decorator')))
  }

  private exported(node: TypeScriptNode, declaration: Converted): Converted {
    if (!this.has(node, 'ExportKeyword')) return declaration
    const isDefault = this.has(node, 'DefaultKeyword')
    const keywords = node.modifiers!.filter((each) => this.is(each, 'ExportKeyword') || this.is(each, 'DefaultKeyword'))
    const rest = this.source.slice(keywords.at(-1)!.end)
    const start = keywords.at(-1)!.end + /^(?:\s|\/\/.*|\/\*[^]*?\*\/)*/.exec(rest)![0].length
    return this.make(isDefault ? 'ExportDefaultDeclaration' : 'ExportNamedDeclaration', node, {
      declaration: { ...declaration, start },
    })
  }

  private functionOf(type: string, node: TypeScriptNode): Converted {
    return this.make(type, node, {
      id: type === 'ArrowFunctionExpression' || node.name === undefined ? null : this.convert(node.name),
      async: this.has(node, 'AsyncKeyword'),
      generator: node.asteriskToken !== undefined,
      params: this.all(node.parameters),
      body: node.body && this.convert(node.body),
    })
  }

  private parameter(node: TypeScriptNode): Converted {
    const name = this.convert(node.name!)
    if (node.dotDotDotToken !== undefined) return this.make('RestElement', node, { argument: name })
    return this.withDefault(node, name, node.initializer)
  }

  private withDefault(node: TypeScriptNode, left: Converted, initializer: TypeScriptNode | undefined): Converted {
    if (initializer === undefined) return left
    return this.make('AssignmentPattern', node, { left, right: this.convert(initializer) })
  }

  private bindingElement(node: TypeScriptNode): Converted {
    const value = this.parameter(node)
    if (node.dotDotDotToken !== undefined) return value
    // In an array it has no key, and to have one does no harm there.
    const key = this.key(node.propertyName ?? node.name!)
    return this.make('Property', node, { ...key, shorthand: node.propertyName === undefined, value })
  }

  private key(name: TypeScriptNode): { computed: boolean; key: Converted } {
    const computed = this.is(name, 'ComputedPropertyName')
    return { computed, key: this.convert(computed ? name.expression! : name) }
  }

  private property(node: TypeScriptNode): Converted {
    if (this.is(node, 'SpreadAssignment')) return this.convert(node)
    if (this.is(node, 'PropertyAssignment')) {
      return this.make('Property', node, { ...this.key(node.name!), value: this.convert(node.initializer!) })
    }
    if (this.is(node, 'ShorthandPropertyAssignment')) {
      const value = this.withDefault(node, this.convert(node.name!), node.objectAssignmentInitializer)
      return this.make('Property', node, { ...this.key(node.name!), shorthand: true, value })
    }
    const method = this.is(node, 'MethodDeclaration')
    return this.make('Property', node, {
      ...this.key(node.name!),
      method,
      value: { ...this.functionOf('FunctionExpression', node), id: null },
    })
  }

  private method(node: TypeScriptNode): Converted {
    const isConstructor = node.name === undefined
    return this.make('MethodDefinition', node, {
      decorators: this.decorators(node),
      static: this.has(node, 'StaticKeyword'),
      ...(isConstructor
        ? { computed: false, key: this.make('Literal', node, { value: 'constructor' }) }
        : this.key(node.name)),
      value: { ...this.functionOf('FunctionExpression', node), id: null },
    })
  }

  private field(node: TypeScriptNode): Converted {
    return this.make(this.has(node, 'AccessorKeyword') ? 'AccessorProperty' : 'PropertyDefinition', node, {
      decorators: this.decorators(node),
      static: this.has(node, 'StaticKeyword'),
      ...this.key(node.name!),
      value: node.initializer && this.convert(node.initializer),
    })
  }

  private classOf(type: string, node: TypeScriptNode): Converted {
    return this.make(type, node, {
      decorators: this.decorators(node),
      id: node.name === undefined ? null : this.convert(node.name),
      heritage: this.all(node.heritageClauses),
      body: { type: 'ClassBody', start: node.members!.pos - 1, end: node.end, body: this.all(node.members) },
    })
  }

  private variables(list: TypeScriptNode, node: TypeScriptNode): Converted {
    const { Let, Const, Using } = this.ts.NodeFlags
    const kinds: Record<number, string> = { [Let]: 'let', [Const]: 'const', [Using]: 'using' }
    const kind = list.flags & (Let | Const | Using)
    return this.make('VariableDeclaration', node, {
      kind: kind === 0 ? 'var' : (kinds[kind] ?? 'await using'),
      declarations: this.all(list.declarations),
    })
  }

  private loop(type: string, node: TypeScriptNode): Converted {
    return this.make(type, node, {
      await: node.awaitModifier !== undefined,
      left: this.pattern(this.convert(node.initializer!)),
      right: this.convert(node.expression!),
      body: this.convert(node.statement!),
    })
  }

  private unary(node: TypeScriptNode): Converted {
    const operator = this.ts.tokenToString(node.operator!)
    const type = operator === '++' || operator === '--' ? 'UpdateExpression' : 'UnaryExpression'
    return this.make(type, node, { operator, argument: this.convert(node.operand!) })
  }

  private binary(node: TypeScriptNode): Converted {
    const operator = this.ts.tokenToString(node.operatorToken!.kind)!
    const left = this.convert(node.left!)
    const right = this.convert(node.right!)
    if (/^(?:[=!]==?|[<>]=)$|[^=]$/.test(operator))
      return this.make('BinaryExpression', node, { operator, left, right })
    return this.make('AssignmentExpression', node, {
      operator,
      left: operator === '=' ? this.pattern(left) : left,
      right,
    })
  }

  /** Converts the target of an assignment: a literal there is a pattern. */
  private pattern(target: Converted): Converted {
    const each = (nodes: unknown): Converted[] => (nodes as Converted[]).map((node) => this.pattern(node))
    switch (target.type) {
      case 'ArrayLiteralExpression':
        return { ...target, type: 'ArrayPattern', children: each(target['children']) }
      case 'ObjectExpression':
        return { ...target, type: 'ObjectPattern', properties: each(target['properties']) }
      case 'Property':
        return { ...target, value: this.pattern(target.value as Converted) }
      case 'SpreadElement':
        return { ...target, type: 'RestElement' }
      case 'AssignmentExpression':
        return { ...target, type: 'AssignmentPattern' }
      default:
        return target
    }
  }
}
