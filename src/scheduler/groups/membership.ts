import { Named } from '../checks/named.js'
import type { EndListener } from '../kernel/fiber/completion.js'
import { Line } from '../kernel/line.js'
import type { JoinFailure, JoinGroup, Joinable } from './join-group.js'
import type { PlaceAttempt, Places } from './place-attempts.js'
import { Roster } from './roster.js'
import type { Greenlet } from '../greenlets/greenlet.js'

/** Keeps the greenlets of a group, in the order in which they joined. @internal */
export interface Members {
  readonly size: number
  has(greenlet: Greenlet): boolean
  /** Takes it in. @returns whether it was not in it. */
  add(greenlet: Greenlet): boolean
  /** Lets it go. @returns whether it was in it. */
  delete(greenlet: Greenlet): boolean
  /** Iterates over the members of now, even if some come or go meanwhile. */
  [Symbol.iterator](): IterableIterator<Greenlet>
}

/**
 * The machine under a group: who is in it, and the lines of those who wait for a place, for the group to hold no more than
 * it takes, and for its end. `Group` is its public face.
 * @internal
 */
export abstract class Membership extends Named implements EndListener, Joinable, Places {
  /** The greenlets that wait for a place. @internal */
  readonly line: Line<unknown, unknown, PlaceAttempt<unknown, unknown>> = new Line<
    unknown,
    unknown,
    PlaceAttempt<unknown, unknown>
  >()
  /** The greenlets whose `add` exceeded its size. @internal */
  readonly overflowing: Line = new Line()
  /** The greenlets that wait for its end. @internal */
  readonly joins: Line<boolean, JoinFailure | undefined, JoinGroup> = new Line<
    boolean,
    JoinFailure | undefined,
    JoinGroup
  >()
  /** @internal */
  protected limit: number = Infinity
  private readonly members: Members = this.makeMembers()

  /** @internal */
  protected makeMembers(): Members {
    return new Roster<Greenlet>()
  }

  /** How many greenlets are in it. */
  get size(): number {
    return this.members.size
  }

  /** How many greenlets it takes at most: in a group that is not a pool there is no limit. */
  get maxSize(): number {
    return this.limit
  }

  /** How many more greenlets it takes now. */
  get freeCount(): number {
    return Math.max(this.limit - this.size, 0)
  }

  /** Whether it takes no more greenlets now. */
  get full(): boolean {
    return this.freeCount <= 0
  }

  /** Whether `greenlet` is in it. */
  has(greenlet: Greenlet): boolean {
    return this.members.has(greenlet)
  }

  /** Iterates over its members, in the order in which they joined. */
  [Symbol.iterator](): IterableIterator<Greenlet> {
    return this.members[Symbol.iterator]()
  }

  /**
   * Lets a greenlet go, which runs on; its place is free.
   * @returns whether it was in the group. One that was not changes nothing.
   */
  discard(greenlet: Greenlet): boolean {
    if (!this.members.delete(greenlet)) return false
    greenlet.unlisten(this)
    this.left()
    return true
  }

  /** Takes in a greenlet that has its place, and starts it. @internal */
  admit(greenlet: Greenlet): void {
    this.enter(greenlet)
    greenlet.start()
  }

  /** Takes in a greenlet, whether there is a place or not. @returns whether it has come in. @internal */
  takeIn(greenlet: Greenlet): boolean {
    if (greenlet.dead || this.has(greenlet)) return false
    this.enter(greenlet)
    return true
  }

  /** Takes in all who wait to start a greenlet, whether there is a place or not: they are to be killed. @internal */
  takeInLine(): void {
    for (const wait of Array.from(this.line)) {
      if (!wait.operation.startsGreenlet()) continue
      this.line.remove(wait)
      wait.operation.complete(wait)
    }
  }

  /** Takes in a greenlet that has its place. */
  protected enter(greenlet: Greenlet): void {
    if (greenlet.dead) return
    if (!this.members.add(greenlet)) return
    greenlet.listen(this)
    if (this.joins.first === null) return
    for (const wait of this.joins) wait.operation.entered(greenlet)
  }

  /** @internal */
  greenletEnded(greenlet: Greenlet): void {
    if (!greenlet.successful && this.joins.first !== null) {
      for (const wait of this.joins) wait.operation.failed(wait, greenlet)
    }
    this.members.delete(greenlet)
    this.left()
  }

  // One that is killed as it comes in leaves at once: who serves the line then sees to the rest, too.
  protected left(): void {
    if (this.line.isBeingServed) return
    this.line.serve()
    this.overflowing.serve()
    this.joins.serve()
  }
}
