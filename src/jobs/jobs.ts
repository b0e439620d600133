import type { Operation, WaitOptions } from '../scheduler/index.js'
import type { JobState } from './remote/record-calls.js'
import type { Source } from './delivery.js'

/** Options of `add`. Each engine takes those that its line in {@link capabilities} has. */
export interface AddOptions {
  /**
   * The job's id. While an engine has a job of that id, adding it again changes nothing. Without it a new one is made
   * up.
   */
  id?: string | undefined
  /** After how many milliseconds the job may be delivered. */
  delay?: number | undefined
  /**
   * How many milliseconds the outcome can be read after the end of the job; it is gone with the job by default. The
   * engine needs a `store`.
   */
  keep?: number | undefined
}

/** A job for `addAll`: its data, with the options of `add`. */
export interface NewJob<T = unknown> extends AddOptions {
  /** Goes through JSON. */
  readonly data: T
}

/** How a job stands. */
export interface JobStatus {
  /** The job's id. */
  readonly id: string
  /** `'failed'` when it is among the dead letters, or its caller has got the error. */
  readonly state: JobState
  /** How often it was begun. */
  readonly attempt: number
  /** The last value of {@link Job.progress}. */
  readonly progress: unknown
}

/** A job that no worker gets any more. */
export interface DeadLetter<T = unknown> {
  /** The job's id. */
  readonly id: string
  /** The data that was added; the text that came, if it was no JSON. */
  readonly data: T
  /** How often it was begun. */
  readonly attempt: number
  /** The error that ended it, as a text. */
  readonly error: string
  /** When it died. */
  readonly at: Date
}

/** The dead letters of an engine. */
export interface DeadLetters<T = unknown> {
  /**
   * Returns those that died first.
   *
   * @param limit how many at most; 100 by default.
   */
  list(limit?: number): Operation<DeadLetter<T>[]>
  /** Returns one; `undefined` if there is none of that id. */
  look(id: string): Operation<DeadLetter<T> | undefined>
  /** Adds the job again, with all attempts before it. @returns whether there was one of that id. */
  putBack(id: string): Operation<boolean>
  /** Removes it for good. @returns whether there was one of that id. */
  drop(id: string): Operation<boolean>
}

/** The jobs of one name in an engine. */
export interface Jobs<T = unknown> {
  /** For {@link consume}. */
  readonly source: Source<T>
  /** Jobs that no worker gets any more. */
  readonly dead: DeadLetters<T>
  /**
   * Adds a job.
   *
   * @param data goes through JSON.
   * @param options `id`, by which adding it twice adds it once; `delay` in milliseconds.
   * @returns its id, when the engine has it.
   * @throws TypeError when there is no JSON for the data; LimitError when that is too long.
   */
  add(data: T, options?: AddOptions): Operation<string>
  /**
   * Adds many jobs, up to a thousand at a time: by one exchange with the engine, where that can.
   *
   * ```ts
   * yield* jobs.addAll(orders.map((order) => ({ data: order, id: order.number })))
   * ```
   *
   * @param jobs are read as they are added, so they may be made by a generator.
   * @returns their ids in order, when the engine has all of them.
   * @throws as `add`, at the first that cannot be added. Some before it may have been.
   * Cancel safety: some may have been added. Those that have an `id` can be added again.
   */
  addAll(jobs: Iterable<NewJob<T>>): Operation<string[]>
  /**
   * Ends a job: the greenlet that runs it is killed, wherever it is, and its cleanup runs; it does not wait for that:
   * `result(id)` does. One that has not begun never begins: it leaves the engine, or is dropped when its turn comes where
   * {@link capabilities} has no `remove`.
   *
   * @returns whether there was such a job, and it had not ended.
   * @throws TypeError when the engine has no `store`.
   * Cancel safety: it may be cancelled or not.
   */
  cancel(id: string): Operation<boolean>
  /**
   * Returns how a job stands: one that waits or runs, or has ended and is kept.
   *
   * @returns `undefined` if the store knows nothing of it.
   * @throws TypeError when the engine has no `store`.
   */
  status(id: string): Operation<JobStatus | undefined>
  /**
   * Waits for the end of a job that was added with `keep`.
   *
   * @param options limits of the wait.
   * @returns what the work returned.
   * @throws what the work raised in its last attempt: of the same class if that is one of the language's or of this
   *   package, with its name, message, code, cause and stack in any case; JobGone if it was cancelled, or the store
   *   knows nothing of it;
   *   Timeout when the time is up.
   * Cancel safety: the job goes on.
   */
  result(id: string, options?: WaitOptions): Operation<unknown>
  /** Closes what it has opened itself; the client that you passed in stays open. Kill those who consume first. */
  close(): Operation<void>
  /** The same, for `await using`. */
  [Symbol.asyncDispose](): Promise<void>
}
