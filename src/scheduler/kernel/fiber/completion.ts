import { diagnosis } from '../../checks/diagnosis.js'
import { GreenletExit } from '../../checks/errors.js'
import { none } from '../drive.js'
import type { Hub } from '../hub.js'
import { Failed, Killed, NoValue, type Greenlet } from '../runnable.js'
import { thread } from '../thread.js'
import { SparseFiber } from './sparse-fiber.js'

/** Gets to know the end of a greenlet: the wait of one who joins it, or one object that counts many. @internal */
export interface EndListener {
  greenletEnded(greenlet: Greenlet): void
  /** The target of the link that it is, if it is one: by that it is found again. */
  readonly target?: unknown
}

/**
 * How a greenlet ends: with what, who gets to know it, and who has seen the error, so that it is not reported.
 * @internal
 */
export abstract class Completion<T> extends SparseFiber<T> {
  /** The scheduler that runs it. */
  readonly hub: Hub
  /**
   * Until it runs, what the function is called with: one argument as it is, since a list for each would be half as big as
   * the greenlet, any other number as `Arguments`. Once it has ended it is the `outcome`: the two share the field.
   * @internal
   */
  argument: unknown
  private listeners: EndListener | Set<EndListener> | null

  constructor() {
    super()
    this.hub = thread.hub
    this.argument = none
    this.listeners = null
  }

  /** @internal */
  abstract get greenlet(): Greenlet

  /** Whether it has ended. */
  abstract get dead(): boolean

  abstract get spawnedAt(): string

  /** Its value, its `Failed` or `Killed`, once it has ended. @internal */
  get outcome(): unknown {
    return this.argument
  }

  /** The error that ended it, and who knows of that. @internal */
  get failure(): Failed | undefined {
    const { outcome } = this
    return NoValue.is(outcome) && outcome instanceof Failed ? outcome : undefined
  }

  /** The kill that ended it. @internal */
  get killed(): Killed | undefined {
    const { outcome } = this
    return NoValue.is(outcome) && outcome instanceof Killed ? outcome : undefined
  }

  /** Marks the error that ended it, or will, as seen, so that it is not reported. @returns the error. @internal */
  observe(): unknown {
    const { failure } = this
    if (failure === undefined) {
      if (!this.dead) this.listen({ greenletEnded: () => void this.observe() })
      return undefined
    }
    failure.observers++
    return failure.error
  }

  /** Takes an `observe` back: the error is reported unless somebody else saw it. @internal */
  unobserve(): void {
    const { failure } = this
    if (failure !== undefined && --failure.observers === 0) this.hub.noteFailure(this.greenlet)
  }

  /**
   * Calls `listener` when it has ended. Nearly all greenlets have one listener at most, so there is a set for those only
   * that have more.
   * @returns whether it was not listening already.
   * @internal
   */
  listen(listener: EndListener): boolean {
    const { listeners } = this
    if (listeners === null) this.listeners = listener
    else if (listeners === listener) return false
    else if (!(listeners instanceof Set)) this.listeners = new Set([listeners, listener])
    else if (listeners.has(listener)) return false
    else listeners.add(listener)
    return true
  }

  /** Takes it back. @internal */
  unlisten(listener: EndListener): void {
    const { listeners } = this
    if (listeners === listener) this.listeners = null
    else if (listeners instanceof Set) listeners.delete(listener)
  }

  /** The listeners that it will call, in order. @internal */
  protected get endListeners(): EndListener[] {
    const { listeners } = this
    return listeners instanceof Set ? Array.from(listeners) : listeners === null ? [] : [listeners]
  }

  /** Keeps what it ended with, and calls those who listen. @internal */
  protected complete(value: unknown, failed: boolean): void {
    const exit = failed && GreenletExit.isExit(value) ? value : null
    const failure = failed && exit === null ? new Failed(value) : null
    this.argument = failure ?? (exit === null ? value : new Killed(this, exit))
    // Who waits for the greenlet gets the same error, and is not among those who called what raised it.
    if (failure !== null) diagnosis.keepStack(value)
    const { listeners } = this
    if (listeners !== null) {
      // One that is taken back by another that was called before is not called any more.
      if (listeners instanceof Set) for (const listener of listeners) listener.greenletEnded(this.greenlet)
      else listeners.greenletEnded(this.greenlet)
      this.listeners = null
    }
    if (failure?.observers === 0) this.hub.noteFailure(this.greenlet)
  }
}
