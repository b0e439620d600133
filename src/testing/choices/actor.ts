/** Somebody who makes steps in a simulation: a greenlet, or a call of a compiled async function. */
export interface Actor {
  /** A number that no other one of the run has. */
  readonly id: number
  readonly name: string
  /** The greenlet or call that made it. */
  readonly parent?: { readonly id: number } | undefined
  readonly dead: boolean
  readonly successful: boolean
  /** Its result; the exit if it was killed. */
  readonly value: unknown
  /** The error that ended it, if one did. */
  readonly error: unknown
  kill(): unknown
  /** Raises an error where it waits. */
  interrupt(error: unknown): void
  /** Where it stands and what it waits for, in words, if it is no greenlet. */
  describePlace?(): string
}
