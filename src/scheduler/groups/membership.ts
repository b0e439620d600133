import type { OptionNames } from '../checks/check-options.js'
import { Named } from '../checks/named.js'
import type { EndListener } from '../kernel/fiber.js'
import { Attempt, Line, type Claim } from '../kernel/line.js'
import type { Wait } from '../kernel/wait.js'
import { waitOptionsAnd, type WaitOptions } from '../kernel/wait-options.js'
import type { Greenlet } from '../greenlets/greenlet.js'

/**
 * The machine under a group: who is in it, and the lines of those who wait for a place, for the group to hold no more than
 * it takes, and for its end. `Group` is its public face.
 * @internal
 */
export abstract class Membership extends Named implements EndListener {
  /** Those who wait for a place. @internal */
  readonly line: Line<unknown, unknown, PlaceAttempt<unknown, unknown>> = new Line<
    unknown,
    unknown,
    PlaceAttempt<unknown, unknown>
  >()
  /** Those who added more than it takes. @internal */
  readonly overflowing: Line = new Line()
  /** Those who wait for its end. @internal */
  readonly joins: Line<boolean, JoinFailure | undefined, JoinGroup> = new Line<
    boolean,
    JoinFailure | undefined,
    JoinGroup
  >()
  /** @internal */
  protected limit: number = Infinity
  private readonly members = new Set<Greenlet>()

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

  /** Those that are in it now, in the order in which they came. */
  [Symbol.iterator](): IterableIterator<Greenlet> {
    return Array.from(this.members).values()
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
    const { size } = this.members
    // One look-up in place of two: a server does this for every request.
    if (this.members.add(greenlet).size === size) return
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

/** A call that waits for a place in a group. */
abstract class PlaceAttempt<T, D> extends Attempt<T, D> {
  constructor(
    protected readonly group: Membership,
    options: WaitOptions | undefined,
  ) {
    super(options)
  }

  get line(): Line {
    return this.group.line
  }

  isReady(): boolean {
    return !this.group.full
  }

  /** Whether it takes its place with a greenlet. */
  startsGreenlet(): boolean {
    return false
  }

  override holders(): Iterable<Greenlet> {
    return this.group
  }
}

/**
 * `group.spawn` and `pool.spawn`: claims a place for a greenlet that it makes. The greenlet is made when the wait
 * begins and not when the place is handed over, because its parent and its context are those of the one who spawns,
 * and whoever hands the place over is somebody else.
 * @internal
 */
export class Spawn<T> extends PlaceAttempt<Greenlet<T>, Greenlet<T> | undefined> {
  constructor(
    group: Membership,
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
    this.group.admit(detail)
    return detail
  }

  // In this order, so that whoever waits runs before the greenlet does, and can be killed before it ran.
  override complete(wait: Wait<Greenlet<T>, Greenlet<T> | undefined>): void {
    const greenlet = wait.detail!
    wait.resolve(greenlet)
    this.group.admit(greenlet)
  }

  // It was made ready behind the one that was killed, so it did not run yet and ends without running.
  override undoWait(_wait: Wait<Greenlet<T>>, greenlet: Greenlet<T>): void {
    greenlet.kill()
  }

  override describe(): string {
    return `${this.group.toString()}.spawn`
  }

  override progress(): string {
    const { size, maxSize } = this.group
    return maxSize === Infinity ? '' : `${size} of ${maxSize} places taken`
  }
}

/** `group.start` and `group.applyAsync`: claims a place for a greenlet that others know, and may kill meanwhile. @internal */
export class Start<T> extends Spawn<T> {
  constructor(
    group: Membership,
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
    return `${this.group.toString()}.start`
  }
}

/** `pool.waitAvailable`: an attempt that takes nothing. @internal */
export class WaitForPlace extends PlaceAttempt<number, unknown> {
  perform(): number {
    return this.group.freeCount
  }

  override expireWait(wait: Wait<number>): void {
    wait.resolve(0)
  }

  override describe(): string {
    return `${this.group.toString()}.waitAvailable`
  }
}

/** `group.add`, which has happened: ends when the group holds no more than it takes; undone if that is given up. @internal */
export class Add extends Attempt<void> {
  // Whether it was tried to take the greenlet in for the wait that is on, or to come, and whether that changed anything.
  private isTried = false
  private isIn = false

  constructor(
    private readonly group: Membership,
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

/** What a join with `raiseError` will raise. */
interface JoinFailure {
  readonly greenlet: Greenlet
  /** Whether nobody else has seen the error, so that it has to be reported if this join does not raise it. */
  readonly claimed: boolean
}

const joinGroupOptionNames = waitOptionsAnd('raiseError')

/** `group.join`. @internal */
export class JoinGroup extends Attempt<boolean, JoinFailure | undefined> {
  constructor(
    protected readonly group: Membership,
    private readonly raiseError: boolean,
    options: WaitOptions | undefined,
  ) {
    super(options)
  }

  /** @internal */
  protected override get optionNames(): OptionNames {
    return joinGroupOptionNames
  }

  get line(): Line {
    return this.group.joins
  }

  isReady(): boolean {
    return this.group.size === 0
  }

  perform({ detail: failure }: Claim<JoinFailure | undefined>): boolean {
    if (failure !== undefined) throw failure.greenlet.error
    return true
  }

  override cancelWait(wait: Wait<boolean, JoinFailure | undefined, this>): void {
    super.cancelWait(wait)
    const failure = wait.detail
    if (failure?.claimed && !wait.expiring) failure.greenlet.unobserve()
  }

  override expireWait(wait: Wait<boolean, JoinFailure | undefined>): void {
    if (wait.detail === undefined) wait.resolve(false)
    else wait.reject(wait.detail.greenlet.error)
  }

  /** Notes that a greenlet of the group has ended with an error. */
  failed(wait: Wait<boolean, JoinFailure | undefined>, greenlet: Greenlet): void {
    if (!this.raiseError || wait.detail !== undefined) return
    wait.detail = { greenlet, claimed: !greenlet.observed }
    greenlet.observe()
  }

  /** Notes that a greenlet came into the group. */
  entered(_greenlet: Greenlet): void {
    // It is joined too.
  }

  override describe(): string {
    return `${this.group.toString()}.join`
  }

  override holders(): Iterable<Greenlet> {
    return this.group
  }
}

/** `group.kill`: a join that kills whoever comes into the group meanwhile. @internal */
export class KillGroup extends JoinGroup {
  private readonly killed = new WeakSet<Greenlet>()

  constructor(
    group: Membership,
    private readonly error: Error | undefined,
    private readonly grace: number | undefined,
    options: WaitOptions | undefined,
  ) {
    super(group, false, options)
  }

  /** Kills all who are in the group now. */
  killMembers(): void {
    this.group.takeInLine()
    for (const greenlet of this.group) this.entered(greenlet)
  }

  override isReady(): boolean {
    return super.isReady() && this.group.line.size === 0
  }

  // Parked first: it is to know of those who come in because a place became free.
  override beginWait(wait: Wait<boolean, JoinFailure | undefined, this>): void {
    super.beginWait(wait)
    this.killMembers()
  }

  override entered(greenlet: Greenlet): void {
    if (this.killed.has(greenlet)) return
    this.killed.add(greenlet)
    greenlet.kill(this.error, { grace: this.grace })
  }

  override describe(): string {
    return `${this.group.toString()}.kill`
  }
}
