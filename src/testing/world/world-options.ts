import type { Random } from '../choices/random.js'
import type { Strategy } from '../choices/strategy.js'
import type { NetworkOptions } from '../network/network-options.js'
import type { Marks } from '../search/marks.js'
import type { Observer } from '../story/observer.js'

/** Options that decide how a world runs. */
export interface WorldOptions {
  readonly strategy: Strategy
  /** The seed of `random`. */
  readonly seed: number
  readonly random: Random
  readonly slowness: number
  readonly autojump: boolean
  readonly cancel: boolean
  readonly globals: boolean
  /** Whether calls of async functions go on in the engine's own order. */
  readonly nativeAwaits: boolean
  /** How its network behaves; `null` for the real one. */
  readonly network: NetworkOptions | null
  readonly maxSteps: number
  readonly check: (() => unknown) | undefined
  /** Whether errors and reports have the stacks that make them readable; they cost more than all the rest. */
  readonly detailed: boolean
  /** Counts the marks that are hit. */
  readonly marks: Marks
  /** Receives everything that happens. */
  readonly observer: Observer | null
}
