import { all } from '../waits/combinators.js'
import { call } from '../greenlets/call.js'
import type { Coroutine } from '../kernel/frames.js'
import { Input, Stage, type Items, type Stream } from './stage.js'

class Zipped extends Stage<unknown[]> {
  private readonly inputs: Input<unknown>[]

  constructor(sources: readonly Items<unknown>[]) {
    super()
    this.inputs = sources.map((source) => new Input(source, 'zip(source, …)'))
  }

  protected *pull(): Coroutine<IteratorResult<unknown[], unknown>> {
    const items = yield* all(this.inputs.map((input) => call(() => input.next())))
    if (items.length === 0 || items.some((item) => item.done === true)) return { done: true, value: undefined }
    return { done: false, value: items.map((item) => item.value) }
  }

  protected close(): undefined {
    for (const input of this.inputs) input.close()
  }
}

/**
 * Returns the stream of tuples of one item of each source, as long as each has one. The sources are asked at once.
 *
 * @param sources async iterables, iterables, `Queue`s, results of `imap`.
 */
export function zip<S extends readonly Items<unknown>[]>(
  ...sources: S
): Stream<{ -readonly [K in keyof S]: S[K] extends Items<infer T> ? T : never }> {
  return new Zipped(sources) as never
}
