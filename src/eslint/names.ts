import { exportsOf } from './exports.js'
import { functionKind, type FunctionKind } from './function-kind.js'
import { METHODS, OPERATIONS, RESULTS, SPAWNING, isPackage } from './gvent-names.js'
import type { RuleContext, Variable } from './rule.js'
import { bare, calledName, is, isCall, propertyName, type Call, type Node } from './syntax.js'
import type { Kind } from './types.js'

/** Where a name comes from. */
interface Import {
  readonly source: string
  /** The name that it has there; `*` for the whole module. */
  readonly name: string
}

/**
 * The facts that the names in a file tell without any types: those that are imported from the package, and the functions, objects
 * and classes of the file itself and of the modules beside it.
 */
export class NamesInScope {
  constructor(private readonly context: RuleContext) {}

  /** Whether the file imports something from the package. */
  get usePackage(): boolean {
    const { ast } = this.context.sourceCode
    const statements = is(ast, 'Program') ? ast.body : []
    return statements.some((statement) => is(statement, 'ImportDeclaration') && isPackage(statement.source?.value))
  }

  /** The kind of the value of an expression; `undefined` if the names do not tell. */
  kindOf(node: Node): Kind | undefined {
    const value = bare(node)
    if (!is(value, 'CallExpression')) return undefined
    const name = this.packageName(value.callee)
    if (name !== undefined) return OPERATIONS.has(name) ? 'operation' : 'other'
    const kind = this.functionKind(value.callee)
    if (kind !== undefined) return kind === 'green' ? 'operation' : 'coroutine'
    const callee = bare(value.callee)
    if (!is(callee, 'MemberExpression')) return undefined
    const owner = this.classOf(callee.object)
    if (owner === undefined) return undefined
    return METHODS.get(owner)?.includes(propertyName(callee) ?? '') ? 'operation' : 'other'
  }

  /** The kind of function that an expression is; `undefined` for an ordinary one, or if the names do not tell. */
  functionKind(node: Node): FunctionKind | undefined {
    const value = bare(node)
    if (is(value, 'MemberExpression')) return functionKind(this.member(value.object, propertyName(value)))
    if (!is(value, 'Identifier')) return functionKind(value)
    const variable = this.variable(value)
    const origin = importOf(variable)
    if (origin !== undefined) {
      const { filename, languageOptions } = this.context
      return exportsOf(origin.source, { filename, parser: languageOptions.parser }).get(origin.name)
    }
    return functionKind(definitionOf(variable))
  }

  /** The name that a function or class has in the package; `undefined` if it comes from somewhere else. */
  packageName(node: Node): string | undefined {
    const callee = bare(node)
    if (is(callee, 'MemberExpression') && is(callee.object, 'Identifier')) {
      const origin = importOf(this.variable(callee.object))
      return origin?.name === '*' && isPackage(origin.source) ? propertyName(callee) : undefined
    }
    if (!is(callee, 'Identifier')) return undefined
    const origin = importOf(this.variable(callee))
    return origin !== undefined && isPackage(origin.source) ? origin.name : undefined
  }

  /** The module that a name is imported from; `null` for a global one, `undefined` for one of the file. */
  moduleOf(node: Node): string | null | undefined {
    const variable = is(node, 'Identifier') ? this.variable(node) : undefined
    if (variable === undefined || variable.defs.length === 0) return null
    return importOf(variable)?.source
  }

  /** The class of the package that an expression is an object of. */
  classOf(node: Node): string | undefined {
    const value = bare(node)
    if (is(value, 'YieldExpression', 'AwaitExpression'))
      return value.argument === null ? undefined : this.classOfResult(value.argument)
    if (isCall(value)) {
      const name = this.packageName(value.callee)
      if (name === undefined) return undefined
      if (SPAWNING.has(name)) return 'Greenlet'
      return is(value, 'NewExpression') && METHODS.has(name) ? name : undefined
    }
    const definition = is(value, 'Identifier')
      ? definitionOf(this.variable(value))
      : is(value, 'MemberExpression')
        ? this.member(value.object, propertyName(value))
        : undefined
    return definition === undefined || definition === value ? undefined : this.classOf(definition)
  }

  private classOfResult(operation: Node): string | undefined {
    const call = bare(operation)
    return isCall(call) && this.kindOf(call) === 'operation' ? RESULTS.get(calledName(call) ?? '') : undefined
  }

  // The value of a property of `this` in a class, or of an object that is written out.
  private member(object: Node, name: string | undefined): Node | undefined {
    if (name === undefined) return undefined
    if (is(object, 'ThisExpression')) return memberOfClass(classAround(object), name)
    const owner = is(object, 'Identifier') ? definitionOf(this.variable(object)) : undefined
    if (!is(owner, 'ObjectExpression')) return undefined
    for (const property of owner.properties) {
      if (is(property, 'Property') && propertyName(property) === name) return property.value ?? undefined
    }
    return undefined
  }

  private variable(identifier: Node & { readonly name: string }): Variable | undefined {
    for (
      let scope = this.context.sourceCode.getScope(identifier) as ReturnType<
        RuleContext['sourceCode']['getScope']
      > | null;
      scope !== null;
      scope = scope.upper
    ) {
      const variable = scope.set.get(identifier.name)
      if (variable !== undefined) return variable
    }
    return undefined
  }
}

function importOf(variable: Variable | undefined): Import | undefined {
  const definition = variable?.defs[0]
  if (definition?.type !== 'ImportBinding' || !is(definition.parent, 'ImportDeclaration')) return undefined
  const source = String(definition.parent.source?.value)
  const { node } = definition
  if (is(node, 'ImportNamespaceSpecifier')) return { source, name: '*' }
  if (!is(node, 'ImportSpecifier')) return { source, name: 'default' }
  const { imported } = node
  return {
    source,
    name: is(imported, 'Identifier') ? imported.name : is(imported, 'Literal') ? String(imported.value) : '',
  }
}

function definitionOf(variable: Variable | undefined): Node | undefined {
  const definition = variable?.defs.length === 1 ? variable.defs[0] : undefined
  if (definition?.type === 'FunctionName') return definition.node
  if (definition?.type !== 'Variable' || !is(definition.node, 'VariableDeclarator')) return undefined
  return is(definition.node.id, 'Identifier') ? (definition.node.init ?? undefined) : undefined
}

function classAround(node: Node): Node | undefined {
  for (let outer = node.parent; outer; outer = outer.parent) {
    if (is(outer, 'ClassBody')) return outer
    // These have a `this` of their own, unless they are methods.
    if (is(outer, 'FunctionDeclaration', 'FunctionExpression') && !is(outer.parent, 'MethodDefinition'))
      return undefined
  }
  return undefined
}

function memberOfClass(body: Node | undefined, name: string): Node | undefined {
  for (const member of is(body, 'ClassBody') ? body.body : []) {
    if (!is(member, 'MethodDefinition', 'PropertyDefinition')) continue
    if (propertyName(member) === name) return member.value ?? undefined
    const assigned = propertyName(member) === 'constructor' ? assignedIn(member.value, name) : undefined
    if (assigned !== undefined) return assigned
  }
  return undefined
}

function assignedIn(constructor: Node | null, name: string): Node | undefined {
  const { body } = constructor as unknown as { readonly body?: Node & { readonly body: readonly Node[] } }
  for (const statement of body?.body ?? []) {
    if (!is(statement, 'ExpressionStatement') || !is(statement.expression, 'AssignmentExpression')) continue
    const { left, right } = statement.expression
    if (is(left, 'MemberExpression') && is(left.object, 'ThisExpression') && propertyName(left) === name) return right
  }
  return undefined
}

/** Calls whose value is dropped when that of `node` is. */
export function* callsIn(node: Node): Generator<Call, void, undefined> {
  const value = bare(node)
  if (isCall(value)) yield value
  else if (is(value, 'LogicalExpression')) yield* callsIn(value.right)
  else if (is(value, 'SequenceExpression')) for (const part of value.expressions) yield* callsIn(part)
  else if (is(value, 'ConditionalExpression')) {
    yield* callsIn(value.consequent)
    yield* callsIn(value.alternate)
  }
}
