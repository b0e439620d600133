import { checkSignal } from './abort-signals.js'
import { checkDuration } from '../checks/check-duration.js'
import { misuse } from '../checks/errors.js'
import { show } from '../checks/show.js'
import { Timeout } from './timeout.js'

/** What every waiting call takes. */
export interface WaitOptions {
  /**
   * The limit in milliseconds, or a `Timeout`. When it expires, a call that asks *whether* (`wait`, `join`,
   * `acquire`) gives `false` or `undefined`; a call that must deliver raises the `Timeout`.
   */
  timeout?: number | Timeout | null | undefined
  /** When it aborts, the wait raises its `reason`. */
  signal?: AbortSignal | null | undefined
}

/**
 * Checks the options of a waiting call.
 *
 * @param where the call, for the message.
 * @returns the options.
 * @throws TypeError, RangeError for what is none.
 * @internal
 */
export function checkWaitOptions(options: WaitOptions, where: string): WaitOptions {
  if (typeof options !== 'object' || options === null || options instanceof Timeout) throw notOptions(options, where)
  const { timeout, signal } = options
  if (timeout !== undefined && timeout !== null && !(timeout instanceof Timeout)) {
    checkDuration(timeout, `${where}: { timeout }`)
  }
  checkSignal(signal, where)
  return options
}

function notOptions(options: unknown, where: string): TypeError {
  const wanted = typeof options === 'number' ? String(options) : options instanceof Timeout ? 'timeout' : 'milliseconds'
  return misuse(
    new TypeError(`${where}: expected options, got ${show(options)}; write { timeout: ${wanted} } for a limit`),
  )
}
