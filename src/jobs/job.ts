import { call, type Operation } from '../scheduler/index.js'
import { answerOf, type Answer } from './answer.js'
import type { Delivery } from './delivery.js'

/** The job, for its work. */
export class Job<T = unknown> {
  private controller: AbortController | undefined

  /** @internal */
  constructor(
    private readonly delivery: Pick<Delivery<T>, 'id' | 'data' | 'attempt'>,
    private readonly report?: (progress: unknown) => Answer<unknown>,
  ) {}

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

  /**
   * Says how far the job is, for {@link Jobs.status}. Where the jobs have no store, nobody can read it.
   *
   * @param value goes through JSON.
   * @throws the error of the client, if the store cannot be reached.
   * Cancel safety: it may be noted or not.
   */
  progress(value: unknown): Operation<void> {
    const { report } = this
    return call(function* () {
      if (report !== undefined) yield* answerOf(report(value))
    })
  }

  /** Aborts the signal, if anybody has asked for it. @internal */
  abort(reason: unknown): void {
    this.controller?.abort(reason)
  }
}
