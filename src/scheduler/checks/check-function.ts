import { badArgument } from './bad-argument.js'

/**
 * Checks a function that came from outside.
 *
 * @param where the call as the user wrote it, for the message.
 * @throws TypeError for anything else.
 * @internal
 */
export function checkFunction(fn: unknown, where: string): void {
  if (typeof fn !== 'function') throw badArgument(where, 'a function', fn)
}
