import { nameError } from '../checks/errors.js'
import type { ShutDown } from '../checks/state-errors.js'
import { AttemptOn, Line, type Claim } from '../kernel/line.js'
import type { Operation } from '../kernel/operation.js'
import type { Wait } from '../kernel/wait.js'
import type { WaitOptions } from '../kernel/wait-options.js'
import { Receiving } from './receiving.js'

/** A subscriber was too slow, and items were dropped; the next `get` goes on with the oldest one that is kept. */
export class Lagged extends Error {
  declare readonly name: 'Lagged'
  declare readonly code: 'GVENT_LAGGED'

  /** @param missed how many items were dropped. */
  constructor(
    message: string,
    /** How many items were dropped. */
    readonly missed: number,
  ) {
    super(message)
  }
}
nameError(Lagged, 'Lagged', 'GVENT_LAGGED')

/** The source of the items of a {@link Subscription}. @internal */
export interface Feed<T> {
  readonly end: number
  readonly shutDown: boolean
  droppedFrom(number: number): number
  item(number: number): T
  seen(number: number): void
  unsubscribe(subscription: Subscription<T>): void
  shutDownError(): ShutDown
}

/**
 * The items of a `Broadcast` since a moment, in order. Several greenlets may take from one subscription: each item goes
 * to one of them.
 *
 * `for (const next of each(subscription))` gives the items in a greenlet, `for await` outside of greenlets, until the
 * broadcast is shut down.
 */
export class Subscription<T> implements Disposable, AsyncIterable<T> {
  /** @internal */
  readonly line: Line<T, number> = new Line<T, number>()
  /** Items that were handed to a getter which never saw them, with their numbers, in order. */
  private readonly returned: { number: number; item: T }[] = []

  /** @internal */
  constructor(
    private readonly feed: Feed<T>,
    /** The number of the next item. @internal */
    public next: number,
  ) {}

  /** How many items wait to be taken. */
  get size(): number {
    return this.feed.end - this.next - this.feed.droppedFrom(this.next) + this.returned.length
  }

  /**
   * Takes the next item; waits while there is none.
   *
   * @throws Lagged once, if items were dropped that this subscription had not taken; ShutDown when the broadcast was
   *   shut down and no item is left; Timeout when the time is up.
   * Cancel safety: no item is lost. One that was handed over already is the next one again.
   */
  get(options?: WaitOptions): Operation<T> {
    return new GetNext(this, options)
  }

  /** Ends the subscription; a getter that waits gets `ShutDown`. */
  close(): void {
    this.feed.unsubscribe(this)
    this.line.endAll((wait) => wait.reject(this.feed.shutDownError()))
  }

  /** The same as {@link Subscription.close}, for `using`. */
  [Symbol.dispose](): void {
    this.close()
  }

  /** Gives the items until the broadcast is shut down; leaving the loop early closes the subscription. */
  [Symbol.asyncIterator](): AsyncIterableIterator<T, undefined> {
    return new Receiving<T>(this.get(), () => {
      this.close()
    })
  }

  /** Whether there is an item, or a reason why there is none. @internal */
  get isReady(): boolean {
    return this.returned.length > 0 || this.next < this.feed.end || this.feed.shutDown
  }

  /** Takes the next item; its number goes into `claim`. @throws Lagged, ShutDown. @internal */
  take(claim: Claim<number>): T {
    const { feed } = this
    const returned = this.returned.shift()
    if (returned !== undefined) {
      claim.detail = returned.number
      return returned.item
    }
    const missed = feed.droppedFrom(this.next)
    if (missed > 0) {
      claim.detail = this.next += missed
      throw lagged(missed)
    }
    if (this.next === feed.end) throw feed.shutDownError()
    const number = (claim.detail = this.next++)
    const item = feed.item(number)
    feed.seen(number)
    return item
  }

  /** Takes back what `take` gave. @internal */
  giveBack(item: T, number: number): void {
    const index = this.returned.findIndex((other) => other.number > number)
    this.returned.splice(index === -1 ? this.returned.length : index, 0, { number, item })
    this.line.serve()
  }

  /** Takes back a `Lagged` that was not seen: the next getter gets it. @internal */
  giveBackLag(missed: number, next: number): void {
    if (this.next === next) this.next -= missed
  }
}

function lagged(missed: number): Lagged {
  const items = missed === 1 ? 'item was' : 'items were'
  return new Lagged(
    `the subscriber was too slow: ${missed} ${items} dropped; take items faster, raise the capacity, or make the senders wait with { overflow: 'wait' }`,
    missed,
  )
}

class GetNext<T> extends AttemptOn<Subscription<T>, T, number> {
  isReady(): boolean {
    return this.source.isReady
  }

  perform(claim: Claim<number>): T {
    return this.source.take(claim)
  }

  override undoWait(wait: Wait<T, number>, item: T): void {
    this.source.giveBack(item, wait.detail)
  }

  override undoFailure(wait: Wait<T, number>, error: unknown): void {
    if (error instanceof Lagged) this.source.giveBackLag(error.missed, wait.detail)
  }

  override describe(): string {
    return 'Subscription.get'
  }
}
