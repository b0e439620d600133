import { checkDuration } from '../scheduler/duration.js'
import { misuse } from '../scheduler/errors.js'
import { show } from '../scheduler/show.js'
import type { NetworkOptions } from './network/route.js'
import { DelayBounding } from './strategies/delay-bounding.js'
import { Exhaustive } from './strategies/exhaustive.js'
import { Pct } from './strategies/pct.js'
import { Portfolio } from './strategies/portfolio.js'
import { Production } from './strategies/production.js'
import { RandomWalk } from './strategies/random-walk.js'
import { UniformWalk } from './strategies/uniform-walk.js'
import type { Strategy } from './strategy.js'

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
export const SLOWNESS = 100

/** What all simulations take. */
export interface SimulationOptions {
  /** A whole number from which all chance comes: the same seed gives the same run, on every platform. */
  seed?: number | undefined
  /** How schedules are chosen: a name, or a strategy of one's own. */
  strategy?: StrategyName | Strategy | undefined
  /** Called after every step of a greenlet; what it raises ends the run: an invariant of the program is broken. */
  check?: (() => void) | undefined
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
   * How the simulated network behaves, on which `connect`, `listen`, `fetch` and all servers run; `false` leaves them on
   * the real one.
   */
  network?: NetworkOptions | false | undefined
  /** More steps than that are a livelock: 10,000 by default, a million for `simulate`. */
  maxSteps?: number | undefined
  /** For how many real milliseconds a promise from outside is waited for; 5,000 by default. */
  patience?: number | undefined
}

/** The strategy that the options ask for, made anew. @throws TypeError for an unknown name. */
export function makeStrategy(strategy: StrategyName | Strategy, where: string): Strategy {
  if (typeof strategy === 'object' && strategy !== null) return strategy
  if (Object.hasOwn(strategies, strategy)) return strategies[strategy]()
  const names = Object.keys(strategies).join(', ')
  throw misuse(new TypeError(`${where}: { strategy } must be one of ${names}, or a Strategy; got ${show(strategy)}`))
}

/** How the network behaves; `null` for the real one. */
export function networkOptions({ network = {} }: SimulationOptions): NetworkOptions | null {
  return network === false ? null : network
}

/** @throws RangeError, TypeError for what makes no sense. */
export function checkOptions(options: SimulationOptions, where: string): void {
  if (typeof options !== 'object' || options === null) {
    throw misuse(new TypeError(`${where}: expected options, got ${show(options)}`))
  }
  const { check, slowness, patience, maxSteps } = options
  if (check !== undefined && typeof check !== 'function') {
    throw misuse(new TypeError(`${where}: { check } must be a function, got ${show(check)}`))
  }
  if (slowness !== undefined && !(Number.isSafeInteger(slowness) && slowness >= 0)) {
    throw misuse(new RangeError(`${where}: { slowness } must be a whole number from 0, got ${show(slowness)}`))
  }
  if (patience !== undefined) checkDuration(patience, `${where}: { patience }`)
  checkPositive(maxSteps, `${where}: { maxSteps }`)
}

/** @throws RangeError when it is no whole number from 1. */
export function checkPositive(number: number | undefined, where: string): void {
  if (number === undefined || (Number.isInteger(number) && number > 0)) return
  throw misuse(new RangeError(`${where} must be a whole number from 1, got ${show(number)}`))
}

/** @throws TypeError unless it is a function. */
export function checkFunction(fn: unknown, where: string): asserts fn is () => unknown {
  if (typeof fn === 'function') return
  throw misuse(new TypeError(`${where}: expected a function, got ${show(fn)}; write ${where}(function* () { … })`))
}
