import { completeStacks } from '../stack.js'
import { thread } from '../../kernel/thread.js'

/**
 * Says as a line of a stack where a generator is suspended, or a function begins. Empty where the platform does not tell.
 * @internal
 */
export function codeLine(code: object, before = ''): string {
  const place = thread.hub.platform.locateCode?.(code)
  if (place === undefined) return ''
  const at = `${place.url}:${place.line}:${place.column}`
  return place.name === '' ? `    at ${at}` : `    at ${before}${place.name} (${at})`
}

/**
 * Lets the stack of an error that is about what a function gave begin with that function: it does not run any more.
 * @returns the error.
 * @internal
 */
export function pointAtCode<E extends Error>(error: E, code: object, callers = ''): E {
  const lines = [codeLine(code), callers].filter((line) => line !== '')
  if (lines.length === 0) return error
  Reflect.set(error, 'stack', [String(error), ...lines].join('\n'))
  completeStacks.add(error)
  return error
}
