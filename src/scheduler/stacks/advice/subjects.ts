import type { Subject } from '../../checks/diagnosis.js'
import { nameOf, show } from '../../checks/show.js'
import { Operation } from '../../kernel/operation.js'
import { Timeout } from '../../kernel/timeout.js'

const advice: Record<Subject, string | ((value: unknown) => string)> = {
  'no greenlet': '. Start the function with spawn(fn) or run(fn), or write `await` in place of `yield*`',
  'not driven':
    ' but by a loop, a spread, a destructuring or a second greenlet. Delegate to that generator with `yield*`, ' +
    'or run it with spawn()',
  'used twice':
    ', and a generator object runs only once. Call its generator function again for a new one, or use ' +
    'green(function* …), which can be waited for repeatedly',
  'no work': ': an operation such as sleep(10), a coroutine such as work(), a function or a promise',
  'kill caught': '. Rethrow GreenletExit: catch (error) { if (error instanceof GreenletExit) throw error; … }',
  'timeout outside':
    ': a timeout interrupts the greenlet that started it. Write `await withTimeout(ms, operation)` here',
  'no run': ': pass one, or extend Greenlet with a method *run()',
  'spawned coroutine': '. Write spawn(fn, ...args), not spawn(fn(...args))',
  'no options': (value) =>
    `write { timeout: ${typeof value === 'number' ? value : value instanceof Timeout ? 'timeout' : 'milliseconds'} } for a limit`,
  'no function': (value) =>
    `write ${value instanceof Operation ? '`yield*` before it to wait, or spawn(() => operation)' : 'spawn(fn, ...args)'}`,
  'no error': (value) =>
    typeof value === 'number' ? `write { timeout: ${value} } for a limit` : "write new Error('…')",
}

/** Advises on an error on that subject, about `value`. @internal */
export function adviseOn(subject: Subject, value: unknown): string {
  const text = advice[subject]
  return typeof text === 'string' ? text : text(value)
}

/**
 * Says what is wrong with a value that was yielded, and what to write instead.
 *
 * @param place where it was yielded: ` in work`.
 * @internal
 */
export function describeBadYield(value: unknown, place: string): string {
  if (typeof value === 'function') {
    const name = nameOf(value) === '' ? 'fn' : nameOf(value)
    const isAsync = Object.prototype.toString.call(value) === '[object AsyncFunction]'
    const call = isAsync ? `until(${name}(...))` : `${name}(...)`
    return (
      `yield ${name}${place}: a function cannot be waited for. Did you forget to call it? Write \`yield* ${call}\`, ` +
      `or \`spawn(${name}, ...)\` to run it beside this greenlet`
    )
  }
  if (Array.isArray(value)) return `yield [...]${place}: an array cannot be waited for. Write \`yield* all([...])\``
  if (typeof (value as { [Symbol.asyncIterator]?: unknown } | null)?.[Symbol.asyncIterator] === 'function') {
    return (
      `yield ${show(value)}${place}: an async iterable cannot be waited for as a whole. ` +
      'Write `for (const next of each(source)) { const item = yield* next; if (item.done) break; … }`'
    )
  }
  return (
    `yield ${show(value)}${place}: only an operation, a coroutine or a promise can be waited for. ` +
    'To give way to the other greenlets write a bare `yield`; to produce a value use a Queue or `return`'
  )
}
