import { misuse } from '../checks/errors.js'
import { show } from '../checks/show.js'

/** Checks the function of a stage. @throws TypeError for anything else. @internal */
export function checkFunction(fn: unknown, where: string): void {
  if (typeof fn === 'function') return
  throw misuse(
    new TypeError(`${where}: expected a function, got ${show(fn)}; write ${where.replace('fn', '(item) => …')}`),
  )
}
