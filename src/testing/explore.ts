import type { OptionNames } from '../scheduler/checks/check-options.js'
import type { Hub } from '../scheduler/kernel/hub.js'
import { thread } from '../scheduler/kernel/thread.js'
import { checkFunction, checkMarks, checkPositive, checkSimulation, simulationOptionNames } from './check-options.js'
import { SimulationFailure } from './failure.js'
import { watchForCulprits } from './search/culprits.js'
import { Marks } from './search/marks.js'
import type { Observer } from './story/observer.js'
import { makeStrategy, worldOptions, type SimulationOptions } from './options.js'
import { Outside } from './world/outside.js'
import { Random, checkSeed, seedOf } from './choices/random.js'
import { exclusively, runWorld } from './world/run-world.js'
import { simplify } from './search/simplify.js'
import { Trace } from './story/trace.js'
import { Production } from './strategies/production.js'
import { UniformWalk } from './strategies/uniform-walk.js'
import { Replay } from './strategies/replay.js'
import type { Strategy } from './choices/strategy.js'
import { describeFailure, headline } from './story/failure-text.js'
import { World } from './world/world.js'

/** Options of {@link explore}. */
export interface ExploreOptions extends SimulationOptions {
  /** How many schedules are tried: 1,000 by default. */
  schedules?: number | undefined
  /** Marks of `sometimes` that have to be hit even if no schedule ever comes by. */
  marks?: Iterable<string> | undefined
}

const exploreOptionNames: OptionNames = { own: [...simulationOptionNames.own, 'schedules', 'marks'] }

/** The findings of {@link explore} about a program that did not fail. */
export interface Exploration {
  /** How many schedules were tried. */
  readonly schedules: number
  /** How many steps all greenlets made in them together. */
  readonly steps: number
  /** Whether these were all schedules there are; only the strategy `exhaustive` knows. */
  readonly complete: boolean
  /** How often each mark of `sometimes` was hit. */
  readonly marks: ReadonlyMap<string, number>
  /** The waits of greenlets that are beyond the control of a simulation, in words. */
  readonly uncontrolled: readonly string[]
}

/**
 * So many schedules in the engine's own order are tried, to tell whether a failure of async functions can happen so.
 */
const NATIVE_RUNS = 50

/**
 * Runs `fn` in many simulations, each with another schedule: everything that the runtime is free to decide is decided
 * differently. Which greenlet of those that are ready runs next; which of two timers of the same moment rings first;
 * whether a wait that could end at once (an uncontended `acquire`, `put`, `get`) lets others go first; whether the
 * clock moves while greenlets are ready. It stops at the first failure, repeats it with as few unusual decisions as can
 * be found, and tells these.
 *
 * ```ts
 * test('transfers keep the sum', () =>
 *   explore(function* () {
 *     const bank = new Bank({ a: 100, b: 100 })
 *     yield* joinAll([spawn(transfer, bank, 'a', 'b'), spawn(transfer, bank, 'b', 'a')])
 *     assert.equal(bank.sum, 200)
 *   }))
 * ```
 *
 * Nothing of `fn` may outlive it: what it uses has to be made in it, since one run follows the other. It is run in
 * production's order twice at first, to find out whether the same schedule gives the same run.
 *
 * @param fn a generator function, or any other that may return something to wait for.
 * @param options see {@link SimulationOptions}; `schedules`: how many are tried, 1,000 by default.
 * @returns how many schedules were tried, and which marks were hit. It is done when it returns the promise, unless `fn`
 *   waits for the world outside of the simulation.
 * @throws SimulationFailure: see its `kind`.
 */
export async function explore(fn: () => unknown, options: ExploreOptions = {}): Promise<Exploration> {
  return exclusively('explore()', () => {
    checkSimulation(options, 'explore(fn, options)', exploreOptionNames)
    checkMarks(options.marks, 'explore(fn, options): { marks }')
    checkPositive(options.schedules, 'explore(fn, options): { schedules }')
    checkFunction(fn, 'explore')
    const { strategy = 'portfolio', schedules = 1000 } = options
    return new Explorer(fn, options).explore(makeStrategy(strategy, 'explore(fn, options)'), schedules)
  })
}

/** Runs one program again and again. @internal */
export class Explorer {
  private readonly hub: Hub = thread.hub
  private readonly outside = new Outside()
  private readonly marks: Marks
  private readonly seed: number
  private readonly uncontrolled = new Set<string>()
  private schedules = 0
  private steps = 0

  constructor(
    private readonly fn: () => unknown,
    private readonly options: ExploreOptions,
  ) {
    this.marks = new Marks(options.marks)
    this.seed = checkSeed(options.seed ?? 1, 'explore(fn, options)')
  }

  async explore(strategy: Strategy, schedules: number): Promise<Exploration> {
    const first = await this.tryNext(new Production(), strategy)
    let complete = schedules === 1
    if (schedules > 1) {
      const second = await this.tryNext(new Production(), strategy)
      if (second.log.fingerprint !== first.log.fingerprint) throw await this.explainDifference(second, 1)
    }
    while (this.schedules < schedules) {
      complete = !strategy.begin(new Random(seedOf(this.seed, this.schedules)))
      if (complete) break
      await this.tryNext(strategy, strategy)
    }
    return this.report(complete)
  }

  private report(complete: boolean): Exploration {
    const { schedules, steps, marks, uncontrolled } = this
    const { missed } = marks
    if (missed.length > 0) {
      const message = `never hit in ${schedules} schedules: ${missed.map((label) => `sometimes("${label}")`).join(', ')}`
      throw new SimulationFailure({ kind: 'mark', message, schedule: schedules })
    }
    return { schedules, steps, complete, marks: marks.hits, uncontrolled: Array.from(uncontrolled) }
  }

  private async tryNext(strategy: Strategy, learning: Strategy): Promise<World> {
    const schedule = this.schedules++
    const world = this.makeWorld(strategy, schedule)
    const outcome = this.run(world)
    if (outcome !== undefined) await outcome
    learning.end(world.record())
    this.steps += world.log.steps
    for (const what of world.foreign.uncontrolled) this.uncontrolled.add(what)
    if (world.verdicts.verdict !== null) throw await this.explain(world, schedule)
    return world
  }

  private makeWorld(
    strategy: Strategy,
    schedule: number,
    observer: Observer | null = null,
    detailed = false,
    awaits = this.options.awaits ?? 'free',
  ): World {
    const seed = this.seedOf(schedule)
    const options = {
      ...worldOptions(this.options, 10_000),
      strategy,
      seed,
      random: new Random(seed),
      nativeAwaits: awaits === 'native',
      detailed,
      marks: this.marks,
      observer,
    }
    return new World(options, this.hub)
  }

  // The second run is to be the same as the first.
  private seedOf(schedule: number): number {
    return seedOf(this.seed, -Math.max(schedule, 1))
  }

  private run(world: World): Promise<void> | undefined {
    return runWorld(world, this.fn, this.outside, this.options.patience ?? 5000)
  }

  private async repeat(choices: readonly number[], schedule: number): Promise<World> {
    return this.runOnce(new Replay(choices), schedule)
  }

  private async runOnce(strategy: Strategy, schedule: number, observer?: Observer, detailed?: boolean): Promise<World> {
    const world = this.makeWorld(strategy, schedule, observer, detailed)
    const outcome = this.run(world)
    if (outcome !== undefined) await outcome
    return world
  }

  // The reported run was repeated, after it was found to be repeatable.
  private async explain(world: World, schedule: number): Promise<SimulationFailure> {
    const again = await this.repeat(world.choices.values, schedule)
    if (again.log.fingerprint !== world.log.fingerprint || !failsAlike(again, world))
      return this.explainDifference(world, schedule)
    const choices = await this.simplify(world, schedule)
    const trace = new Trace()
    const told = await this.runOnce(new Replay(choices), schedule, trace, true)
    if (told.verdicts.verdict === null) return this.explainDifference(world, schedule)
    return describeFailure(told, trace, schedule + 1, await this.tryNatively(world, schedule))
  }

  // Where each await was a choice, an order may fail that the engine would never choose.
  private async tryNatively(world: World, schedule: number): Promise<string> {
    if (!world.calls.isInUse || world.options.nativeAwaits) return ''
    const strategy = new UniformWalk()
    for (let run = 0; run < NATIVE_RUNS; run++) {
      strategy.begin(new Random(seedOf(this.seed, run)))
      const trial = this.makeWorld(strategy, schedule, null, false, 'native')
      const outcome = this.run(trial)
      if (outcome !== undefined) await outcome
      if (failsAlike(trial, world)) return 'it also fails where async functions go on in the order of the engine'
    }
    return `in the order of the engine, { awaits: 'native' }, none of ${NATIVE_RUNS} schedules failed like this`
  }

  private async simplify(world: World, schedule: number): Promise<readonly number[]> {
    return simplify(world, {
      run: (strategy, observer) => this.runOnce(strategy, schedule, observer),
      isAlike: (trial) => failsAlike(trial, world),
      seed: this.seed,
    })
  }

  // The run is made once more, to see what of the platform it uses.
  private async explainDifference(world: World, schedule: number): Promise<SimulationFailure> {
    const { verdict } = world.verdicts
    const found = new Set(this.uncontrolled)
    const unwatch = watchForCulprits(found)
    try {
      await this.repeat(world.choices.values, schedule)
    } finally {
      unwatch()
    }
    const culprits = Array.from(found)
    const message = [
      'the same schedule produced a different run: something outside the simulation affects the program',
      culprits.length === 0
        ? 'Look for state that one run leaves for the next: a variable outside of the function, a cache, a counter'
        : `Beyond its control:\n${culprits.map((culprit) => `  ${culprit}`).join('\n')}\n` +
          '{ globals: true } puts the clocks, timers and random numbers of the platform under the simulation',
      verdict === null ? '' : `The run that could not be repeated failed with ${headline(world, verdict)}`,
    ]
    return new SimulationFailure({
      kind: 'nondeterminism',
      message: message.filter((text) => text !== '').join('\n'),
      cause: verdict?.error,
      schedule: this.schedules,
    })
  }
}

/** Whether two runs failed for the same reason, as far as one can tell. */
function failsAlike({ verdicts: { verdict: a } }: World, { verdicts: { verdict: b } }: World): boolean {
  if (a === null || b === null) return a === b
  return a.kind === b.kind && nameOf(a.error) === nameOf(b.error)
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : typeof error
}
