import type { Greenlet } from './greenlet.js'
import { Operation } from '../kernel/operation.js'
import type { Wait } from '../kernel/wait.js'
import type { WaitOptions } from '../kernel/wait-options.js'

/** What is told of the end of a greenlet: the wait of one who joins it, or one object that counts many. @internal */
export interface EndListener {
  greenletEnded(greenlet: Greenlet): void
}

/** What can be waited for at the end of a greenlet; begun a second time when it has ended. */
abstract class UntilEnded<T> extends Operation<T> {
  constructor(
    protected readonly target: Greenlet,
    options?: WaitOptions,
  ) {
    super(options)
  }

  beginWait(wait: Wait<T>): void {
    if (this.target.dead) this.deliver(wait)
    else this.target.listen(wait)
  }

  protected abstract deliver(wait: Wait<T>): void

  cancelWait(wait: Wait<T>): void {
    this.target.cancelWait(wait)
  }

  override holders(): Iterable<Greenlet> {
    return [this.target]
  }
}

/** `greenlet.get(options)`. @internal */
export class Get<T> extends UntilEnded<T> {
  protected deliver(wait: Wait<T>): void {
    this.target.beginWait(wait)
  }

  override undoFailure(wait: Wait<T>, error: unknown): void {
    this.target.undoFailure(wait, error)
  }

  override describe(): string {
    return `${this.target.toString()}.get`
  }
}

/** `greenlet.join(options)`. @internal */
export class Join extends UntilEnded<boolean> {
  protected deliver(wait: Wait<boolean>): void {
    wait.resolve(true)
  }

  override expireWait(wait: Wait<boolean>): void {
    wait.resolve(this.target.dead)
  }

  override describe(): string {
    return `${this.target.toString()}.join`
  }
}

/** A wait whose end calls a function, in the hub. @internal */
export class OnEnded extends UntilEnded<void> {
  constructor(
    target: Greenlet,
    private readonly callback: () => void,
    /** What the user linked, to find it again. */
    readonly fn?: unknown,
  ) {
    super(target)
  }

  protected deliver(wait: Wait<void>): void {
    this.callback()
    wait.resolve()
  }
}
