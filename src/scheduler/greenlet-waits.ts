import type { Greenlet } from './greenlet.js'
import { Operation, type Wait, type WaitOptions } from './operation.js'

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
    else this.target.whenEnded(wait)
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

/** `greenlet.link(fn)`: a wait whose end starts `fn`. @internal */
export class Link extends UntilEnded<void> {
  constructor(
    target: Greenlet,
    readonly fn: unknown,
    private readonly start: () => void,
    private readonly onValue: boolean,
    private readonly onError: boolean,
  ) {
    super(target)
  }

  protected deliver(wait: Wait<void>): void {
    if (this.target.successful ? this.onValue : this.onError) this.start()
    wait.resolve()
  }
}
