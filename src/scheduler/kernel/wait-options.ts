import { badArgument } from '../checks/bad-argument.js'
import { checkDuration } from '../checks/check-duration.js'
import { checkOptions, type OptionNames } from '../checks/check-options.js'
import { diagnosis } from '../checks/diagnosis.js'
import { Timeout } from './timeout.js'

/** Options of every waiting call. */
export interface WaitOptions {
  /**
   * The limit in milliseconds, or a `Timeout`. When it expires, a call that asks *whether* (`wait`, `join`,
   * `acquire`) gives `false` or `undefined`; a call that must deliver raises the `Timeout`.
   */
  timeout?: number | Timeout | null | undefined
  /** When it aborts, the wait raises its `reason`. */
  signal?: AbortSignal | null | undefined
}

/** The options of every waiting call. @internal */
export const waitOptionNames: OptionNames = { own: ['timeout', 'signal'] }

/** The options of a call that takes more. @internal */
export function waitOptionsAnd(...names: string[]): OptionNames {
  return { own: [...names, ...waitOptionNames.own] }
}

/**
 * Checks the options of a waiting call.
 *
 * @param names what the call takes.
 * @param owner the operation that it makes, if it is that which checks.
 * @returns the options.
 * @throws TypeError, RangeError for what is none.
 * @internal
 */
export function checkWaitOptions<O extends WaitOptions>(options: O, names: OptionNames, owner?: object): O {
  checkLimits(options, owner)
  if (hasMoreThanLimits(options)) checkOptions(options, names, owner)
  return options
}

/**
 * Checks the limits among them, which is all that most have: see {@link hasMoreThanLimits}. Both run for every wait that
 * has options, so they look at the two names directly.
 * @internal
 */
export function checkLimits(options: WaitOptions, owner?: object): void {
  if (typeof options !== 'object' || options === null || options instanceof Timeout) throw notOptions(options, owner)
  const { timeout, signal } = options
  if (timeout !== undefined && timeout !== null && !(timeout instanceof Timeout)) {
    if (typeof timeout !== 'number' || !(timeout >= 0)) checkDuration(timeout, `${callOf(owner)}: { timeout }`)
  }
  if (signal !== undefined && signal !== null) checkSignal(signal, owner)
}

/** Whether there are other options than the limits. @internal */
export function hasMoreThanLimits(options: WaitOptions): boolean {
  for (const name in options) if (name !== 'timeout' && name !== 'signal') return true
  return false
}

/** The limits among the options of a call that takes more; `undefined` if there are none. @internal */
export function limitsOf({ timeout, signal }: WaitOptions): WaitOptions | undefined {
  return timeout === undefined && signal === undefined ? undefined : { timeout, signal }
}

/** @throws TypeError unless `signal` is an AbortSignal. @internal */
export function checkSignal(signal: unknown, owner?: object): void {
  if (typeof (signal as Partial<AbortSignal>).addEventListener === 'function') return
  throw badArgument(`${callOf(owner)}: { signal }`, 'an AbortSignal', signal)
}

function callOf(owner: object | undefined): string {
  return diagnosis.publicCall(owner) || 'the call'
}

function notOptions(options: unknown, owner: object | undefined): TypeError {
  return badArgument(callOf(owner), 'options', options, diagnosis.adviseOn('no options', options))
}
