/** How often which end came. */
export type Tally = Record<'done' | 'failed' | 'cancelled' | 'retried' | 'dead' | 'returned' | 'lost', number>

/** A job that runs. */
export interface RunningJob {
  readonly id: string
  /** The name of the function. */
  readonly call: string
  readonly attempt: number
  /** For how many milliseconds. */
  readonly for: number
}

/** The state of a process. */
export interface Activity {
  readonly running: readonly RunningJob[]
  readonly tally: Tally
  /** The last failure of the engine, if it is recent. */
  readonly trouble?: string | undefined
}

/** A message of a process to the one that looks after it. */
export type FromProcess =
  /** It takes jobs. */
  | { readonly worker: 'takes' }
  /** It cannot begin. */
  | { readonly worker: 'problem'; readonly text: string; readonly status: number }
  /** The answer to a question; without a number, what it did in all, as it ends. */
  | { readonly worker: 'activity'; readonly number: number | undefined; readonly activity: Activity }

/** Asks a process what it does. */
export interface Question {
  readonly worker: 'question'
  readonly number: number
}

/** Whether it is a message of this command; the jobs may have their own. */
export function isOurs(message: unknown): message is FromProcess | Question {
  return typeof message === 'object' && message !== null && 'worker' in message
}
