/** As much of a type of TypeScript as the rule looks at. */
interface Type {
  isUnion(): boolean
  readonly types?: readonly Type[]
  getSymbol(): { readonly name: string } | undefined
}

/** What ESLint hands to a rule; as much of it as ours uses. */
export interface RuleContext {
  /** The file, with the services of its parser. */
  readonly sourceCode: { readonly parserServices: object }
  /** Reports a mistake. */
  report(mistake: { node: object; messageId: string }): void
}

/** A rule of ESLint. */
export interface Rule {
  /** What it is about, and what it says. */
  readonly meta: object
  /** Makes what visits the nodes of a file. */
  create(context: RuleContext): object
}

interface Statement {
  readonly expression: { readonly type: string }
}

const GENERATORS: readonly (string | undefined)[] = ['Generator', 'AsyncGenerator']

/**
 * A call of a generator function runs nothing: a statement that drops the generator has lost its `yield*`.
 * `no-floating-promises` finds the dropped operations (they are thenables), but a bare generator is none.
 */
export const noFloatingGenerators: Rule = {
  meta: {
    type: 'problem',
    docs: { description: 'require generators to be handled' },
    schema: [],
    messages: {
      floating: 'This generator is dropped, so nothing of it ever runs: write `yield*` before it.',
      untyped: 'gvent/no-floating-generators needs types: set languageOptions.parserOptions.projectService to true.',
    },
  },
  create(context) {
    const services = context.sourceCode.parserServices as { getTypeAtLocation?: (node: object) => Type }
    return {
      Program(node: object) {
        if (services.getTypeAtLocation === undefined) context.report({ node, messageId: 'untyped' })
      },
      ExpressionStatement({ expression }: Statement) {
        if (expression.type === 'AssignmentExpression') return
        const type = services.getTypeAtLocation?.(expression)
        const parts = type?.isUnion() ? type.types! : [type]
        if (parts.some((part) => GENERATORS.includes(part?.getSymbol()?.name))) {
          context.report({ node: expression, messageId: 'floating' })
        }
      },
    }
  },
}
