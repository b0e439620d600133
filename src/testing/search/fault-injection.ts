import { GreenletExit } from '../../scheduler/checks/errors.js'
import type { Actor } from '../choices/actor.js'
import { Timeout } from '../../scheduler/kernel/timeout.js'
import type { Choices } from '../choices/choices.js'

// What may happen to a greenlet at a wait.
const NOTHING = 0
export const KILL = 1
export const TIME_OUT = 2
const POSSIBILITIES = 3

/** Kills greenlets or times them out at their waits, to see what comes of it. */
export class FaultInjection {
  private victim: Actor | null = null
  private kills = false
  private hasStruck = false
  private readonly errors: unknown[] = []

  constructor(private readonly choices: Choices) {}

  /** Whether somebody was chosen who has not been struck yet. */
  get isAimed(): boolean {
    return this.victim !== null
  }

  /** Decides whether `actor` is to be struck where it stands. @returns what will happen, in words, if so. */
  aim(actor: Actor): string | undefined {
    const choice = this.choices.rare(POSSIBILITIES)
    if (choice === NOTHING) return undefined
    this.victim = actor
    this.kills = choice === KILL
    return this.kills ? 'kill' : 'time out'
  }

  /** Does it. */
  inject(): void {
    const { victim } = this
    this.victim = null
    if (victim === null || victim.dead) return
    this.hasStruck = true
    if (this.kills) {
      victim.kill()
      return
    }
    const error = new Timeout(0, 'timed out by the simulation')
    this.errors.push(error)
    victim.interrupt(error)
  }

  /** Whether an error was raised by a strike, or came of one. */
  caused(error: unknown): boolean {
    if (!this.hasStruck) return false
    for (let cause = error, depth = 0; cause instanceof Error && depth < 10; cause = cause.cause, depth++) {
      // A scope whose child was struck interrupts its body with an exit of its own.
      if (this.errors.includes(cause) || cause instanceof GreenletExit) return true
      if (cause instanceof AggregateError) return cause.errors.every((each) => this.caused(each))
    }
    return false
  }
}
