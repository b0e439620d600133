import { describeRule, type Rule } from './rule.js'
import { bare, calledName, is, isFunction, type Call } from './syntax.js'
import { Values } from './values.js'

/** Functions of the platform that drop what a callback returns. */
const TIMERS = new Set(
  'setTimeout setInterval setImmediate queueMicrotask requestAnimationFrame requestIdleCallback'.split(' '),
)
/** Methods that drop what a callback returns. */
const DROPPING = new Set(
  'forEach on once addListener prependListener prependOnceListener addEventListener nextTick'.split(' '),
)
/** Methods that ask whether what a callback returns is true, or how great it is. */
const JUDGING = new Set('filter find findIndex findLast findLastIndex some every sort toSorted'.split(' '))
/** Methods that pass on what a callback returns, and wait for an operation but not for a coroutine. */
const PASSING = new Set(['then', 'catch', 'finally'])
/** Functions of test runners, which wait for a promise but not for a coroutine. */
const TESTS = new Set('test it specify before after beforeEach afterEach beforeAll afterAll'.split(' '))
const TEST_MODULES = new Set(['node:test', 'test', 'vitest', 'mocha', '@jest/globals', 'ava', 'tap', 'bun:test'])

/** Generator functions where a plain callback is called: their body never runs. */
export const noGeneratorCallbacks: Rule = {
  meta: describeRule('require callbacks to be functions that run when they are called', {
    generator: '{{caller}} calls this generator function and drops the coroutine, so none of it runs. {{advice}}',
    result: '{{caller}} drops what this callback returns, so it is never waited for. {{advice}}',
  }),
  create(context) {
    const values = new Values(context)

    function check(call: Call): void {
      const caller = callerOf(call)
      for (const [index, argument] of call.arguments.entries()) {
        const callback = bare(argument)
        const drops = values.dropsResultOf(call, index) === true || caller !== undefined
        if (!drops) continue
        const data = { caller: `\`${calledName(call) ?? 'new'}\``, advice: adviceFor(call) }
        const kind = values.functionKind(callback)
        if (kind === 'generator' || kind === 'async generator')
          context.report({ node: callback, messageId: 'generator', data })
        else if (
          caller !== 'passing' &&
          isFunction(callback) &&
          !callback.async &&
          callback.body.type !== 'BlockStatement'
        ) {
          if (values.waitsIn(callback.body) !== undefined) context.report({ node: callback, messageId: 'result', data })
        }
      }
    }

    function callerOf(call: Call): 'dropping' | 'passing' | undefined {
      const callee = bare(call.callee)
      const name = calledName(call) ?? ''
      if (is(callee, 'Identifier')) {
        const module = values.names.moduleOf(callee)
        if (is(call, 'NewExpression')) return name === 'Promise' && module === null ? 'dropping' : undefined
        if (TIMERS.has(name))
          return module === null || module === 'node:timers' || module === 'timers' ? 'dropping' : undefined
        return TESTS.has(name) && (module === null || TEST_MODULES.has(module ?? '')) ? 'passing' : undefined
      }
      if (!is(callee, 'MemberExpression') || values.names.classOf(callee.object) !== undefined) return undefined
      if (PASSING.has(name)) return 'passing'
      return DROPPING.has(name) || JUDGING.has(name) ? 'dropping' : undefined
    }

    return { CallExpression: check, NewExpression: check }
  },
}

function adviceFor(call: Call): string {
  const name = calledName(call) ?? ''
  if (name === 'forEach') return 'Write a loop: `for (const item of list) yield* …`.'
  if (TESTS.has(name)) return 'Write `() => run(function* () { … })`.'
  if (JUDGING.has(name)) return 'Wait in a loop, or in `all(list.map(…))` first.'
  return 'Write `() => spawn(function* () { … })`.'
}
