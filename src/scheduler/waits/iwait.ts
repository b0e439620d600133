import { Part } from './gathering.js'
import type { Greenlet } from '../greenlets/greenlet.js'
import type { Hub } from '../kernel/hub.js'
import {
  byCompletion,
  countOptionNames,
  checkCount,
  readiness,
  waitablesOf,
  type CountOptions,
  type Waitable,
} from './join.js'
import type { Operation } from '../kernel/operation.js'
import type { Wait, Waiter } from '../kernel/wait.js'
import { checkWaitOptions, limitsOf, type WaitOptions } from '../kernel/wait-options.js'
import { thread } from '../kernel/thread.js'
import { AttemptOn, Line, type Claim } from '../kernel/line.js'

/**
 * Gives objects one after another, as they become ready.
 *
 * ```ts
 * for (const next of iwait(greenlets)) {
 *   const greenlet = yield* next             // the next one that has ended
 *   console.log(greenlet.value)
 * }
 * ```
 *
 * Outside of greenlets: `for await (const greenlet of iwait(greenlets))`. Leaving the loop early takes back all that
 * was set up for it.
 *
 * @param objects as for `wait`.
 * @param options `count`: be content with so many; `timeout`: milliseconds for all of them together; when they are up,
 *   the last `next` gives `undefined`, and the loop ends. (gevent: `gevent.iwait`.)
 * Cancel safety: an object that was ready but not seen, because of a kill, comes with the following `next`.
 */
export function iwait<T extends Waitable>(
  objects: Iterable<T>,
  options?: CountOptions & { timeout?: null | undefined },
): Ready<T>
export function iwait<T extends Waitable>(objects: Iterable<T>, options: CountOptions): Ready<T | undefined>
export function iwait<T extends Waitable>(objects: Iterable<T>, options: CountOptions = {}): Ready<T | undefined> {
  checkWaitOptions(options, countOptionNames)
  const list = waitablesOf(objects, 'iwait')
  return new Ready<T | undefined>(list, checkCount(options.count, list.length, 'iwait'), limitsOf(options) ?? {})
}

// Not an `AsyncIterator`: TypeScript takes what that gives for awaited, and so a greenlet for its value.
/** The iterator that `for await` uses in a {@link Ready}. */
export interface ReadyIterator<T> {
  /** The next object that is ready. */
  next(): Promise<IteratorResult<T, undefined>>
  /** Ends the iteration, and takes back all that was set up for it. */
  return(): Promise<IteratorResult<T, undefined>>
}

/** The result of {@link iwait}: the objects in the order in which they become ready. */
export class Ready<T> implements Waiter {
  /** The scheduler of those it waits for. */
  readonly hub: Hub = thread.hub
  readonly greenlet: Greenlet | null = thread.greenlet
  private readonly parts: Part[] = []
  private readonly ready: Part[] = []
  /** @internal */
  readonly line: Line = new Line()
  private endsAt = Infinity
  private timedOut = false

  /** @internal */
  constructor(
    private objects: readonly Waitable[],
    private readonly count: number,
    private readonly options: WaitOptions,
  ) {}

  /** For a loop in a greenlet: operations of which each gives the next one that is done. */
  *[Symbol.iterator](): Generator<Operation<T>, void, undefined> {
    yield* this.iterate((object) => object as T)
  }

  // Written by hand: an async generator awaits what it yields, and would give a greenlet's value in its place.
  /** For a `for await` outside of greenlets: those that are done, one by one. */
  [Symbol.asyncIterator](): ReadyIterator<Exclude<T, undefined>> {
    const end: IteratorResult<Exclude<T, undefined>, undefined> = { done: true, value: undefined }
    const nexts = this.iterate<IteratorResult<Exclude<T, undefined>, undefined>>((value) =>
      value === undefined ? end : { done: false, value: value as Exclude<T, undefined> },
    )
    return {
      next: async () => {
        const next = nexts.next()
        if (next.done === true) return end
        // A `for await` returns only what it leaves by itself: not what ends, and not what raises.
        let isOver = true
        try {
          const result = await next.value
          isOver = result === end
          return result
        } finally {
          if (isOver) nexts.return()
        }
      },
      return: () => {
        nexts.return()
        return Promise.resolve(end)
      },
    }
  }

  // One limit for the whole iteration, which ends with it.
  private *iterate<R>(result: (object: T | undefined) => R): Generator<Operation<R>, void, undefined> {
    const { signal, timeout } = this.options
    if (this.parts.length === 0) this.begin()
    if (typeof timeout === 'number') this.endsAt = this.hub.now() + timeout
    try {
      for (let index = 0; index < this.count && !this.timedOut; index++) {
        const left = typeof timeout === 'number' ? Math.max(0, this.endsAt - this.hub.now()) : timeout
        yield new NextReady(this, result, { timeout: left, signal })
      }
    } finally {
      for (const part of this.parts) if (part.pending) part.cancel()
      for (const part of this.ready.splice(0)) part.cancel()
    }
  }

  private begin(): void {
    this.objects = byCompletion(this.objects)
    for (const [index, object] of this.objects.entries()) {
      const part = new Part(readiness(object), index)
      this.parts.push(part)
      part.begin(this)
      if (part.settled) this.wake(part)
    }
  }

  /** @internal */
  wake(part: Wait<unknown>): void {
    this.ready.push(part as Part)
    this.line.serve()
  }

  /** Whether an object is ready that has not been seen. @internal */
  get hasNext(): boolean {
    return this.ready.length > 0
  }

  /** Takes the next object that is ready, and leaves its part in `claim`. @internal */
  take(claim: Claim<Part | undefined>): T {
    const part = this.ready.shift()!
    claim.detail = part
    return this.objects[part.index] as T
  }

  /** Takes back what `take` gave. @internal */
  giveBack(part: Part): void {
    this.ready.unshift(part)
    this.line.serve()
  }

  /** @internal */
  expire(): void {
    this.timedOut = true
  }
}

/** The next object that is ready. */
class NextReady<T, R> extends AttemptOn<Ready<T>, R, Part | undefined> {
  constructor(
    source: Ready<T>,
    private readonly result: (object: T | undefined) => R,
    options: WaitOptions,
  ) {
    super(source, options)
  }

  isReady(): boolean {
    return this.source.hasNext
  }

  perform(claim: Claim<Part | undefined>): R {
    return this.result(this.source.take(claim))
  }

  override undoWait({ detail }: Wait<R, Part | undefined>): void {
    if (detail !== undefined) this.source.giveBack(detail)
  }

  override expireWait(wait: Wait<R>): void {
    this.source.expire()
    wait.resolve(this.result(undefined))
  }

  override describe(): string {
    return 'the next that is ready'
  }
}
