import { misuse } from '../scheduler/checks/errors.js'
import { show } from '../scheduler/checks/show.js'
import { findWorld } from './world/current.js'

/** How often each mark was met, and how often it was hit. */
export class Marks {
  readonly hits: Map<string, number> = new Map<string, number>()

  /** @param expected marks that have to be hit, even if nobody ever comes by. */
  constructor(expected: Iterable<string> = []) {
    for (const label of expected) this.hits.set(label, 0)
  }

  note(label: string, hit: boolean): void {
    this.hits.set(label, (this.hits.get(label) ?? 0) + (hit ? 1 : 0))
  }

  /** Those that were never hit. */
  get missed(): string[] {
    return Array.from(this.hits.keys()).filter((label) => this.hits.get(label) === 0)
  }
}

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
