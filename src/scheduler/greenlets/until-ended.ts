import { badArgument } from '../checks/bad-argument.js'
import { Operation } from '../kernel/operation.js'
import type { Greenlet } from '../kernel/runnable.js'
import { Timeout } from '../kernel/timeout.js'
import type { WaitOptions } from '../kernel/wait-options.js'
import type { Wait } from '../kernel/wait.js'

/** The target that `greenlet.link` calls or starts: a function, or an `AsyncResult`, which takes over the greenlet's outcome. */
export type LinkTarget<G> = ((greenlet: G) => unknown) | { copyFrom(greenlet: G): unknown }

/** The common part of operations that wait for the end of a greenlet; begun a second time when it has ended. */
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
export class GetValue<T> extends UntilEnded<T> {
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

/** The result of a greenlet that was made for a call, and ends when the caller gives it up. @internal */
export class CallResult<T> extends GetValue<T> {
  override cancelWait(wait: Wait<T>): void {
    super.cancelWait(wait)
    void this.target.kill()
  }

  override undoFailure(_wait: Wait<T>, error: unknown): void {
    if (this.target.error === error) giveUp(this.target)
  }

  override describe(): string {
    return this.target.toString()
  }
}

/**
 * Takes an `observe` back on behalf of who had the greenlet made for a call, and has given that up. If the time of the call was up,
 * too, that is no failure then: nothing can observe it.
 * @internal
 */
export function giveUp(greenlet: Greenlet): void {
  if (!Timeout.isLimit(greenlet.error)) greenlet.unobserve()
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

/** The function that is spawned for a link. @throws TypeError unless it is a function or an `AsyncResult`. @internal */
export function linkFunction<G>(target: LinkTarget<G>): (greenlet: G) => unknown {
  if (typeof target === 'function') return target
  if (typeof target?.copyFrom !== 'function') throw badArgument('link(target)', 'a function or an AsyncResult', target)
  return (greenlet) => {
    target.copyFrom(greenlet)
  }
}
