import type { Greenlet } from '../../scheduler/greenlets/greenlet.js'
import type { ImapOptions, Results } from '../../scheduler/groups/imap-results.js'
import type { ApplyOptions } from '../../scheduler/groups/pool-mapping.js'
import { Pool } from '../../scheduler/groups/pool.js'
import type { Source } from '../../scheduler/groups/source.js'
import type { Coroutine, Returned } from '../../scheduler/kernel/frames.js'
import type { Operation } from '../../scheduler/kernel/operation.js'
import type { WaitOptions } from '../../scheduler/kernel/wait-options.js'
import type { ThreadFunction } from './thread-function.js'

/** A function that runs elsewhere. @internal */
export interface DelegatedFunction {
  readonly name: string
  /** Calls it, and waits for what it returns. */
  call(args: unknown[]): Coroutine<unknown>
}

/** The functions that run here in place of others. */
const standIns = new WeakSet<object>()

/** A pool whose functions run elsewhere: a greenlet here stands for each call there. @internal */
export abstract class DelegatingPool extends Pool {
  /**
   * Calls a function there.
   *
   * @param fn a function of those that the pool takes.
   * @param args travel there: they are copied.
   * @returns a greenlet that stands for the call, as soon as it has its place.
   * @throws TypeError for a function that the pool does not take. The greenlet fails with what the function raised, and
   *   with the errors of the pool.
   * Cancel safety: a spawn that was killed or timed out did not happen. A kill of the greenlet ends the call there.
   */
  override spawn<A extends unknown[], R>(fn: ThreadFunction<A, R>, ...args: A): Operation<Greenlet<Returned<R>>>
  override spawn<A extends unknown[], R>(
    options: WaitOptions,
    fn: ThreadFunction<A, R>,
    ...args: A
  ): Operation<Greenlet<Returned<R>>>
  override spawn(...call: unknown[]): Operation<Greenlet> {
    const { options, fn, args } = this.readCall(call, 'spawn')
    return super.spawn(options ?? {}, this.stand(fn, 'spawn'), ...args)
  }

  /**
   * Calls a function there and waits for what it returns. Otherwise as `pool.spawn`.
   *
   * Cancel safety: a kill or timeout ends the call there, and waits for its end.
   */
  override apply<A extends unknown[], R>(fn: ThreadFunction<A, R>, ...args: A): Operation<Returned<R>>
  override apply<A extends unknown[], R>(
    options: WaitOptions,
    fn: ThreadFunction<A, R>,
    ...args: A
  ): Operation<Returned<R>>
  override apply(...call: unknown[]): Operation<unknown> {
    const { options, fn, args } = this.readCall(call, 'apply')
    return super.apply(options ?? {}, fn, ...args)
  }

  /** As {@link Group.applyAsync}, there. */
  override applyAsync<A extends unknown[], R>(fn: ThreadFunction<A, R>, ...args: A): Greenlet<Returned<R>>
  override applyAsync<A extends unknown[], R>(
    options: ApplyOptions<Returned<R>>,
    fn: ThreadFunction<A, R>,
    ...args: A
  ): Greenlet<Returned<R>>
  override applyAsync(...call: unknown[]): Greenlet {
    const { options, fn, args } = this.readCall(call, 'applyAsync')
    return super.applyAsync(options ?? {}, this.stand(fn, 'applyAsync'), ...args)
  }

  /** As {@link Group.map}, there. */
  override map<T, R>(fn: ThreadFunction<[T], R>, items: Source<T>, options?: WaitOptions): Operation<Returned<R>[]> {
    return super.map(fn as (item: T) => R, items, options)
  }

  /** As {@link Group.imap}, there. */
  override imap<T, R>(fn: ThreadFunction<[T], R>, items: Source<T>, options?: ImapOptions): Results<Returned<R>> {
    return super.imap(fn as (item: T) => R, items, options)
  }

  /** As {@link Group.imapUnordered}, there. */
  override imapUnordered<T, R>(
    fn: ThreadFunction<[T], R>,
    items: Source<T>,
    options?: ImapOptions,
  ): Results<Returned<R>> {
    return super.imapUnordered(fn as (item: T) => R, items, options)
  }

  /** Finds out where and how a function runs. @throws TypeError for one that the pool does not take. @internal */
  protected abstract delegate(fn: unknown, where: string): DelegatedFunction

  protected override checkFunction(fn: unknown, method: string): void {
    if (!standIns.has(fn as object)) this.delegate(fn, `${this.toString()}.${method}(fn)`)
  }

  protected override areOptions(first: unknown): boolean {
    return super.areOptions(first) && !('module' in (first as object))
  }

  /** Returns the function that runs here in place of `fn`. */
  private stand(fn: unknown, method: string): (...args: unknown[]) => Coroutine<unknown> {
    const delegated = this.delegate(fn, `${this.toString()}.${method}(fn)`)
    const execute = (...args: unknown[]): Coroutine<unknown> => delegated.call(args)
    Object.defineProperty(execute, 'name', { value: delegated.name })
    standIns.add(execute)
    return execute
  }
}
