import { badArgument } from '../scheduler/checks/bad-argument.js'
import { checkDuration } from '../scheduler/checks/check-duration.js'

/** @throws TypeError, RangeError unless `lease` is a time that passes. @internal */
export function checkLease(lease: number, where: string): void {
  checkDuration(lease, where)
  if (lease === 0) throw badArgument(where, 'more than 0 milliseconds', lease)
}

/** @throws TypeError unless `name` can be a part of the names that engines give to things. @internal */
export function checkName(name: string, where: string): void {
  if (typeof name === 'string' && /^[\w-]{1,100}$/.test(name)) return
  throw badArgument(where, 'a name of letters, digits, _ and -', name)
}
