/** A way to put questions to a process. */
export interface Connection {
  /** How it was reached, for people. */
  readonly via: string
  /** Asks, and waits for the answer. @throws Error when the process is gone or has failed to answer. */
  ask(method: string, parameters?: unknown, timeout?: number): Promise<unknown>
  /** Leaves it as it was found. */
  close(): Promise<void>
}

/** A reason why a process cannot be looked into, with the way out: a line for people. */
export class AttachError extends Error {
  override readonly name = 'AttachError'
}
