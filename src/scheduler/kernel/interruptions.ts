import type { Timer } from './timers.js'

/** Something to be raised in a greenlet. */
interface Interruption {
  readonly error: unknown
  /** The timeout or scope that it comes from. */
  readonly source: object | undefined
  /** How many shields the greenlet was in when that began: those do not hold it off. */
  readonly shields: number
}

/**
 * What was raised in a greenlet from outside, or waits to be: apart from the greenlet, because few ever have any.
 * @internal
 */
export class Interruptions {
  /** How many shields the greenlet is in: what began outside of the innermost is not raised. */
  shields = 0
  /** What the last kill raised, `undefined` if there was none. */
  killedWith: unknown = undefined
  /**
   * Whether one was raised and the greenlet has not waited outside of all shields since, so that it cleans up: then a
   * shield is entered although another is pending, since every `finally` has to have its turn.
   */
  unwinding = false
  /** A kill was ignored for too long, in a shield. */
  overdue = false
  /** How long, in milliseconds, a kill may be ignored; `undefined` for the hub's own limit. */
  grace: number | undefined = undefined
  /** Of a later start; after a kill, of the time for which it may be ignored. */
  timer: Timer | null = null
  /** Every yield is answered with `return()`, because a kill was ignored for too long. */
  forced = false
  /** How often that was done. */
  forcedReturns = 0
  private readonly queue: Interruption[] = []

  /** Whether something has to be raised now. */
  get due(): boolean {
    return this.queue.length > 0 && this.firstDue() !== -1
  }

  /** Adds an error. @returns whether it has to be raised now. */
  push(interruption: Interruption): boolean {
    this.queue.push(interruption)
    return this.isDue(interruption)
  }

  /** Takes the first error out that has to be raised now. */
  shift(): unknown {
    this.unwinding = true
    return this.queue.splice(this.firstDue(), 1)[0]!.error
  }

  /** Drops what came from `source`; with `heldOff` only what a shield holds off. */
  withdraw(source: object, heldOff: boolean): void {
    const index = this.queue.findIndex((interruption) => interruption.source === source)
    if (index !== -1 && !(heldOff && this.isDue(this.queue[index]!))) this.queue.splice(index, 1)
  }

  /** Whether `error` was not raised yet. */
  holds(error: unknown): boolean {
    return this.queue.some((interruption) => interruption.error === error)
  }

  private firstDue(): number {
    for (let index = 0; index < this.queue.length; index++) if (this.isDue(this.queue[index]!)) return index
    return -1
  }

  private isDue({ shields }: Interruption): boolean {
    return shields >= this.shields
  }
}
