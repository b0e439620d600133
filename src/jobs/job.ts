import type { Delivery } from './delivery.js'

/** The job, for its work. */
export class Job<T = unknown> {
  private controller: AbortController | undefined

  /** @internal */
  constructor(private readonly delivery: Pick<Delivery<T>, 'id' | 'data' | 'attempt'>) {}

  /** The same each time the job is delivered: the key by which work that was done already can be recognised. */
  get id(): string {
    return this.delivery.id
  }

  /** The data that was added. */
  get data(): T {
    return this.delivery.data
  }

  /** Which attempt this is, counted from 1. */
  get attempt(): number {
    return this.delivery.attempt
  }

  /**
   * Aborts when the job is killed, is timed out or has lost its lease: for async functions that were not compiled, in which
   * nothing can be raised.
   */
  get signal(): AbortSignal {
    this.controller ??= new AbortController()
    return this.controller.signal
  }

  /** Aborts the signal, if anybody has asked for it. @internal */
  abort(reason: unknown): void {
    this.controller?.abort(reason)
  }
}
