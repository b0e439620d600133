/** A thread of the process, besides the main one. */
export interface InspectedThread {
  readonly title: string
  ask(method: string, parameters?: unknown, timeout?: number): Promise<unknown>
}

/** A way to put questions to a process. */
export interface Connection {
  /** Asks, and waits for the answer. @throws Error when the process is gone or has failed to answer. */
  ask(method: string, parameters?: unknown, timeout?: number): Promise<unknown>
  /** The worker threads of the process. */
  threads(): Promise<InspectedThread[]>
  /** Resolves when the process has ended, to how that is said. */
  readonly ended: Promise<string>
  /** Leaves it as it was found. */
  close(): Promise<void>
}

/** A reason why a process cannot be looked into, with the way out: a line for people. */
export class AttachError extends Error {
  override readonly name: string = 'AttachError'
}

/** The process is there, and the thread that would have to answer does not. */
export class NoAnswerError extends AttachError {
  override readonly name = 'NoAnswerError'

  constructor() {
    super('it does not answer: its thread is blocked in native code (execSync, say)')
  }
}
