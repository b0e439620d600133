import { nameError } from '../scheduler/checks/errors.js'

/**
 * The way in which a run was wrong: an `error` that ended a greenlet and that was not observed, or that came out of the
 * function; a `deadlock`; a `leak`, something still alive at the end; a `livelock`, more steps than allowed; an
 * `invariant` that broke; a run that could not be repeated (`nondeterminism`); a `mark` that was never hit.
 */
export type FailureKind = 'error' | 'deadlock' | 'leak' | 'livelock' | 'invariant' | 'nondeterminism' | 'mark'

/** The details of a {@link SimulationFailure}. */
export interface FailureDetails {
  readonly kind: FailureKind
  readonly message: string
  readonly cause?: unknown
  readonly token?: string | undefined
  readonly switches?: readonly string[] | undefined
  readonly diagram?: string | undefined
  readonly schedule?: number | undefined
}

/** A program failed in a simulation. The message tells how, in words; `cause` is the program's own error, if any. */
export class SimulationFailure extends Error {
  declare readonly name: 'SimulationFailure'
  declare readonly code: 'GVENT_SIMULATION_FAILURE'
  /** The way in which it was wrong. */
  readonly kind: FailureKind
  /** Repeats the run: `simulate({ replay: token }, fn)`. Empty for a failure that no single run has. */
  readonly token: string
  /** In what the run differed from production, in words: as few switches as are needed for the failure. */
  readonly switches: readonly string[]
  /** A diagram of the order in which greenlets ran. */
  readonly diagram: string
  /** How many schedules were tried, this one included. */
  readonly schedule: number

  /** @internal */
  constructor(details: FailureDetails) {
    super(details.message, details.cause === undefined ? undefined : { cause: details.cause })
    this.kind = details.kind
    this.token = details.token ?? ''
    this.switches = details.switches ?? []
    this.diagram = details.diagram ?? ''
    this.schedule = details.schedule ?? 1
    // The message has them already, and test runners print all that is enumerable.
    for (const property of ['switches', 'diagram']) Object.defineProperty(this, property, { enumerable: false })
  }
}
nameError(SimulationFailure, 'SimulationFailure', 'GVENT_SIMULATION_FAILURE')
