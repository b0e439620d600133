import { describeRule, type Fixer, type Rule } from './rule.js'
import { bare, calledName, is, propertyName, type Call, type Node } from './syntax.js'
import { Values } from './values.js'

/** Shorter durations are taken for seconds. A program of gevent has hardly a duration of 100 s and more. */
const LEAST = 100

/** Functions whose first argument is a duration. */
const DURATIONS: ReadonlySet<string> = new Set(['sleep', 'spawnLater', 'withTimeout', 'Timeout'])

/** Options that are durations. */
const OPTIONS: ReadonlySet<string> = new Set('timeout grace connectTimeout maxBlockingTime'.split(' '))

/** `sleep(1)` in a program that came from gevent: a second there, a millisecond here. */
export const noSeconds: Rule = {
  meta: describeRule('require durations of gevent, in seconds, to be translated to milliseconds', {
    seconds: '{{call}} takes milliseconds, and this is {{text}} ms. Write {{instead}} if it was {{text}} s in gevent.',
    multiply: 'Write {{instead}}.',
  }),
  create(context) {
    const values = new Values(context)

    function check(call: Call): void {
      if (takesDuration(call)) report(call, call.arguments[0])
      const options = bare(call.arguments.at(-1) ?? call)
      if (!is(options, 'ObjectExpression') || !isOfPackage(call)) return
      for (const property of options.properties) {
        if (is(property, 'Property') && OPTIONS.has(propertyName(property) ?? ''))
          report(call, property.value ?? undefined)
      }
    }

    function takesDuration({ callee }: Call): boolean {
      const name = values.names.packageName(callee)
      if (name !== undefined) return DURATIONS.has(name)
      const method = bare(callee)
      if (!is(method, 'MemberExpression')) return false
      const called = propertyName(method)
      return called === 'start' && values.names.packageName(method.object) === 'Timeout'
    }

    function isOfPackage(call: Call): boolean {
      return values.names.packageName(call.callee) !== undefined || values.waitsIn(call) === 'operation'
    }

    function report(call: Call, duration: Node | undefined): void {
      const seconds = duration === undefined ? undefined : secondsIn(bare(duration))
      if (duration === undefined || seconds === undefined) return
      const data = {
        call: `\`${calledName(call)!}(…)\``,
        text: String(seconds),
        instead: withSeparators(Math.round(seconds * 1000)),
      }
      const fix = (fixer: Fixer) => [
        fixer.removeRange(duration.range),
        fixer.insertTextAfterRange(duration.range, data.instead),
      ]
      context.report({
        node: duration,
        messageId: 'seconds',
        data,
        suggest: [{ messageId: 'multiply', data: { instead: data.instead }, fix }],
      })
    }

    return {
      CallExpression: check,
      NewExpression: check,
    }
  },
}

function secondsIn(node: Node): number | undefined {
  if (!is(node, 'Literal') || typeof node.value !== 'number') return undefined
  return node.value > 0 && node.value < LEAST ? node.value : undefined
}

// As it is usual in code: 60_000, but 5000.
function withSeparators(milliseconds: number): string {
  return milliseconds < 10_000 ? String(milliseconds) : milliseconds.toLocaleString('en-US').replaceAll(',', '_')
}
