import type { Greenlet } from '../../scheduler/kernel/runnable.js'
import type { Due } from '../../scheduler/kernel/timers.js'
import { Wait } from '../../scheduler/kernel/wait.js'
import type { Decision, Task } from '../choices/decision.js'
import type { Strategy } from '../choices/strategy.js'
import type { Observer } from '../story/observer.js'

/** A step of a run: the `step`th of the greenlet with this number; for a number below 0, of a timer for it. */
export interface Step {
  readonly id: number
  readonly step: number
}

/** Notes the steps of a run, in their order. */
export class StepRecorder implements Observer {
  readonly steps: Step[] = []
  private readonly counts = new Map<number, number>()

  /** How many steps were made so far. */
  count(id: number): number {
    return this.counts.get(id) ?? 0
  }

  picked(): void {
    // Only steps count.
  }

  chose(): void {
    // Only steps count.
  }

  stepped(_world: unknown, { id }: Greenlet): void {
    this.note(id)
  }

  killed(): void {
    // Only steps count.
  }

  ringing(_world: unknown, timer: Due): void {
    this.note(idOfTimer(timer))
  }

  private note(id: number): void {
    const step = this.count(id) + 1
    this.counts.set(id, step)
    this.steps.push({ id, step })
  }
}

/**
 * Makes some steps in the order that they had in another run, and does what happens in production with all others. So it
 * is found out which steps a failure is about.
 *
 * It has to observe the run as well, since a strategy is asked only where there is a choice.
 */
export class OrderOf extends StepRecorder implements Strategy {
  private readonly positions = new Map<string, number>()
  private position = 0
  private other = 0

  /**
   * @param order the steps, in their order.
   * @param others what was chosen in the other run, apart from who goes on.
   * @param holds whether a step that is too early is held back: fewer unusual choices, but not every order.
   */
  constructor(
    private readonly order: readonly Step[],
    private readonly others: readonly number[],
    private readonly holds: boolean,
  ) {
    super()
    for (const [position, { id, step }] of order.entries()) this.positions.set(`${id}:${step}`, position)
  }

  begin(): boolean {
    return true
  }

  pick(decision: Decision): number {
    const { count, held } = decision
    this.advance()
    const next = this.order[this.position]?.id
    if (next === undefined) return 0
    // Its turn has come, and it is held back.
    for (let index = count - held.length; index < count; index++) if (idOf(decision, index) === next) return index
    if (!this.isEarly(idOf(decision, 0))) return 0
    for (let index = 1; index < count; index++) {
      if (!this.isEarly(idOf(decision, index))) return this.holds && decision.canHold ? index + count : index
    }
    return 0
  }

  // Past all those that were made.
  private advance(): void {
    const { order } = this
    for (let next = order[this.position]; next !== undefined; next = order[this.position]) {
      if (this.count(next.id) < next.step) return
      this.position++
    }
  }

  private isEarly(id: number): boolean {
    const position = this.positions.get(`${id}:${this.count(id) + 1}`)
    return position !== undefined && position > this.position
  }

  choose(count: number): number {
    return this.rare(count)
  }

  rare(count: number): number {
    const choice = this.others[this.other++] ?? 0
    return choice < count ? choice : 0
  }

  end(): void {
    // It makes one run only.
  }
}

function idOf(decision: Decision, index: number): number {
  const candidate = decision.candidate(index)
  return decision.isTimer(index) ? idOfTimer(candidate as Due) : (candidate as Task).id
}

/** That of the greenlet that sleeps, turned around; all other timers have one together. */
function idOfTimer(timer: Due): number {
  return -1 - (timer instanceof Wait ? ((timer as Wait<unknown>).greenlet?.id ?? 0) : 0)
}
