import { RUNNING, RUNNING_METHODS } from './gvent-names.js'
import { describeRule, type Rule } from './rule.js'
import { bare, calledName, is, isFunction, ownNodes, type Call, type FunctionNode } from './syntax.js'
import { Values } from './values.js'

/** `spawn(async function* …)`: nobody would run the asynchronous generator. */
export const noAsyncGenerators: Rule = {
  meta: describeRule('require greenlets to be generator functions that are not async', {
    async: '{{call}} cannot run an `async function*`. Write `function*`, and `yield*` in place of `await`.',
    remove: 'Remove `async`.',
  }),
  create(context) {
    const values = new Values(context)

    function check(call: Call): void {
      if (!runs(call)) return
      for (const argument of call.arguments) {
        const callback = bare(argument)
        if (values.functionKind(callback) !== 'async generator') continue
        const data = { call: `\`${calledName(call)!}\`` }
        const suggest = isFunction(callback) && !waits(callback) ? [removal(callback)] : []
        context.report({ node: callback, messageId: 'async', data, suggest })
      }
    }

    function runs(call: Call): boolean {
      const name = values.names.packageName(call.callee)
      if (name !== undefined) return RUNNING.has(name)
      return is(bare(call.callee), 'MemberExpression') && RUNNING_METHODS.has(calledName(call) ?? '')
    }

    function removal(callback: FunctionNode) {
      const [start] = callback.range
      const length = /^async\s+/.exec(context.sourceCode.getText(callback))?.[0].length ?? 0
      return {
        messageId: 'remove',
        fix: (fixer: {
          removeRange(range: readonly [number, number]): { range: readonly [number, number]; text: string }
        }) => fixer.removeRange([start, start + length]),
      }
    }

    return { CallExpression: check, NewExpression: check }
  },
}

function waits(callback: FunctionNode): boolean {
  for (const node of ownNodes(callback.body)) {
    if (is(node, 'AwaitExpression') || (node as { readonly await?: boolean }).await === true) return true
  }
  return false
}
