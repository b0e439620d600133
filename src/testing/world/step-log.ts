import type { Actor } from '../choices/actor.js'
import type { RunView } from '../story/observer.js'
import type { Timeline } from './time/timeline.js'

/** The history of a run so far, as far as anything depends on it. */
export class StepLog implements RunView {
  /** Differs between two runs that differ in anything that the hub can see. */
  fingerprint = 0
  /** How many steps all greenlets made. */
  steps = 0
  /** How many timers have rung since a greenlet made a step. */
  moves = 0
  /** The one that ran last. */
  last: Actor | null = null
  /** How many steps each greenlet made, by its number. */
  readonly stepsOf: number[] = []
  /** The number of the greenlet that spawned it, by its number; 0 for none. */
  readonly parentOf: number[] = []

  constructor(private readonly timeline: Timeline) {}

  /** The virtual clock. */
  get now(): number {
    return this.timeline.now
  }

  /** Whether a greenlet with this number has never run. */
  isNew(id: number): boolean {
    return id > 0 && this.stepsOf[id] === undefined
  }

  /** A greenlet runs now. */
  resumes({ id }: { readonly id: number }): void {
    this.mix(id)
    this.stepsOf[id] ??= 0
  }

  /** A timer rings now. */
  rings(): void {
    this.mix(0x10000 + this.now)
  }

  /** Somebody has come to a wait, or to the end. */
  stepped(actor: Actor): void {
    const { stepsOf } = this
    const { id } = actor
    this.steps++
    this.moves = 0
    this.last = actor
    stepsOf[id] = (stepsOf[id] ?? 0) + 1
    if (stepsOf[id] === 1) this.parentOf[id] = actor.parent?.id ?? 0
  }

  // FNV-1a, on whole numbers.
  private mix(number: number): void {
    this.fingerprint = Math.imul(this.fingerprint ^ number, 0x01000193)
  }
}
