import type { OptionNames } from '../checks/check-options.js'
import { checkCount } from '../checks/check-count.js'
import { checkFunction } from '../checks/check-function.js'
import { misuse } from '../checks/errors.js'
import { BrokenBarrierError } from '../checks/state-errors.js'
import { Named, countWaiting, type NamedOptions } from '../checks/named.js'
import type { Operation } from '../kernel/operation.js'
import type { Wait } from '../kernel/wait.js'
import type { WaitOptions } from '../kernel/wait-options.js'
import { AttemptOn, Line } from '../kernel/line.js'

/** Options of a {@link Barrier}. */
export interface BarrierOptions extends NamedOptions {
  /** Called each time all have arrived, before they go on. It must not wait. What it throws breaks the barrier. */
  action?: (() => void) | undefined
}

/**
 * Makes so many greenlets wait for one another: all go on when the last one has arrived, and it can be used again at
 * once. (Python: `threading.Barrier`.)
 *
 * ```ts
 * const barrier = new Barrier(3)
 * function* party() {
 *   yield* prepare()
 *   if ((yield* barrier.wait()) === 0) console.log('all three are ready')
 * }
 * ```
 *
 * As in Python, a party that is killed while it waits leaves as if it had never come, and one whose time is up breaks
 * the barrier: the others will not meet it any more.
 */
export class Barrier extends Named {
  /** The greenlets that have arrived. @internal */
  readonly line: Line = new Line()
  private readonly action: (() => void) | undefined
  private torn = false
  /** All have arrived, and are let through one after another. */
  private isOpening = false
  private place = 0

  /**
   * @param parties how many have to arrive.
   * @throws TypeError, RangeError when that is not a whole number from 1.
   */
  constructor(
    /** How many greenlets it takes to open it. */
    readonly parties: number,
    options?: BarrierOptions,
  ) {
    super(options)
    checkCount(parties, 'new Barrier(parties)', 1)
    if (parties === Infinity) throw misuse(new RangeError('new Barrier(Infinity): no party would ever pass'))
    this.action = options?.action
    if (this.action !== undefined) checkFunction(this.action, 'new Barrier(parties, { action })')
  }

  /** @internal */
  protected override get optionNames(): OptionNames {
    return barrierOptionNames
  }

  /** How many wait at the moment. */
  get waiting(): number {
    return this.isOpening ? this.parties - this.place : this.line.size
  }

  /** Whether it is broken: nobody can wait for it before {@link Barrier.reset}. */
  get broken(): boolean {
    return this.torn
  }

  /**
   * Waits until all parties have arrived.
   *
   * @returns the place in the order of arrival, from 0, which is a different one for each; `undefined` when the time is
   *   up, which breaks the barrier.
   * @throws BrokenBarrierError when it is broken, or was reset while this waited; the error of the `action`, for the
   *   last one to arrive.
   * Cancel safety: one that is killed has not arrived, unless all had: those go on without it.
   */
  wait(options?: WaitOptions & { timeout?: null | undefined }): Operation<number>
  wait(options?: WaitOptions): Operation<number | undefined>
  wait(options?: WaitOptions): Operation<number | undefined> {
    return new Arrive(this, options)
  }

  /** Makes it whole and empty: those who wait get a BrokenBarrierError. */
  reset(): void {
    this.torn = false
    this.refuseAll(`${this.toString()} was reset`)
  }

  /** Breaks it: those who wait, and those who come, get a BrokenBarrierError until it is reset. */
  abort(): void {
    this.torn = true
    this.refuseAll(this.brokenText())
  }

  /** How it stands: for monitoring and tests. */
  stats(): { parties: number; waiting: number; broken: boolean } {
    return { parties: this.parties, waiting: this.waiting, broken: this.torn }
  }

  /** @internal */
  summary(): string {
    return countWaiting(this.waiting, `for ${this.parties}${this.torn ? ', broken' : ''}`)
  }

  /** Whether one who arrives goes on at once: it is the last one, or the barrier is broken. @internal */
  get isOpen(): boolean {
    return this.torn || this.isOpening || this.line.size === this.parties - 1
  }

  /** Lets one through: the last to arrive lets the others go first. @returns its place. @internal */
  pass(): number {
    if (this.torn) throw new BrokenBarrierError(this.brokenText())
    if (!this.isOpening) this.open()
    return this.place++
  }

  private open(): void {
    this.isOpening = true
    this.place = 0
    try {
      this.action?.()
    } catch (error) {
      this.abort()
      throw error
    } finally {
      this.line.serve()
      this.isOpening = false
    }
  }

  private refuseAll(text: string): void {
    this.line.endAll((wait) => wait.reject(new BrokenBarrierError(text)))
  }

  private brokenText(): string {
    return `${this.toString()} is broken: a party timed out, its action failed, or abort() was called`
  }
}

const barrierOptionNames: OptionNames = { own: ['name', 'action'] }

class Arrive extends AttemptOn<Barrier, number | undefined> {
  isReady(): boolean {
    return this.source.isOpen
  }

  perform(): number {
    return this.source.pass()
  }

  // The last to arrive, too, continues in its turn.
  override get givesWay(): boolean {
    return true
  }

  override expireWait(wait: Wait<number | undefined>): void {
    wait.resolve(undefined)
    this.source.abort()
  }

  override describe(): string {
    return `${this.source.toString()}.wait`
  }

  override progress(): string {
    return `${this.source.waiting} of ${this.source.parties}`
  }
}
