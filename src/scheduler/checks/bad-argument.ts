import { diagnosis } from './diagnosis.js'
import { misuse } from './errors.js'
import { show } from './show.js'

/**
 * Makes the error about an argument that cannot be meant: `where: expected …, got …; write …`.
 *
 * @param where the call as the program wrote it, with the argument: `Event.wait(options)`.
 * @param expected what belongs there: `'a function'`.
 * @param value what came.
 * @param advice what to do instead: `'write sleep(100)'`; in the scheduler it stands in `stacks/advice/arguments.ts`.
 * @internal
 */
export function badArgument(where: string, expected: string, value: unknown, advice?: string): TypeError {
  return misuse(new TypeError(describe(where, expected, value, advice)))
}

/** Makes the same error about an argument of the right type that is too large, too small or not whole. @internal */
export function outOfRange(where: string, expected: string, value: unknown, advice?: string): RangeError {
  return misuse(new RangeError(describe(where, expected, value, advice)))
}

function describe(
  where: string,
  expected: string,
  value: unknown,
  advice: string = diagnosis.adviseOnArgument(where, expected, value),
): string {
  return `${where}: expected ${expected}, got ${show(value)}${advice && `; ${advice}`}`
}
