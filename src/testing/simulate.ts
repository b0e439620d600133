import type { OptionNames } from '../scheduler/checks/check-options.js'
import type { Returned } from '../scheduler/kernel/frames.js'
import { thread } from '../scheduler/kernel/thread.js'
import { checkFunction, checkSimulation, simulationOptionNames } from './check-options.js'
import { SimulationFailure } from './failure.js'
import { Marks } from './search/marks.js'
import { makeStrategy, worldOptions, type SimulationOptions } from './options.js'
import { Outside } from './world/outside.js'
import { Random, checkSeed } from './choices/random.js'
import { exclusively, runWorld } from './world/run-world.js'
import { Replay } from './strategies/replay.js'
import { describeFailure, headline, situation } from './story/failure-text.js'
import { Trace } from './story/trace.js'
import { decodeToken } from './choices/token.js'
import type { Observer } from './story/observer.js'
import { World } from './world/world.js'
import type { WorldOptions } from './world/world-options.js'

/** Options of {@link simulate}. */
export interface SimulateOptions extends SimulationOptions {
  /** The token of a failure: repeats that run, whatever the other options say. */
  replay?: string | undefined
}

const simulateOptionNames: OptionNames = { own: [...simulationOptionNames.own, 'replay'] }

/**
 * Runs `fn` in a simulation: all greenlets, timers and waits in it belong to a hub of its own, whose clock is virtual
 * and jumps when all greenlets wait. An hour of sleeps takes milliseconds.
 *
 * ```ts
 * test('retries for an hour', () =>
 *   simulate(function* () {
 *     yield* retry(unreachable)
 *     assert.equal(getHub().now(), 3_600_000)
 *   }))
 * ```
 *
 * Without a seed the greenlets run in production's order, first come first served; with one in a random order, the same
 * for the same seed. It runs at once and as a whole, unless `fn` waits for the world outside of the simulation: for
 * promises, I/O, timers of the platform. As long as something there is under way the clock stands still.
 *
 * The simulation ends when `fn` and all greenlets that it started have ended; for that they have a minute of virtual
 * time more than `fn`.
 *
 * @param options see {@link SimulationOptions}; `replay`: repeats the run of a failure.
 * @param fn a generator function, or any other that may return something to wait for.
 * @returns what `fn` returns.
 * @throws what `fn` raises, or the error of a greenlet that was not observed; {@link SimulationFailure} for a deadlock,
 *   a greenlet that is left at the end, a livelock, a `check` that raised; with `replay` always the failure as
 *   `explore` told it, with who ran when, and the error as its `cause`.
 */
export function simulate<R>(fn: () => R): Promise<Returned<R>>
export function simulate<R>(options: SimulateOptions, fn: () => R): Promise<Returned<R>>
export function simulate<R>(...args: [fn: () => R] | [options: SimulateOptions, fn: () => R]): Promise<Returned<R>> {
  const [options, fn] = args.length === 1 ? [{}, args[0]] : args
  return exclusively('simulate()', async () => {
    checkSimulation(options, 'simulate(options, fn)', simulateOptionNames)
    checkFunction(fn, 'simulate')
    const trace = options.replay === undefined ? null : new Trace()
    const world = new World(optionsOf(options, trace), thread.hub)
    await runWorld(world, fn, new Outside(), options.patience ?? 5000)
    const {
      verdicts: { verdict },
      main,
    } = world
    if (verdict === null) {
      if (main.killed !== undefined) throw main.killed.error
      return main.value as Returned<R>
    }
    if (trace !== null) throw describeFailure(world, trace)
    const { kind, error } = verdict
    if (kind === 'error') throw error
    const message = [headline(world, verdict), situation(world, kind)].filter((text) => text !== '').join('\n')
    throw new SimulationFailure({ kind, message, cause: error })
  })
}

function optionsOf(options: SimulateOptions, observer: Observer | null): WorldOptions {
  const { replay, seed, strategy = seed === undefined ? 'production' : 'random' } = options
  const { awaits = strategy === 'production' ? 'native' : 'free' } = options
  const recipe = replay === undefined ? undefined : decodeToken(replay)
  const worldSeed = recipe?.seed ?? checkSeed(seed ?? 0, 'simulate')
  const random = new Random(worldSeed)
  const chosen = recipe === undefined ? makeStrategy(strategy, 'simulate') : new Replay(recipe.choices)
  chosen.begin(random)
  return {
    ...worldOptions({ ...options, ...recipe }, 1_000_000),
    strategy: chosen,
    seed: worldSeed,
    random,
    nativeAwaits: recipe?.nativeAwaits ?? awaits === 'native',
    detailed: true,
    marks: new Marks(),
    observer,
  }
}
