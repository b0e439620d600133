import { badArgument } from '../checks/bad-argument.js'

/** Checks the function of a stage. @throws TypeError for anything else. @internal */
export function checkFunction(fn: unknown, where: string): void {
  if (typeof fn === 'function') return
  throw badArgument(where, 'a function', fn)
}
