import { nameError, type ShutDown } from '../checks/errors.js'
import { WaitList } from '../kernel/line.js'
import { Operation } from '../kernel/operation.js'
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
  private readonly getters = new WaitList<T>()
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
   * @throws Lagged once, if items were dropped that this subscription had not taken; ShutDown when the broadcast was shut
   *   down and no item is left; Timeout when the time is up.
   * Cancel safety: no item is lost. One that was handed over already is the next one again.
   */
  get(options?: WaitOptions): Operation<T> {
    return new GetNext(this, options)
  }

  /** Ends the subscription; a getter that waits gets `ShutDown`. */
  close(): void {
    this.feed.unsubscribe(this)
    this.getters.drain((wait) => wait.reject(this.feed.shutDownError()))
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

  /** Gives those that wait what is there. @internal */
  serve(): void {
    const { getters } = this
    for (let wait = getters.firstToServe; wait !== null && this.attempt(wait); wait = getters.firstToServe) {
      getters.remove(wait)
    }
  }

  /** @internal */
  begin(wait: Wait<T>): void {
    if (!this.attempt(wait)) this.getters.add(wait)
  }

  /** @internal */
  cancel(wait: Wait<T>): void {
    this.getters.remove(wait)
  }

  /** @internal */
  giveBack(item: T, number: number): void {
    const index = this.returned.findIndex((other) => other.number > number)
    this.returned.splice(index === -1 ? this.returned.length : index, 0, { number, item })
    this.serve()
  }

  /** Settles `wait`, or changes nothing and returns `false`. */
  private attempt(wait: Wait<T>): boolean {
    const { feed } = this
    const returned = this.returned.shift()
    if (returned !== undefined) return this.deliver(wait, returned.item, returned.number)
    const missed = feed.droppedFrom(this.next)
    if (missed > 0) {
      this.next += missed
      return wait.reject(lagged(missed))
    }
    if (this.next === feed.end) return feed.shutDown && wait.reject(feed.shutDownError())
    const number = this.next++
    const item = feed.item(number)
    feed.seen(number)
    return this.deliver(wait, item, number)
  }

  private deliver(wait: Wait<T>, item: T, number: number): boolean {
    wait.detail = number
    return wait.resolve(item)
  }
}

function lagged(missed: number): Lagged {
  const items = missed === 1 ? 'item was' : 'items were'
  return new Lagged(
    `the subscriber was too slow: ${missed} ${items} dropped; take items faster, raise the capacity, or hold the senders with { overflow: 'wait' }`,
    missed,
  )
}

class GetNext<T> extends Operation<T> {
  constructor(
    private readonly subscription: Subscription<T>,
    options: WaitOptions | undefined,
  ) {
    super(options)
  }

  beginWait(wait: Wait<T>): void {
    this.subscription.begin(wait)
  }

  cancelWait(wait: Wait<T>): void {
    this.subscription.cancel(wait)
  }

  override undoWait(wait: Wait<T>, item: T): void {
    this.subscription.giveBack(item, wait.detail as number)
  }

  override describe(): string {
    return 'Subscription.get'
  }
}
