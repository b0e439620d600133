import { Greenlet } from '../greenlets/greenlet.js'
import { itemsOf } from '../waits/each.js'
import type { Coroutine } from '../kernel/frames.js'
import type { Operation } from '../kernel/operation.js'
import { Lock } from '../sync/lock.js'

/** Anything that gives items one after the other: an async iterable, an iterable, a `Queue`, the results of `imap`. */
export type Items<T> = AsyncIterable<T> | Iterable<T | PromiseLike<T>>

/** The result of the functions of this entry: go through it with `each(stream)` in a greenlet, with `for await` elsewhere. */
export type Stream<T> = AsyncIterableIterator<T, undefined>

const over = { done: true, value: undefined } as const

/**
 * One stage of a pipeline, from sources of `S` to items of `T`. It asks its sources for an item only when it is asked for one, so that backpressure reaches
 * the first of them; leaving it early closes them.
 *
 * Each item is made in a greenlet of its own, which goes on if the caller is killed meanwhile: the item is there for the
 * next one.
 * @internal
 */
export abstract class Stage<S, T> implements AsyncIterableIterator<T, undefined> {
  protected readonly inputs: Input<S>[]
  private readonly turn = new Lock()
  private pulling: Greenlet<IteratorResult<T, undefined>> | undefined
  private ended = false

  constructor(sources: readonly Items<S>[], where: string) {
    this.inputs = sources.map((source) => new Input(source, where))
  }

  /** Makes the next item. */
  protected abstract pull(): Coroutine<IteratorResult<T, unknown>>

  /** Closes the sources; called once, when the stage ends, fails, or is left early. */
  protected *close(): Coroutine<void> {
    for (const input of this.inputs) input.close()
  }

  /** Returns the next item, or `{ done: true }`. */
  next(): Promise<IteratorResult<T, undefined>> {
    return (this.pulling = new Greenlet<IteratorResult<T, undefined>>(() => this.pullInTurn()).start())
  }

  /** Ends the stream and closes its sources. */
  return(): Promise<IteratorResult<T, undefined>> {
    return new Greenlet<IteratorResult<T, undefined>>(() => this.end()).start()
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  private *pullInTurn(): Coroutine<IteratorResult<T, undefined>> {
    let goesOn = false
    try {
      using _turn = yield* this.turn.acquire()
      if (this.ended) return over
      const { done, value } = yield* this.pull()
      goesOn = done !== true
      return goesOn ? { done: false, value: value as T } : over
    } finally {
      if (!goesOn && !this.ended) {
        this.ended = true
        yield* this.close()
      }
    }
  }

  private *end(): Coroutine<IteratorResult<T, undefined>> {
    if (this.pulling !== undefined) yield* this.pulling.kill()
    if (!this.ended) {
      this.ended = true
      yield* this.close()
    }
    return over
  }
}

/** A stage of which a function makes each item. @internal */
export class Pulled<S, T> extends Stage<S, T> {
  constructor(
    sources: readonly Items<S>[],
    where: string,
    private readonly make: (...inputs: Input<S>[]) => Coroutine<IteratorResult<T, unknown>>,
  ) {
    super(sources, where)
  }

  protected pull(): Coroutine<IteratorResult<T, unknown>> {
    return this.make(...this.inputs)
  }
}

/** The items of one source, one by one. @internal */
export class Input<T> {
  private readonly steps: Iterator<Operation<IteratorResult<T, unknown>>, undefined>

  constructor(source: Items<T>, where: string) {
    this.steps = itemsOf(source, where)[Symbol.iterator]() as Iterator<Operation<IteratorResult<T, unknown>>, undefined>
  }

  /** Waits for the next item. */
  *next(): Coroutine<IteratorResult<T, unknown>> {
    const step = this.steps.next()
    return step.done === true ? over : yield* step.value
  }

  /** Lets the source return. */
  close(): void {
    this.steps.return?.()
  }
}
