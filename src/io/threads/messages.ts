import type { Packed } from './packed-error.js'
import type { Description } from './thread-function.js'

/** What a thread is asked to do. @internal */
export interface Request {
  /** The number of the call. */
  readonly id: number
  readonly fn: Description
  readonly args: readonly unknown[]
}

/** What it came to. @internal */
export type Outcome = { readonly value: unknown } | { readonly raised: Packed }

/** What a thread says of the call of that number. What a function sends by other means is no reply. @internal */
export interface Reply {
  readonly id: number
  readonly outcome: Outcome
}
