import { badArgument, outOfRange } from './bad-argument.js'

/**
 * Checks a number of things that came from outside.
 *
 * @param count a whole number from `least`, or `Infinity`.
 * @param where the call as the user wrote it, for the message.
 * @param advice what to write instead, for the message.
 * @throws TypeError for anything that is not a number; RangeError for another number.
 * @internal
 */
export function checkCount(count: number, where: string, least: number, advice?: string): void {
  if (Number.isSafeInteger(count) && count >= least) return
  if (count === Infinity) return
  const makeError = typeof count === 'number' ? outOfRange : badArgument
  throw makeError(where, `a whole number from ${least}`, count, advice)
}
