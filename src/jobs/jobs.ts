import type { Operation } from '../scheduler/index.js'
import type { Source } from './delivery.js'

/** Options of `add`. Each engine takes those that its line in {@link capabilities} has. */
export interface AddOptions {
  /**
   * The job's id. While an engine has a job of that id, adding it again changes nothing. Without it a new one is made up.
   */
  id?: string | undefined
  /** After how many milliseconds the job may be delivered. */
  delay?: number | undefined
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
  /** Closes what it has opened itself; the client that you passed in stays open. Kill those who consume first. */
  close(): Operation<void>
  /** The same, for `await using`. */
  [Symbol.asyncDispose](): Promise<void>
}
