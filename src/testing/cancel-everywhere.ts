import type { OptionNames } from '../scheduler/checks/check-options.js'
import { misuse } from '../scheduler/checks/errors.js'
import { show } from '../scheduler/checks/show.js'
import { checkFunction, checkSimulation, simulationOptionNames } from './check-options.js'
import { Explorer, type Exploration } from './explore.js'
import type { SimulationOptions } from './options.js'
import { exclusively } from './world/run-world.js'
import { StrikeOnce } from './strategies/strike-once.js'
import { KILL, TIME_OUT } from './search/fault-injection.js'

/** Options of {@link cancelEverywhere}. */
export interface CancelOptions extends Omit<SimulationOptions, 'strategy' | 'cancel' | 'slowness'> {
  /** The way the greenlet is interrupted: it is killed, or a `Timeout` is raised in it. Both are tried by default. */
  by?: 'kill' | 'timeout' | undefined
}

const notTaken = ['strategy', 'cancel', 'slowness']
const cancelOptionNames: OptionNames = {
  own: ['by', ...simulationOptionNames.own.filter((name) => !notTaken.includes(name))],
}

/**
 * Runs `fn` once for each wait of each of its greenlets, and kills the greenlet exactly there, or times it out: where
 * it has begun to wait, and where it has what it waited for but has not seen it yet. Whatever then leaks, hangs, breaks
 * the invariant or raises another error is reported, with the place.
 *
 * ```ts
 * test('no permit is lost', () =>
 *   cancelEverywhere(function* () {
 *     const slots = new Semaphore(2)
 *     yield* joinAll([spawn(job, slots), spawn(job, slots), spawn(job, slots)])
 *     assert.equal(slots.value, 2)
 *   }))
 * ```
 *
 * The greenlets run in production's order. An error that came of the kill or the timeout itself is no failure, nor is
 * one that has it for its `cause`. To have kills in other orders too, use `explore` with `cancel`.
 *
 * @param fn a generator function, or any other that may return something to wait for.
 * @param options see {@link SimulationOptions}; `by`: only kills, or only timeouts.
 * @throws SimulationFailure: see its `kind`.
 */
export async function cancelEverywhere(fn: () => unknown, options: CancelOptions = {}): Promise<Exploration> {
  return exclusively('cancelEverywhere()', () => {
    checkSimulation(options, 'cancelEverywhere(fn, options)', cancelOptionNames)
    checkFunction(fn, 'cancelEverywhere')
    const explorer = new Explorer(fn, { ...options, cancel: true, slowness: 0 })
    return explorer.explore(new StrikeOnce(blowsOf(options.by)), Infinity)
  })
}

function blowsOf(by: unknown): number[] {
  if (by === undefined) return [KILL, TIME_OUT]
  if (by === 'kill') return [KILL]
  if (by === 'timeout') return [TIME_OUT]
  throw misuse(
    new TypeError(`cancelEverywhere(fn, options): { by } must be "kill" or "timeout", or left out; got ${show(by)}`),
  )
}
