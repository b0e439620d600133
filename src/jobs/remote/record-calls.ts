import type { Answer } from '../answer.js'

/** How a job stands. */
export type JobState = 'waiting' | 'running' | 'done' | 'failed' | 'cancelled'

/** The record of a store about a job. @internal */
export interface JobRecord {
  readonly state: JobState
  readonly attempt: number
  /** Whether it is to be ended, or was. */
  readonly isCancelled: boolean
  /** JSON, if anything was reported. */
  readonly progress: string | undefined
  /** JSON, if it has ended. */
  readonly outcome: string | undefined
}

/** A job that is added: how long its outcome is kept, and the time until it may begin. @internal */
export interface Opened {
  readonly key: string
  readonly keep: number
  readonly delay: number
}

/** The facts that the beginning of a job depends on. @internal */
export interface Beginning {
  readonly isCancelled: boolean
  /** Whether somebody wants to read the outcome. */
  readonly isKept: boolean
}

/**
 * The records of jobs in a store. Each call is one step that nothing comes between, and those that end a job or cancel
 * it are news for those who watch its key. Times are milliseconds, by the clock of the store. A record that was not
 * touched for `LONGEST` is forgotten.
 *
 * @internal
 */
export interface RecordCalls {
  /** Notes that jobs wait, except those of whose key one waits, runs or is dead. */
  open(jobs: readonly Opened[]): Answer<unknown>
  /** Notes that it runs, unless it was cancelled. One that is not known is noted with nothing to keep. */
  begin(key: string, attempt: number): Answer<Beginning>
  /** Notes that it is to be begun again. */
  pause(key: string): Answer<unknown>
  /** Notes how far it is. */
  report(key: string, progress: string): Answer<unknown>
  /** Notes how it ended, for as long as its outcome is kept. */
  end(key: string, state: JobState, outcome: string): Answer<unknown>
  /**
   * Ends one that waits, and asks for the end of one that runs. @returns its state by now; `undefined` if it had ended.
   */
  cancel(key: string): Answer<JobState | undefined>
  /** Returns what is known of each, in order. */
  look(keys: readonly string[]): Answer<(JobRecord | undefined)[]>
  forget(keys: readonly string[]): Answer<unknown>
}

/** How long a job that does not begin is known, in milliseconds: 30 days. @internal */
export const LONGEST: number = 30 * 24 * 3600 * 1000
