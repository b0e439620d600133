import type { Timer } from './timers.js'

/**
 * What was raised in a greenlet from outside, or waits to be: apart from the greenlet, because few ever have any.
 * @internal
 */
export class Interruptions {
  /** How many shields the greenlet is in: while there is one, nothing is raised. */
  shields = 0
  /** What the last kill raised, `undefined` if there was none. */
  killedWith: unknown = undefined
  /** How long, in milliseconds, a kill may be ignored; `undefined` for the hub's own limit. */
  grace: number | undefined = undefined
  /** Of a later start; after a kill, of the time for which it may be ignored. */
  timer: Timer | null = null
  /** Every yield is answered with `return()`, because a kill was ignored for too long. */
  forced = false
  /** How often that was done. */
  forcedReturns = 0
  private readonly queue: { error: unknown; source: object | undefined }[] = []

  /** Whether something has to be raised now. */
  get due(): boolean {
    return this.queue.length > 0 && this.shields === 0
  }

  /** Adds an error; `source` is the timeout or scope that it comes from. */
  push(error: unknown, source: object | undefined): void {
    this.queue.push({ error, source })
  }

  /** Takes the next error out. */
  shift(): unknown {
    return this.queue.shift()!.error
  }

  /** Drops what came from `source`. */
  withdraw(source: object): void {
    const index = this.queue.findIndex((interruption) => interruption.source === source)
    if (index !== -1) this.queue.splice(index, 1)
  }
}
