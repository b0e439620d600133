import type { FunctionKind } from './function-kind.js'
import { NamesInScope } from './names.js'
import type { RuleContext } from './rule.js'
import { isFunction, type Call, type Node } from './syntax.js'
import { Types, type Kind } from './types.js'

/** The facts that are known of the values in a file: by their types where there are any, by their names where there are none. */
export class Values {
  readonly names: NamesInScope
  private readonly types: Types

  constructor(context: RuleContext) {
    this.names = new NamesInScope(context)
    this.types = new Types(context)
  }

  /** Whether the value of an expression does nothing until it is waited for. */
  waitsIn(node: Node): Exclude<Kind, 'other'> | undefined {
    const kind = this.types.kindOf(node) ?? this.names.kindOf(node)
    return kind === 'other' ? undefined : kind
  }

  /** The kind of function that an expression is; `undefined` for an ordinary one. */
  functionKind(node: Node): FunctionKind | undefined {
    const byName = this.names.functionKind(node)
    if (byName !== undefined || isFunction(node)) return byName
    const result = this.types.kindOfResult(node)
    return result === 'coroutine'
      ? 'generator'
      : result === 'operation'
        ? 'green'
        : result === 'async generator'
          ? result
          : undefined
  }

  /** Whether a call declares to drop what its callback at `index` returns; `undefined` where there are no types. */
  dropsResultOf(call: Call, index: number): boolean | undefined {
    return this.types.dropsResultOf(call, index)
  }
}
