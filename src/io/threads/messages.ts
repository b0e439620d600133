import type { Packed } from './packed-error.js'
import type { Description } from './thread-function.js'

/** A request to a thread. @internal */
export interface Request {
  /** The number of the call. */
  readonly id: number
  readonly fn: Description
  readonly args: readonly unknown[]
}

/** Its outcome. @internal */
export type Outcome = { readonly value: unknown } | { readonly raised: Packed }

/** The answer of a thread to the call of that number. What a function sends by other means is no reply. @internal */
export interface Reply {
  readonly id: number
  readonly outcome: Outcome
}
