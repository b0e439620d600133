import { Attempt, AttemptOn, type Claim, type Line } from '../kernel/line.js'
import type { Wait } from '../kernel/wait.js'
import type { WaitOptions } from '../kernel/wait-options.js'
import type { Greenlet } from '../greenlets/greenlet.js'

/** A group as those who want a place in it see it. @internal */
export interface Places extends Iterable<Greenlet> {
  /** The greenlets that wait for a place. */
  readonly line: Line<unknown, unknown, PlaceAttempt<unknown, unknown>>
  /** The greenlets whose `add` exceeded its size. */
  readonly overflowing: Line
  readonly size: number
  readonly maxSize: number
  readonly freeCount: number
  readonly full: boolean
  /** Takes in a greenlet that has its place, and starts it. */
  admit(greenlet: Greenlet): void
  /** Takes in a greenlet, whether there is a place or not. @returns whether it has come in. */
  takeIn(greenlet: Greenlet): boolean
  discard(greenlet: Greenlet): boolean
  toString(): string
}

/** A call that waits for a place in a group. @internal */
export abstract class PlaceAttempt<T, D> extends AttemptOn<Places, T, D> {
  isReady(): boolean {
    return !this.source.full
  }

  /** Whether it takes its place with a greenlet. */
  startsGreenlet(): boolean {
    return false
  }

  override holders(): Iterable<Greenlet> {
    return this.source
  }
}

/**
 * `group.spawn` and `pool.spawn`: claims a place for a greenlet that it makes. The greenlet is made when the wait
 * begins and not when the place is handed over, because its parent and its context are those of the spawner, not of
 * the greenlet that hands the place over.
 * @internal
 */
export class Spawn<T> extends PlaceAttempt<Greenlet<T>, Greenlet<T> | undefined> {
  constructor(
    group: Places,
    private readonly make: () => Greenlet<T>,
    options?: WaitOptions,
  ) {
    super(group, options)
  }

  override beginWait(wait: Wait<Greenlet<T>, Greenlet<T> | undefined, this>): void {
    wait.detail = this.make()
    super.beginWait(wait)
  }

  override startsGreenlet(): boolean {
    return true
  }

  perform({ detail = this.make() }: Claim<Greenlet<T> | undefined>): Greenlet<T> {
    this.source.admit(detail)
    return detail
  }

  // In this order, so that the waiter runs before the greenlet does, and can be killed before it ran.
  override complete(wait: Wait<Greenlet<T>, Greenlet<T> | undefined>): void {
    const greenlet = wait.detail!
    wait.resolve(greenlet)
    this.source.admit(greenlet)
  }

  // It was made ready behind the one that was killed, so it did not run yet and ends without running.
  override undoWait(_wait: Wait<Greenlet<T>>, greenlet: Greenlet<T>): void {
    greenlet.kill()
  }

  override describe(): string {
    return `${this.source.toString()}.spawn`
  }

  override progress(): string {
    const { size, maxSize } = this.source
    return maxSize === Infinity ? '' : `${size} of ${maxSize} places taken`
  }
}

/**
 * `group.start` and `group.applyAsync`: claims a place for a greenlet that others know, and may kill meanwhile.
 * @internal
 */
export class Start<T> extends Spawn<T> {
  constructor(
    group: Places,
    private readonly greenlet: Greenlet<T>,
    options?: WaitOptions,
  ) {
    super(group, () => greenlet, options)
  }

  override beginWait(wait: Wait<Greenlet<T>, Greenlet<T> | undefined, this>): void {
    super.beginWait(wait)
    if (wait.pending) this.greenlet.listen({ greenletEnded: () => this.giveUp(wait) })
  }

  private giveUp(wait: Wait<Greenlet<T>, Greenlet<T> | undefined, this>): void {
    if (!wait.pending) return
    this.line.remove(wait)
    wait.resolve(this.greenlet)
  }

  override describe(): string {
    return `${this.source.toString()}.start`
  }
}

/** `pool.waitAvailable`: an attempt that takes nothing. @internal */
export class WaitForPlace extends PlaceAttempt<number, unknown> {
  perform(): number {
    return this.source.freeCount
  }

  override expireWait(wait: Wait<number>): void {
    wait.resolve(0)
  }

  override describe(): string {
    return `${this.source.toString()}.waitAvailable`
  }
}

/**
 * `group.add`, which has happened: ends when the group holds no more than it takes; undone if that is given up.
 * @internal
 */
export class Add extends Attempt<void> {
  // Whether it was tried to take the greenlet in for the wait that is on, or to come, and whether that changed
  // anything.
  private isTried = false
  private isIn = false

  constructor(
    private readonly group: Places,
    private readonly greenlet: Greenlet,
    options: WaitOptions | undefined,
  ) {
    super(options)
    this.enter()
  }

  // One whose signal is aborted already never begins.
  private enter(): void {
    this.isTried = true
    this.isIn = this.options?.signal?.aborted !== true && this.group.takeIn(this.greenlet)
  }

  private leave(): void {
    if (this.isIn) this.group.discard(this.greenlet)
    this.isTried = this.isIn = false
  }

  get line(): Line {
    return this.group.overflowing
  }

  isReady(): boolean {
    return this.isTried && this.group.size <= this.group.maxSize
  }

  perform(): void {
    // It was done when the greenlet came in.
  }

  override beginWait(wait: Wait<void, unknown, this>): void {
    if (!this.isIn) this.enter()
    super.beginWait(wait)
  }

  override cancelWait(wait: Wait<void, unknown, this>): void {
    super.cancelWait(wait)
    this.leave()
  }

  override undoWait(): void {
    this.leave()
  }

  override describe(): string {
    return `${this.group.toString()}.add`
  }

  override holders(): Iterable<Greenlet> {
    return this.group
  }
}
