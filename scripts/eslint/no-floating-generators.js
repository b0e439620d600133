/**
 * A call of a generator function runs nothing: a statement that drops the generator has lost its `yield*`.
 * `no-floating-promises` finds the dropped operations (they are thenables), but a bare generator is none.
 */
const generators = new Set(['Generator', 'AsyncGenerator'])

/** @type {import('eslint').Rule.RuleModule} */
export const noFloatingGenerators = {
  meta: {
    type: 'problem',
    docs: { description: 'require generators to be handled' },
    schema: [],
    messages: { floating: 'This generator is dropped, so nothing of it ever runs: write `yield*` before it.' },
  },
  create(context) {
    const { parserServices } = context.sourceCode
    return {
      ExpressionStatement({ expression }) {
        if (expression.type === 'AssignmentExpression') return
        const type = parserServices.getTypeAtLocation(expression)
        const parts = type.isUnion() ? type.types : [type]
        if (parts.some((part) => generators.has(part.getSymbol()?.name))) {
          context.report({ node: expression, messageId: 'floating' })
        }
      },
    }
  },
}
