import { checkDuration } from '../checks/check-duration.js'
import { misuse } from '../checks/errors.js'
import type { WaitOptions } from '../kernel/wait-options.js'
import { show } from '../checks/show.js'

/** What a kill takes beside its error. */
export interface KillOptions extends WaitOptions {
  /** How long, in milliseconds, the greenlet may go on waiting if it swallows the kill; 5,000 by default (`hub.grace`). */
  grace?: number | undefined
}

/** What is raised by a kill: an error, or the class of one. Nothing: a `GreenletExit`. */
export type KillError = Error | (new () => Error) | null | undefined

/** The arguments of a kill: `(error, options)`, or the options alone. */
export type Kill = [error?: KillError, options?: KillOptions | undefined] | [options: KillOptions]

/** Tells the arguments of a kill apart. @throws TypeError when they are none. @internal */
export function readKill([first, second]: Kill): { error: Error | undefined; options: KillOptions | undefined } {
  const isAlone = isKillOptions(first)
  const options = isAlone ? first : second
  if (options?.grace !== undefined) checkDuration(options.grace, 'kill(error, { grace })')
  return { error: isAlone ? undefined : errorOf(first), options }
}

function isKillOptions(value: KillError | KillOptions): value is KillOptions {
  if (typeof value !== 'object' || value === null || value instanceof Error) return false
  const keys = Object.keys(value)
  return keys.length > 0 && keys.every((key) => ['timeout', 'signal', 'grace'].includes(key))
}

function errorOf(error: KillError): Error | undefined {
  if (error === undefined || error === null || error instanceof Error) return error ?? undefined
  if (typeof error === 'function' && error.prototype instanceof Error) return new error()
  throw misuse(new TypeError(`kill(error): expected an Error, got ${show(error)}; write kill(new Error('…'))`))
}
