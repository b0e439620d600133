import { badArgument } from '../checks/bad-argument.js'
import { misuse } from '../checks/errors.js'
import { isThenable } from '../checks/thenable.js'
import { Gathering, type Gathered } from './gathering.js'
import type { Operation } from '../kernel/operation.js'
import type { Wait } from '../kernel/wait.js'
import { show } from '../checks/show.js'
import { thread } from '../kernel/thread.js'
import { Attempt, Line } from '../kernel/line.js'

/** An iterator that greenlets can wait for without a promise in between, so that a kill takes nothing from it. */
export interface NextItem<T> {
  /** The operation that gives the next item, or `{ done: true }`. */
  nextItem(): Operation<IteratorResult<T, unknown>>
}

type SourceIterator<T> = (AsyncIterator<T, unknown> | Iterator<T | PromiseLike<T>, unknown>) & Partial<NextItem<T>>

/**
 * Goes through an async iterable (or any other) in a greenlet, as `for await` does elsewhere:
 *
 * ```ts
 * for (const next of each(source)) {
 *   const item = yield* next
 *   if (item.done) break
 *   console.log(item.value)
 * }
 * ```
 *
 * @param source an async iterable, such as a stream, an async generator or a `Queue`; or an iterable, also of promises.
 * @returns operations of which each gives one item, and the last one `{ done: true }`.
 * @throws what the source raises; TypeError when it cannot be iterated.
 * Cancel safety: an item that came for a wait that was given up comes with the following `next`. Leaving the loop
 * early, by a kill too, has the source return. Nobody can wait for that there: should it fail, the error is reported.
 */
export function each<T>(
  source: AsyncIterable<T> | Iterable<T | PromiseLike<T>>,
): Iterable<Operation<IteratorResult<T, unknown>>> {
  return itemsOf(source, 'each(source)')
}

/** Yields the items for {@link each}. @param where the call as the program wrote it, for messages. @internal */
export function itemsOf<T>(
  source: AsyncIterable<T> | Iterable<T | PromiseLike<T>>,
  where: string,
): Iterable<Operation<IteratorResult<T, unknown>>> {
  const { [Symbol.asyncIterator]: iterateAsync, [Symbol.iterator]: iterate } = Object(source) as Partial<
    Record<symbol, () => SourceIterator<T>>
  >
  const makeIterator = iterateAsync ?? iterate
  if (typeof makeIterator !== 'function')
    throw badArgument(
      where,
      'an async iterable, or an iterable',
      source,
      `an async generator function has to be called first: ${where.replace('source', 'lines(file)')}`,
    )
  return { [Symbol.iterator]: () => new Steps<T>(makeIterator.call(source)) }
}

function notWaited(): TypeError {
  return misuse(
    new TypeError(
      'for (const next of each(source)): the previous item was never waited for; write `const item = yield* next` in the loop',
    ),
  )
}

/** The loop over one source. */
class Steps<T> implements Iterator<Operation<IteratorResult<T, unknown>>, undefined> {
  private readonly step: Step<T>

  constructor(private readonly iterator: SourceIterator<T>) {
    this.step = new Step<T>(iterator.nextItem?.() ?? new NextOf<T>(iterator))
  }

  next(): IteratorResult<Operation<IteratorResult<T, unknown>>, undefined> {
    const { step } = this
    if (step.ended) return { done: true, value: undefined }
    // Such a loop would turn for ever, and nobody else would ever run.
    if (!step.waited) throw notWaited()
    step.waited = false
    return { done: false, value: step }
  }

  return(): IteratorResult<Operation<IteratorResult<T, unknown>>, undefined> {
    if (!this.step.ended) this.closeSource()
    this.step.ended = true
    return { done: true, value: undefined }
  }

  private closeSource(): void {
    const returned: unknown = this.iterator.return?.()
    if (!isThenable(returned)) return
    const { hub } = thread
    returned.then(undefined, (error: unknown) => {
      hub.raise('each(source): the source failed when the loop was left early', error)
    })
  }
}

/** Waits for the next item, and notes when that was the last. */
class Step<T> extends Gathering<IteratorResult<T, unknown>> {
  ended = false
  /** Whether somebody has waited for it since the loop gave it out last. */
  waited = true

  constructor(next: Operation<IteratorResult<T, unknown>>) {
    super([next], { enough: () => true, result: (gathered) => this.note(gathered) })
  }

  override beginWait(wait: Wait<IteratorResult<T, unknown>, Gathered | undefined>): void {
    this.waited = true
    super.beginWait(wait)
  }

  private note({ ended }: Gathered): IteratorResult<T, unknown> {
    const { failed, value } = ended[0]!
    this.ended = failed || (value as IteratorResult<T>).done === true
    if (failed) throw value
    return value as IteratorResult<T, unknown>
  }

  override undoWait(wait: Wait<IteratorResult<T, unknown>, Gathered | undefined>): void {
    this.ended = false
    super.undoWait(wait)
  }

  override undoFailure(wait: Wait<IteratorResult<T, unknown>, Gathered | undefined>): void {
    this.ended = false
    super.undoFailure(wait)
  }
}

interface Answer {
  readonly failed: boolean
  readonly value: unknown
}

/**
 * The next item of an iterator. One question is asked at a time; its answer goes to the waiter that has waited longest
 * by then.
 */
class NextOf<T> extends Attempt<IteratorResult<T, unknown>> {
  readonly line: Line = new Line()
  private asked = false
  private readonly answers: Answer[] = []

  constructor(private readonly iterator: SourceIterator<T>) {
    super()
  }

  isReady(): boolean {
    return this.answers.length > 0
  }

  perform(): IteratorResult<T, unknown> {
    const { failed, value } = this.answers.shift()!
    if (failed) throw value
    return value as IteratorResult<T, unknown>
  }

  override beginWait(wait: Wait<IteratorResult<T, unknown>, unknown, this>): void {
    super.beginWait(wait)
    if (wait.pending) this.ask()
  }

  override undoWait(_wait: Wait<IteratorResult<T, unknown>>, value: IteratorResult<T, unknown>): void {
    this.answers.unshift({ failed: false, value })
    this.line.serve()
  }

  override undoFailure(_wait: Wait<IteratorResult<T, unknown>>, error: unknown): void {
    this.answers.unshift({ failed: true, value: error })
    this.line.serve()
  }

  override isExternal(): boolean {
    return true
  }

  override describe(): string {
    return `the next of ${show(this.iterator)}`
  }

  private ask(): void {
    if (this.asked) return
    this.asked = true
    try {
      const result: unknown = this.iterator.next()
      if (isThenable(result)) result.then(this.take, this.fail)
      else this.take(result)
    } catch (error) {
      this.fail(error)
    }
  }

  private readonly take = (result: unknown): void => {
    if (typeof result !== 'object' || result === null) {
      this.fail(
        misuse(new TypeError(`each(source): next() of the source returned ${show(result)}, not an iterator result`)),
      )
      return
    }
    const { done, value } = result as IteratorResult<unknown, unknown>
    // As in a for await loop, promises in an iterable are waited for.
    if (done !== true && isThenable(value))
      value.then((settled) => this.answer(false, { done, value: settled }), this.fail)
    else this.answer(false, result)
  }

  private readonly fail = (error: unknown): void => {
    this.answer(true, error)
  }

  private answer(failed: boolean, value: unknown): void {
    this.asked = false
    this.answers.push({ failed, value })
    this.line.serve()
    if (this.line.first !== null) this.ask()
  }
}
