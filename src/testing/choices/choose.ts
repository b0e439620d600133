import { misuse } from '../../scheduler/checks/errors.js'
import { show } from '../../scheduler/checks/show.js'
import { currentWorld } from '../world/current.js'

/**
 * Makes a choice that belongs to the schedule: an exploration tries its possibilities, a replay repeats it, shrinking
 * makes it 0 if the failure does not need it. For what varies in the world of a test: which server answers, whether a
 * disk is full.
 *
 * @param count how many possibilities there are; the first, 0, should be the ordinary one.
 * @param label what is chosen, for the report of a failure.
 * @returns a whole number from 0 to `count` − 1.
 * @throws RangeError when `count` is not a whole number from 1; Error outside of a simulation.
 */
export function choose(count: number, label: string = 'a choice'): number {
  if (!Number.isInteger(count) || count < 1) {
    throw misuse(new RangeError(`choose(count, label): count must be a whole number from 1, got ${show(count)}`))
  }
  return currentWorld('choose()').choose(count, (choice) => `choose ${choice} of ${count} for ${label}`)
}
