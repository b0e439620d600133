import { misuse } from '../scheduler/checks/errors.js'
import { show } from '../scheduler/checks/show.js'
import { findWorld } from './world/current.js'

/**
 * Marks a situation that a test is meant to reach: an exploration fails if `condition` held in none of its schedules.
 * So a test that no longer tests what it was written for is noticed. (Antithesis: sometimes assertions.)
 *
 * ```ts
 * sometimes('both retried', retries === 2)
 * ```
 *
 * A mark at which no schedule ever came by is unknown to the exploration, unless it is among `explore`'s `marks`.
 * Outside of an exploration it does nothing.
 */
export function sometimes(label: string, condition: boolean = true): void {
  if (typeof label !== 'string') {
    throw misuse(new TypeError(`sometimes(label, condition): the label must be a string, got ${show(label)}`))
  }
  findWorld()?.options.marks.note(label, condition)
}
