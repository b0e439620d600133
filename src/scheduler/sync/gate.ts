import { Operation } from '../kernel/operation.js'
import type { Wait } from '../kernel/wait.js'
import type { WaitOptions } from '../kernel/wait-options.js'
import { WaitList } from '../kernel/line.js'

/**
 * Something that is open or closed, and those who wait until it is open: what `Event`, `WaitGroup` and all other calls
 * that ask *whether* have in common.
 * @internal
 */
export class Gate {
  readonly waiting: WaitList<boolean> = new WaitList<boolean>()

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
    if (this.waiting.first !== null) this.waiting.drain((wait) => wait.resolve(true))
  }

  /** Makes those who come from now on wait. */
  close(): void {
    this.isOpen = false
  }

  /** Waits until it is open. @returns whether it was: `false` when the time is up. */
  wait(options: WaitOptions | undefined): Operation<boolean> {
    return new Pass(this, options)
  }

  toString(): string {
    return `${this.owner.toString()}.${this.method}`
  }
}

class Pass extends Operation<boolean> {
  constructor(
    private readonly gate: Gate,
    options: WaitOptions | undefined,
  ) {
    super(options)
  }

  beginWait(wait: Wait<boolean>): void {
    const { isOpen, waiting } = this.gate
    if (!isOpen) waiting.add(wait)
    else if (waiting.waking) wait.resolveLast(true)
    else wait.resolve(true)
  }

  cancelWait(wait: Wait<boolean>): void {
    this.gate.waiting.remove(wait)
  }

  override expireWait(wait: Wait<boolean>): void {
    wait.resolve(false)
  }

  override describe(): string {
    return this.gate.toString()
  }
}
