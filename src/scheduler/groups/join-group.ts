import type { OptionNames } from '../checks/check-options.js'
import type { Greenlet } from '../greenlets/greenlet.js'
import { Attempt, type Claim, type Line } from '../kernel/line.js'
import type { Wait } from '../kernel/wait.js'
import { waitOptionsAnd, type WaitOptions } from '../kernel/wait-options.js'

/** A group as those who wait for its end see it. @internal */
export interface Joinable extends Iterable<Greenlet> {
  /** The greenlets that wait for its end. */
  readonly joins: Line<boolean, JoinFailure | undefined, JoinGroup>
  /** The greenlets that wait for a place. */
  readonly line: { readonly size: number }
  readonly size: number
  /** Takes in all who wait to start a greenlet, whether there is a place or not. */
  takeInLine(): void
  toString(): string
}

/** The error that a join with `raiseError` will raise. @internal */
export interface JoinFailure {
  readonly greenlet: Greenlet
  /** Whether nobody else has seen the error, so that it has to be reported if this join does not raise it. */
  readonly claimed: boolean
}

const joinGroupOptionNames = waitOptionsAnd('raiseError')

/** `group.join`. @internal */
export class JoinGroup extends Attempt<boolean, JoinFailure | undefined> {
  constructor(
    protected readonly group: Joinable,
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
    wait.detail = { greenlet, claimed: greenlet.failure?.observers === 0 }
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

/** `group.kill`: a join that kills every greenlet that enters the group meanwhile. @internal */
export class KillGroup extends JoinGroup {
  private readonly killed = new WeakSet<Greenlet>()

  constructor(
    group: Joinable,
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
