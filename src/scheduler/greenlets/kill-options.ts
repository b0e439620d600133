import { checkDuration } from '../checks/check-duration.js'
import { badArgument } from '../checks/bad-argument.js'
import { diagnosis } from '../checks/diagnosis.js'
import { checkWaitOptions, limitsOf, waitOptionsAnd, type WaitOptions } from '../kernel/wait-options.js'

/** Options of a kill. */
export interface KillOptions extends WaitOptions {
  /** How long, in milliseconds, the greenlet may go on waiting if it swallows the kill; 5,000 by default (`hub.grace`). */
  grace?: number | undefined
}

/** The error that a kill raises: an error, or the class of one. Nothing: a `GreenletExit`. */
export type KillError = Error | (new () => Error) | null | undefined

/** The arguments of a kill: `(error, options)`, or the options alone. */
export type Kill = [error?: KillError, options?: KillOptions | undefined] | [options: KillOptions]

/** A kill, with its error and its limit. @internal */
export interface KillRequest {
  readonly error: Error | undefined
  readonly grace: number | undefined
  /** The limits of the wait for the end. */
  readonly limits: WaitOptions | undefined
}

const killOptionNames = waitOptionsAnd('grace')
const nothingGiven: KillRequest = { error: undefined, grace: undefined, limits: undefined }

/** Tells the arguments of a kill apart. @throws TypeError when they are none. @internal */
export function readKill(kill: Kill): KillRequest {
  if (kill.length === 0) return nothingGiven
  const [first, second] = kill
  const isAlone = isOptions(first)
  const options = isAlone ? first : second
  const error = isAlone ? undefined : errorOf(first)
  if (options === undefined) return { error, grace: undefined, limits: undefined }
  const { grace } = checkWaitOptions(options, killOptionNames)
  if (grace !== undefined) checkDuration(grace, 'kill(error, { grace })')
  return { error, grace, limits: limitsOf(options) }
}

function isOptions(value: KillError | KillOptions): value is KillOptions {
  if (typeof value !== 'object' || value === null || value instanceof Error) return false
  const { own } = killOptionNames
  return own.some((name) => name in value) || diagnosis.hasNear(value, own)
}

function errorOf(error: KillError): Error | undefined {
  if (error === undefined || error === null || error instanceof Error) return error ?? undefined
  if (typeof error === 'function' && error.prototype instanceof Error) return new error()
  const call = diagnosis.publicCall() || 'kill'
  throw badArgument(`${call}(error)`, 'an Error or options', error, diagnosis.adviseOn('no error', error))
}
