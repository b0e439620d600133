import type { Greenlet } from './greenlet.js'
import type { Group } from './group.js'
import type { KillOptions } from './kill-options.js'
import { Operation } from '../kernel/operation.js'
import type { Wait } from '../kernel/wait.js'
import type { WaitOptions } from '../kernel/wait-options.js'

/**
 * `group.spawn` and `pool.spawn`: claims a place for a greenlet that it makes. The greenlet is made when the wait
 * begins and not when the place is handed over, because its parent and its context are those of the one who spawns,
 * and whoever hands the place over is somebody else.
 * @internal
 */
export class Spawn<T> extends Operation<Greenlet<T>> {
  constructor(
    protected readonly group: Group,
    private readonly make: () => Greenlet<T>,
    options?: WaitOptions,
  ) {
    super(options)
  }

  beginWait(wait: Wait<Greenlet<T>>): void {
    wait.detail = this.make()
    this.group.claim(wait)
  }

  cancelWait(wait: Wait<Greenlet<T>>): void {
    this.group.withdraw(wait)
  }

  // It was made ready behind the one that was killed, so it did not run yet and ends without running.
  override undoWait(_wait: Wait<Greenlet<T>>, greenlet: Greenlet<T>): void {
    greenlet.kill()
  }

  override describe(): string {
    return `${this.group.toString()}.spawn`
  }

  override holders(): Iterable<Greenlet> {
    return this.group
  }
}

/** `group.start` and `group.applyAsync`: claims a place for a greenlet that others know, and may kill meanwhile. @internal */
export class Start<T> extends Spawn<T> {
  constructor(group: Group, greenlet: Greenlet<T>, options?: WaitOptions) {
    super(group, () => greenlet, options)
  }

  override beginWait(wait: Wait<Greenlet<T>>): void {
    super.beginWait(wait)
    if (!wait.pending) return
    const greenlet = wait.detail as Greenlet<T>
    const giveUp = (): void => {
      if (!wait.pending) return
      this.group.withdraw(wait)
      wait.resolve(greenlet)
    }
    greenlet.listen({ greenletEnded: giveUp })
  }

  override describe(): string {
    return `${this.group.toString()}.start`
  }
}

/** `pool.waitAvailable`: a claim that takes nothing. @internal */
export class Available extends Operation<number> {
  constructor(
    private readonly group: Group,
    options: WaitOptions | undefined,
  ) {
    super(options)
  }

  beginWait(wait: Wait<number>): void {
    this.group.claim(wait)
  }

  cancelWait(wait: Wait<number>): void {
    this.group.withdraw(wait)
  }

  override expireWait(wait: Wait<number>): void {
    wait.resolve(0)
  }

  override describe(): string {
    return `${this.group.toString()}.waitAvailable`
  }

  override holders(): Iterable<Greenlet> {
    return this.group
  }
}

/** `group.add`, which has happened: ends when the group holds no more than it takes; undone if that is given up. @internal */
export class Add extends Operation<void> {
  private isIn = false

  constructor(
    private readonly group: Group,
    private readonly greenlet: Greenlet,
    options: WaitOptions | undefined,
  ) {
    super(options)
    this.enter()
  }

  // One whose signal is aborted already never begins.
  private enter(): void {
    this.isIn = this.options?.signal?.aborted !== true && this.group.takeIn(this.greenlet)
  }

  private leave(): void {
    if (this.isIn) this.group.discard(this.greenlet)
    this.isIn = false
  }

  beginWait(wait: Wait<void>): void {
    if (!this.isIn) this.enter()
    if (this.group.size <= this.group.maxSize) wait.resolve()
    else this.group.crowd.add(wait)
  }

  cancelWait(wait: Wait<void>): void {
    this.group.crowd.remove(wait)
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
interface Failure {
  readonly greenlet: Greenlet
  /** Whether nobody else has seen the error, so that it has to be reported if this join does not raise it. */
  readonly claimed: boolean
}

/** `group.join`. @internal */
export class JoinGroup extends Operation<boolean> {
  constructor(
    protected readonly group: Group,
    private readonly raiseError: boolean,
    options: WaitOptions | undefined,
  ) {
    super(options)
  }

  beginWait(wait: Wait<boolean>): void {
    if (this.group.size === 0) wait.resolve(true)
    else this.group.joins.add(wait)
  }

  cancelWait(wait: Wait<boolean>): void {
    this.group.joins.remove(wait)
    const failure = wait.detail as Failure | undefined
    if (failure?.claimed && !wait.expiring) failure.greenlet.unobserve()
  }

  override expireWait(wait: Wait<boolean>): void {
    this.finish(wait, false)
  }

  /** Ends the wait. */
  finish(wait: Wait<boolean>, empty: boolean): void {
    const failure = wait.detail as Failure | undefined
    if (failure === undefined) wait.resolve(empty)
    else wait.reject(failure.greenlet.error)
  }

  /** A greenlet of the group has ended with an error. */
  failed(wait: Wait<boolean>, greenlet: Greenlet): void {
    if (!this.raiseError || wait.detail !== undefined) return
    const failure: Failure = { greenlet, claimed: !greenlet.observed }
    wait.detail = failure
    greenlet.observe()
  }

  /** A greenlet came into the group. */
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
    group: Group,
    private readonly error: Error | undefined,
    private readonly kill: KillOptions | undefined,
  ) {
    super(group, false, kill)
  }

  /** Kills all who are in the group now. */
  killMembers(): void {
    this.group.takeInLine()
    for (const greenlet of this.group) this.entered(greenlet)
  }

  // Parked first: those who come in because a place became free are told of.
  override beginWait(wait: Wait<boolean>): void {
    super.beginWait(wait)
    this.killMembers()
  }

  override entered(greenlet: Greenlet): void {
    if (this.killed.has(greenlet)) return
    this.killed.add(greenlet)
    greenlet.kill(this.error, { grace: this.kill?.grace })
  }

  override describe(): string {
    return `${this.group.toString()}.kill`
  }
}
