import { NoAnswerError } from './connection.js'

interface Pending {
  readonly resolve: (answer: never) => void
  readonly reject: (error: Error) => void
  readonly timer: NodeJS.Timeout | undefined
}

/** The questions of a connection that have no answer yet, by their numbers. */
export class Questions {
  private readonly pending = new Map<number, Pending>()
  private asked = 0

  /**
   * Asks a question.
   *
   * @param send sends it, under its number.
   * @param timeout milliseconds until it fails with a {@link NoAnswerError}; 0 for no limit.
   */
  ask<T>(send: (id: number) => void, timeout: number): Promise<T> {
    const id = ++this.asked
    return new Promise<T>((resolve, reject) => {
      const late = (): void => {
        this.reject(id, new NoAnswerError())
      }
      this.pending.set(id, { resolve, reject, timer: timeout === 0 ? undefined : setTimeout(late, timeout) })
      send(id)
    })
  }

  /** Answers a question, if it is still open. */
  resolve(id: number, answer: unknown): void {
    this.take(id)?.resolve(answer as never)
  }

  /** Fails a question, if it is still open. */
  reject(id: number, error: Error): void {
    this.take(id)?.reject(error)
  }

  /** Fails all that are open. */
  rejectAll(error: Error): void {
    for (const id of Array.from(this.pending.keys())) this.reject(id, error)
  }

  private take(id: number): Pending | undefined {
    const pending = this.pending.get(id)
    if (pending !== undefined) clearTimeout(pending.timer)
    this.pending.delete(id)
    return pending
  }
}
