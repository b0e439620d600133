import type { Packed } from './packed-error.js'
import type { Description } from './thread-function.js'

/** What a thread is asked to do. @internal */
export interface Request {
  readonly fn: Description
  readonly args: readonly unknown[]
}

/** What it came to. @internal */
export type Reply = { readonly value: unknown } | { readonly raised: Packed }
