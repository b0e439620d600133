/** An event for {@link ConsumeOptions.onEvent}. */
export type JobEvent =
  /** The work begins. */
  | { readonly type: 'started'; readonly id: string; readonly attempt: number }
  /** It returned, and the engine knows. */
  | { readonly type: 'done'; readonly id: string; readonly attempt: number; readonly value: unknown }
  /** It raised an error, and will be tried again in `delay` milliseconds. */
  | {
      readonly type: 'retry'
      readonly id: string
      readonly attempt: number
      readonly delay: number
      readonly error: unknown
    }
  /** It raised an error, which its caller gets. */
  | { readonly type: 'failed'; readonly id: string; readonly attempt: number; readonly error: unknown }
  /** It was cancelled by its id. */
  | { readonly type: 'cancelled'; readonly id: string; readonly attempt: number }
  /** It is among the dead letters. */
  | { readonly type: 'dead'; readonly id: string; readonly attempt: number; readonly error: unknown }
  /** It was killed, or never begun, and is the engine's again. */
  | { readonly type: 'returned'; readonly id: string; readonly attempt: number }
  /** Its lease was over before it ended. */
  | { readonly type: 'lost'; readonly id: string; readonly attempt: number }
  /** A call of the engine, or of the store, failed. `take` and the end of a job are tried again. */
  | {
      readonly type: 'trouble'
      readonly during: 'take' | 'begin' | 'extend' | 'ack' | 'retry' | 'discard'
      /** That of the job, if it is about one. */
      readonly id: string | undefined
      readonly error: unknown
    }
