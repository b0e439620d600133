import type { Actor } from '../choices/actor.js'
import type { FailureKind } from '../failure.js'
import type { FaultInjection } from '../search/fault-injection.js'
import type { StepLog } from './step-log.js'

/** Why a run failed. */
export interface Verdict {
  readonly kind: FailureKind
  readonly error: unknown
  /** The one that ran last. */
  readonly last: Actor | null
}

/** Decides whether a run has failed; the first reason counts. */
export class Verdicts {
  /** Why it failed, if it did. */
  verdict: Verdict | null = null
  /** The reports that the library would have printed. */
  readonly reports: string[] = []

  constructor(
    private readonly log: StepLog,
    private readonly faults: FaultInjection,
    private readonly check: (() => unknown) | undefined,
  ) {}

  /** Notes a failure. */
  fail(kind: FailureKind, error?: unknown): void {
    this.verdict ??= { kind, error, last: this.log.last }
  }

  /** Notes an error, unless it was injected. */
  failWith(error: unknown): void {
    if (!this.faults.caused(error)) this.fail('error', error)
  }

  /** The library reported an error that reaches no greenlet; that counts unless it was injected. */
  failReported(error: unknown): void {
    if (!this.faults.caused(error)) this.fail('error', new Error(this.reports.at(-1)))
  }

  /** Asks the test whether its invariant holds. */
  checkInvariant(): void {
    const { check } = this
    if (check === undefined) return
    try {
      if (check() === false) this.fail('invariant', new Error('check gave false'))
    } catch (error) {
      this.fail('invariant', error)
    }
  }
}
