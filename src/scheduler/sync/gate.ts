import type { Operation } from '../kernel/operation.js'
import type { Wait } from '../kernel/wait.js'
import type { WaitOptions } from '../kernel/wait-options.js'
import { Attempt, Line } from '../kernel/line.js'

/**
 * Something that is open or closed, and those who wait until it is open: what `Event`, `WaitGroup` and all other calls
 * that ask *whether* have in common.
 * @internal
 */
export class Gate {
  readonly line: Line = new Line()

  /**
   * @param owner whose gate it is, for reports.
   * @param isOpen whether it is open now.
   * @param method the call that waits at it, for reports.
   */
  constructor(
    private readonly owner: { toString(): string },
    public isOpen: boolean,
    private readonly method = 'wait',
  ) {}

  /** Lets all that wait pass, in the order in which they came, and those who come from now on. */
  open(): void {
    this.isOpen = true
    this.line.serve()
  }

  /** Makes those who come from now on wait. */
  close(): void {
    this.isOpen = false
  }

  /** Waits until it is open. @returns whether it was: `false` when the time is up. */
  wait(options: WaitOptions | undefined): Operation<boolean> {
    return new WaitUntilOpen(this, options)
  }

  toString(): string {
    return `${this.owner.toString()}.${this.method}`
  }
}

/** A call that goes through a gate: those who waited for it to open go before those who come later. @internal */
export abstract class Passage<T> extends Attempt<T> {
  /** @internal */
  protected abstract readonly gate: Gate

  /** @internal */
  get line(): Line {
    return this.gate.line
  }

  /** @internal */
  isReady(): boolean {
    return this.gate.isOpen
  }

  /** @internal */
  override complete(wait: Wait<T>): void {
    super.complete(wait)
    this.line.noteWaking(wait)
  }

  /** @internal */
  override get givesWay(): boolean {
    return this.line.waking
  }
}

class WaitUntilOpen extends Passage<boolean> {
  constructor(
    protected readonly gate: Gate,
    options: WaitOptions | undefined,
  ) {
    super(options)
  }

  perform(): boolean {
    return true
  }

  override expireWait(wait: Wait<boolean>): void {
    wait.resolve(false)
  }

  override describe(): string {
    return this.gate.toString()
  }
}
