import { ACTING } from './gvent-names.js'
import { callsIn } from './names.js'
import { describeRule, type Rule, type Suggestion } from './rule.js'
import { bare, calledName, functionAround, is, isCall, type Call, type Node } from './syntax.js'
import { Values } from './values.js'

/** Operations and coroutines whose value is dropped, so that nothing of them ever happens. */
export const noForgottenWaits: Rule = {
  meta: describeRule('require operations and coroutines to be waited for', {
    operation: '{{call}} returns an operation, which does nothing until it is waited for. {{advice}}',
    coroutine: '{{call}} only creates a coroutine; none of it runs. {{advice}}',
    condition: '{{call}} returns something to wait for, which is always truthy. Write `yield*` before it.',
    awaited:
      '{{call}} is a coroutine, and `await` returns it unchanged. Write `await run(…)`, or make it a green function.',
    yield: 'Write `yield*` before it.',
    await: 'Write `await` before it.',
  }),
  create(context) {
    const values = new Values(context)

    function checkDropped(call: Call): void {
      const kind = values.waitsIn(call)
      if (kind === undefined || (kind === 'operation' && ACTING.has(calledName(call) ?? ''))) return
      const around = functionAround(call)
      const isTop = around === undefined
      const advice =
        around?.generator && !around.async
          ? 'Write `yield*` before it' + (kind === 'coroutine' ? ', or `spawn` it.' : '.')
          : isTop || around.async
            ? kind === 'operation'
              ? 'Write `await` before it.'
              : 'Write `await run(…)`, or `spawn` it.'
            : 'Only a generator function can wait: make this one a `function*`, or `spawn` one.'
      context.report({
        node: call,
        messageId: kind,
        data: { call: textOf(call), advice },
        suggest: suggestions(call, kind),
      })
    }

    function checkCondition({ test }: { readonly test: Node | null }): void {
      for (const call of test === null ? [] : conditionsIn(test)) {
        if (values.waitsIn(call) !== undefined) {
          context.report({
            node: call,
            messageId: 'condition',
            data: { call: textOf(call) },
            suggest: suggestions(call, 'operation'),
          })
        }
      }
    }

    return {
      ExpressionStatement({ expression }: { readonly expression: Node }) {
        for (const call of callsIn(expression)) checkDropped(call)
      },
      IfStatement: checkCondition,
      WhileStatement: checkCondition,
      DoWhileStatement: checkCondition,
      ForStatement: checkCondition,
      ConditionalExpression: checkCondition,
      AwaitExpression({ argument }: { readonly argument: Node }) {
        const call = bare(argument)
        if (isCall(call) && values.waitsIn(call) === 'coroutine') {
          context.report({ node: call, messageId: 'awaited', data: { call: textOf(call) } })
        }
      },
    }
  },
}

function* conditionsIn(test: Node): Generator<Call, void, undefined> {
  const value = bare(test)
  if (isCall(value)) yield value
  else if (is(value, 'UnaryExpression') && value.operator === '!') yield* conditionsIn(value.argument!)
  else if (is(value, 'LogicalExpression')) {
    yield* conditionsIn(value.left)
    yield* conditionsIn(value.right)
  }
}

function suggestions(call: Call, kind: 'operation' | 'coroutine'): Suggestion[] {
  const around = functionAround(call)
  const word =
    around?.generator && !around.async
      ? 'yield*'
      : kind === 'operation' && (around?.async ?? true)
        ? 'await'
        : undefined
  if (word === undefined) return []
  const isWhole = is(call.parent, 'ExpressionStatement')
  return [
    {
      messageId: word === 'yield*' ? 'yield' : 'await',
      fix: (fixer) => [
        fixer.insertTextBefore(call, isWhole ? `${word} ` : `(${word} `),
        ...(isWhole ? [] : [fixer.insertTextAfter(call, ')')]),
      ],
    },
  ]
}

// A call as a message names it.
function textOf(call: Call): string {
  const name = calledName(call)
  return name === undefined ? 'This call' : `\`${name}(…)\``
}
