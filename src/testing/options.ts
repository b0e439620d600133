import { misuse } from '../scheduler/checks/errors.js'
import { show } from '../scheduler/checks/show.js'
import type { NetworkOptions } from './network/network-options.js'
import { DelayBounding } from './strategies/delay-bounding.js'
import { Exhaustive } from './strategies/exhaustive.js'
import { Pct } from './strategies/pct.js'
import { Portfolio } from './strategies/portfolio.js'
import { Production } from './strategies/production.js'
import { RandomWalk } from './strategies/random-walk.js'
import { UniformWalk } from './strategies/uniform-walk.js'
import type { Strategy } from './choices/strategy.js'
import type { WorldOptions } from './world/world-options.js'

/**
 * How schedules are looked for: `portfolio`, several of the others in turn; `random`, a random walk; `pct`,
 * probabilistic concurrency testing at depth 3; `uniform`, a random walk in which all interleavings are equally likely;
 * `delays`, production's order with two delays; `exhaustive`, every schedule there is; `production`, first come first
 * served, always.
 */
export type StrategyName = 'portfolio' | 'random' | 'pct' | 'uniform' | 'delays' | 'exhaustive' | 'production'

const strategies: Record<StrategyName, () => Strategy> = {
  // What one cannot find another does.
  portfolio: () =>
    new Portfolio([
      new RandomWalk(),
      new UniformWalk(),
      new Pct(2),
      new DelayBounding(1),
      new UniformWalk(),
      new Pct(3),
      new RandomWalk(),
      new DelayBounding(3),
      new UniformWalk(),
      new Pct(5),
      new Pct(1),
      new DelayBounding(2),
    ]),
  random: () => new RandomWalk(),
  pct: () => new Pct(3),
  uniform: () => new UniformWalk(),
  delays: () => new DelayBounding(2),
  exhaustive: () => new Exhaustive(),
  production: () => new Production(),
}

/** How long, in milliseconds, the computing of a run may take. */
const SLOWNESS = 100

/** Options of all simulations. */
export interface SimulationOptions {
  /** A whole number from which all chance comes: the same seed gives the same run, on every platform. */
  seed?: number | undefined
  /** How schedules are chosen: a name, or a strategy of one's own. */
  strategy?: StrategyName | Strategy | undefined
  /**
   * Called after every step of a greenlet. If it raises something, or gives `false`, an invariant of the program is
   * broken, and the run ends.
   */
  check?: (() => unknown) | undefined
  /**
   * How many milliseconds of virtual time a run may take for its computing: so much in all, and a fifth of it at once,
   * the clock may move while greenlets are ready, as it does on a busy machine. 100 by default; with 0 the clock moves,
   * and promises call back, only when all wait.
   */
  slowness?: number | undefined
  /** With `false` the clock moves only by `advance(ms)`. `true` by default. */
  autojump?: boolean | undefined
  /** Also kills greenlets, or times them out, at any of their waits. `false` by default. */
  cancel?: boolean | undefined
  /**
   * Puts `Date`, `performance.now`, `setTimeout` and its kind, `Math.random` and `crypto.randomUUID` under the
   * simulation while it runs. `false` by default.
   */
  globals?: boolean | undefined
  /**
   * The order of compiled async functions that await: with `free` any call whose awaited result is there, so that each
   * `await` is a choice, which finds what any change of the code could bring about; with `native` only the clock, the
   * network and greenlets are free, and calls go on in the engine's own order: each schedule can really happen. `free`
   * by default; `native` in production's order.
   */
  awaits?: 'free' | 'native' | undefined
  /**
   * How the simulated network behaves, on which `connect`, `listen`, `fetch` and all servers run; `false` leaves them
   * on the real one.
   */
  network?: NetworkOptions | false | undefined
  /** More steps than that are a livelock: 10,000 by default, a million for `simulate`. */
  maxSteps?: number | undefined
  /** For how many real milliseconds a promise from outside is waited for; 5,000 by default. */
  patience?: number | undefined
}

/** The strategy that the options ask for, a new one each time. @throws TypeError for an unknown name. */
export function makeStrategy(strategy: StrategyName | Strategy, where: string): Strategy {
  if (isStrategy(strategy)) return strategy
  if (Object.hasOwn(strategies, strategy)) return strategies[strategy]()
  const names = Object.keys(strategies).join(', ')
  const wanted = `one of ${names}, or a Strategy with begin, pick, choose, rare and end`
  throw misuse(new TypeError(`${where}: { strategy } must be ${wanted}; got ${show(strategy)}`))
}

function isStrategy(value: unknown): value is Strategy {
  if (typeof value !== 'object' || value === null) return false
  const { begin, pick, choose, rare, end } = value as Partial<Strategy>
  return [begin, pick, choose, rare, end].every((method) => typeof method === 'function')
}

/** How the network behaves; `null` for the real one. */
function networkOptions({ network = {} }: SimulationOptions): NetworkOptions | null {
  return network === false ? null : network
}

/**
 * The options of a world that are those of the simulation, or their defaults.
 *
 * @param maxSteps unless given.
 * @internal
 */
export function worldOptions(
  options: SimulationOptions,
  maxSteps: number,
): Pick<WorldOptions, 'autojump' | 'cancel' | 'check' | 'globals' | 'maxSteps' | 'network' | 'slowness'> {
  const { slowness = SLOWNESS, autojump = true, cancel = false, globals = false, check } = options
  const network = networkOptions(options)
  return { slowness, autojump, cancel, globals, maxSteps: options.maxSteps ?? maxSteps, check, network }
}
