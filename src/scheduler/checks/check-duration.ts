import { badArgument, outOfRange } from './bad-argument.js'

/**
 * Checks a duration in milliseconds that came from outside.
 *
 * @param milliseconds a number from 0 to `Infinity`.
 * @param where the call as the user wrote it, for the message.
 * @throws TypeError for anything that is not a number; RangeError for `NaN` and negative numbers.
 * @internal
 */
export function checkDuration(milliseconds: number, where: string): void {
  if (typeof milliseconds !== 'number') {
    throw badArgument(where, 'a number of milliseconds', milliseconds)
  }
  if (milliseconds >= 0) return
  throw outOfRange(where, 'milliseconds from 0 to Infinity', milliseconds)
}
