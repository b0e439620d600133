import { Random, seedOf } from '../choices/random.js'
import type { RunChoices, RunRecord, Strategy } from '../choices/strategy.js'
import type { Observer } from '../story/observer.js'
import { FewExceptions } from '../strategies/few-exceptions.js'
import { OrderOf, StepRecorder, type Step } from '../strategies/order-of.js'
import { Replay } from '../strategies/replay.js'
import { countUnusual, shrink } from './shrink.js'

/** The most steps, in all, that are made in order to make a failure simple. */
const MOST_STEPS = 5_000_000
/** With more unusual choices than that another way is tried. */
const ENOUGH = 4
/** A failure that needs more switches than that is looked for again with fewer of them, */
const FEW_SWITCHES = 2
/** in so many runs each time. */
const RUNS = 1000

/** A run that is over, as far as it matters for making it simple. */
export interface Trial {
  readonly choices: RunChoices
  readonly log: { readonly steps: number }
  record(): RunRecord
}

/** Makes runs of the program that failed. */
export interface Trials<T extends Trial> {
  /** Makes one. */
  run(strategy: Strategy, observer?: Observer): Promise<T>
  /** Whether a run failed like the one that is to be made simple. */
  isAlike(trial: T): boolean
  /** Where all chance comes from. */
  readonly seed: number
}

/** Looks for the fewest unusual choices with which a program fails as it did in `failing`. */
export async function simplify<T extends Trial>(failing: T, trials: Trials<T>): Promise<readonly number[]> {
  return new Simplification(failing, trials).run()
}

class Simplification<T extends Trial> {
  private steps = 0

  constructor(
    private readonly failing: T,
    private readonly trials: Trials<T>,
  ) {}

  async run(): Promise<readonly number[]> {
    let { choices } = this.failing
    let best = choices.values
    let unusual = Infinity
    // What was made simple is another run, in which culprits may be found that were indistinguishable before.
    for (;;) {
      const culprits = await this.findCulprits(choices)
      let shrunk = await this.shrink(culprits ?? choices)
      if (culprits !== undefined && countUnusual(shrunk) > ENOUGH) {
        const other = await this.shrink(choices)
        if (countUnusual(other) < countUnusual(shrunk)) shrunk = other
      }
      if (countUnusual(shrunk) >= unusual) break
      best = shrunk
      unusual = countUnusual(best)
      const again = unusual > ENOUGH ? await this.try(new Replay(best)) : undefined
      if (again === undefined) break
      ;({ choices } = again)
    }
    while (unusual > FEW_SWITCHES) {
      const simpler = await this.findWith(unusual - 1)
      if (simpler === undefined) break
      const shrunk = await this.shrink(simpler)
      if (countUnusual(shrunk) >= unusual) break
      best = shrunk
      unusual = countUnusual(best)
    }
    return best
  }

  /** Makes a run. @returns it, if it failed in the same way. */
  private async try(strategy: Strategy, observer?: Observer): Promise<T | undefined> {
    if (this.steps > MOST_STEPS) return undefined
    const trial = await this.trials.run(strategy, observer)
    this.steps += trial.log.steps
    return this.trials.isAlike(trial) ? trial : undefined
  }

  private async shrink(choices: RunChoices): Promise<readonly number[]> {
    return shrink(choices, async (values) => (await this.try(new Replay(values)))?.choices)
  }

  // Most failures are about few steps of few greenlets. With all others in production's order little is left to be made
  // simple. (The search is that of delta debugging: groups are left out, smaller and smaller ones.)
  private async findCulprits({ values, others }: RunChoices): Promise<RunChoices | undefined> {
    const recorder = new StepRecorder()
    await this.try(new Replay(values), recorder)
    const { steps } = recorder
    let found: RunChoices | undefined
    const attempt = async (order: readonly Step[], kept: readonly number[]): Promise<boolean> => {
      for (const holds of [true, false]) {
        const strategy = new OrderOf(order, kept, holds)
        const fewer = await this.try(strategy, strategy)
        if (fewer === undefined) continue
        found = fewer.choices
        return true
      }
      return false
    }
    const withoutTimers = steps.filter(({ id }) => id > 0)
    let start: readonly Step[] = steps
    let exceptions = others
    if (await attempt(steps, [])) exceptions = []
    else if (await attempt(withoutTimers, [])) [start, exceptions] = [withoutTimers, []]
    else if (await attempt(withoutTimers, others)) start = withoutTimers
    else if (!(await attempt(steps, others))) return undefined
    const groups = await reduce(groupBy(start), async (left) => attempt(inOrder(left.flat(), steps), exceptions))
    const culprits = inOrder(groups.flat(), steps)
    const order = await reduce(culprits, async (left) => attempt(left, exceptions))
    const unusual = Array.from(exceptions.keys()).filter((index) => exceptions[index] !== 0)
    await reduce(unusual, async (left) => {
      return attempt(
        order,
        exceptions.map((choice, index) => (left.includes(index) ? choice : 0)),
      )
    })
    return found
  }

  private async findWith(switches: number): Promise<RunChoices | undefined> {
    const strategy = new FewExceptions(switches)
    strategy.end(this.failing.record())
    for (let run = 0; run < RUNS; run++) {
      strategy.begin(new Random(seedOf(this.trials.seed, run)))
      const found = await this.try(strategy)
      if (found !== undefined && countUnusual(found.choices.values) <= switches) return found.choices
    }
    return undefined
  }
}

/** The steps of each greenlet, and of the timers for it. */
function groupBy(steps: readonly Step[]): Step[][] {
  const groups = new Map<number, Step[]>()
  for (const step of steps) {
    const group = groups.get(step.id)
    if (group === undefined) groups.set(step.id, [step])
    else group.push(step)
  }
  return Array.from(groups.values())
}

function inOrder(chosen: readonly Step[], steps: readonly Step[]): Step[] {
  const set = new Set(chosen)
  return steps.filter((step) => set.has(step))
}

/** Leaves out what is not needed. */
async function reduce<I>(
  items: readonly I[],
  isEnough: (items: readonly I[]) => Promise<boolean>,
): Promise<readonly I[]> {
  let best = items
  for (let size = Math.ceil(items.length / 2); size > 0; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let start = 0; start < best.length;) {
      const fewer = [...best.slice(0, start), ...best.slice(start + size)]
      if (await isEnough(fewer)) best = fewer
      else start += size
    }
  }
  return best
}
